package ai.konko.api;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.FairBound;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;

/**
 * How much the bodies of requests have that are still coming in, against a limit, each owner's
 * share of it apart. A body is kept from its first byte to its last, however slowly they come.
 */
@Singleton
class Incoming {
    private static final Duration RETRY = Duration.ofSeconds(1);

    /** As many of these as there may be connections are of no account. */
    private static final long SHORT = 32_768;

    private static final int SHARE_OF_HEAP = 16;
    private static final Pattern LENGTH = Pattern.compile("\\d{1,18}");
    private static final Set<HttpMethod> WITH_BODIES =
            Set.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH);

    private final FairBound bytes;
    private final HttpLimits limits;

    Incoming(HttpLimits limits) {
        this.limits = limits;
        this.bytes =
                new FairBound(
                        limits.incomingBytes()
                                .orElseGet(() -> Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP));
    }

    /**
     * Counts a request's body until all of it has come, or its client is gone.
     *
     * @throws RefusedException {@link ErrorCode#OVERLOADED} if the caller sends as much as it may
     */
    void admit(RoutingContext context, Owner caller) {
        HttpServerRequest request = context.request();
        long most = most(request);
        if (most <= SHORT || request.isEnded()) {
            return;
        }
        if (!bytes.take(caller, most)) {
            throw RefusedException.forNow(
                    ErrorCode.OVERLOADED,
                    "The caller is sending as much in bodies of requests as it may.",
                    RETRY);
        }
        AtomicBoolean over = new AtomicBoolean();
        Runnable end =
                () -> {
                    if (over.compareAndSet(false, true)) {
                        bytes.giveBack(caller, most);
                    }
                };
        request.end().onComplete(_ -> end.run());
        context.addEndHandler(_ -> end.run());
    }

    /** The most that its body can have. In HTTP/2 one may come with no word of its length. */
    private long most(HttpServerRequest request) {
        boolean unknown =
                request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
                        || (request.version() == HttpVersion.HTTP_2
                                && WITH_BODIES.contains(request.method())
                                && !request.headers().contains(HttpHeaders.CONTENT_LENGTH));
        return unknown ? limits.bodySize().asLongValue() : length(request);
    }

    /**
     * @return what the request says; 0 where it does not, or says nonsense, which the server
     *     refuses by itself
     */
    static long length(HttpServerRequest request) {
        String header = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return header != null && LENGTH.matcher(header).matches() ? Long.parseLong(header) : 0;
    }

    /**
     * @return how much there is, for the check that nothing is left
     */
    long held() {
        return bytes.held();
    }
}

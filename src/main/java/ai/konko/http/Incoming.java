package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.FairBound;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Bounds how many bytes of unfinished request bodies there are, in all and for each owner. A body
 * is in memory from its first byte to its last, however slowly they come.
 */
@Singleton
class Incoming {
    private static final Duration RETRY = Duration.ofSeconds(1);

    /** Shorter bodies are not counted. One for each connection is some 30 MB. */
    private static final long SHORT = 1024;

    private static final long LOOK_MILLIS = 1000;

    /** How much of a refused body is read and thrown away, so that its sender gets the answer. */
    private static final long DISCARDED_BYTES = 64L << 20;

    private static final long DISCARDING_MILLIS = TimeUnit.SECONDS.toMillis(10);
    private static final int SHARE_OF_HEAP = 16;
    private static final Pattern LENGTH = Pattern.compile("\\d{1,18}");
    private static final Set<HttpMethod> WITH_BODIES =
            Set.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH);

    private final FairBound bytes;

    Incoming(HttpLimits limits) {
        this.bytes =
                new FairBound(
                        limits.incomingBytes()
                                .orElseGet(() -> Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP));
    }

    /**
     * Counts a request's body until all of it has come, or its client is gone. A body whose length
     * is known counts as a whole from the beginning. Any other counts as it comes, and its
     * connection is closed if there is no room for more.
     *
     * @throws RefusedException {@link ErrorCode#OVERLOADED} if the caller sends as much as it may
     */
    void admit(RoutingContext context, Owner caller) {
        HttpServerRequest request = context.request();
        boolean known = !isOfUnknownLength(request);
        if (request.isEnded() || (known && length(request) <= SHORT)) {
            return;
        }
        Body body = new Body(request, caller);
        if (known && !body.growTo(length(request))) {
            throw tooMuch();
        }
        request.end().onComplete(_ -> body.end());
        context.addEndHandler(_ -> body.end());
        if (!known) {
            body.lookAgain(context.vertx());
        }
    }

    /**
     * Counts bytes of a message that nobody works on yet.
     *
     * @throws RefusedException {@link ErrorCode#OVERLOADED} if the caller sends as much as it may
     */
    void take(Owner caller, long more) {
        if (!bytes.take(caller, more)) {
            throw tooMuch();
        }
    }

    /** These are counted no more. */
    void giveBack(Owner caller, long less) {
        bytes.giveBack(caller, less);
    }

    private static RefusedException tooMuch() {
        return RefusedException.forNow(
                ErrorCode.OVERLOADED,
                "The caller is sending as much in bodies of requests as it may.",
                RETRY);
    }

    /**
     * Throws a body away before its request is refused, because most clients read the answer only
     * after they have sent the body. A client that waits for {@code 100 Continue} is refused at
     * once.
     */
    void discard(RoutingContext context, Runnable refuse) {
        HttpServerRequest request = context.request();
        if (request.headers().contains(HttpHeaders.EXPECT) || length(request) > DISCARDED_BYTES) {
            refuse.run();
            return;
        }
        Vertx vertx = context.vertx();
        long timer = vertx.setTimer(DISCARDING_MILLIS, _ -> request.response().reset());
        request.handler(_ -> {});
        request.exceptionHandler(_ -> vertx.cancelTimer(timer));
        request.endHandler(
                _ -> {
                    vertx.cancelTimer(timer);
                    refuse.run();
                });
        request.resume();
    }

    private static boolean isOfUnknownLength(HttpServerRequest request) {
        return request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
                || (request.version() == HttpVersion.HTTP_2
                        && WITH_BODIES.contains(request.method())
                        && !request.headers().contains(HttpHeaders.CONTENT_LENGTH));
    }

    /** A body that is still coming in. Its monitor guards all fields that change. */
    private final class Body {
        private final HttpServerRequest request;
        private final Owner owner;
        private long counted;
        private boolean over;

        Body(HttpServerRequest request, Owner owner) {
            this.request = request;
            this.owner = owner;
        }

        /**
         * @return whether there is room for that
         */
        synchronized boolean growTo(long length) {
            if (over || length <= counted) {
                return true;
            }
            boolean taken = bytes.take(owner, length - counted);
            counted = taken ? length : counted;
            return taken;
        }

        void lookAgain(Vertx vertx) {
            long _ = vertx.setTimer(LOOK_MILLIS, _ -> look(vertx));
        }

        private void look(Vertx vertx) {
            if (!growTo(request.bytesRead())) {
                Unsent.drop(request);
            } else if (!isOver()) {
                lookAgain(vertx);
            }
        }

        private synchronized boolean isOver() {
            return over;
        }

        synchronized void end() {
            if (!over) {
                over = true;
                bytes.giveBack(owner, counted);
            }
        }
    }

    /**
     * @return the request's {@code Content-Length}; 0 if it has none, or one that is no number,
     *     which the server refuses by itself
     */
    static long length(HttpServerRequest request) {
        String header = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return header != null && LENGTH.matcher(header).matches() ? Long.parseLong(header) : 0;
    }

    /**
     * @return how many bytes are counted now; a test checks that none are left
     */
    long held() {
        return bytes.held();
    }
}

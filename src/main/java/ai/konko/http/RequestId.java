package ai.konko.http;

import io.vertx.core.http.HttpServerRequest;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The id of a request, which every response carries. It is the client's own if it sent a usable
 * one. It is no secret, and may be guessed.
 */
final class RequestId {
    static final String HEADER = "X-Request-Id";
    private static final Pattern SANE = Pattern.compile("[A-Za-z0-9._:/+=@-]{1,128}");

    private RequestId() {}

    static String chosenFor(HttpServerRequest request) {
        return chosenFrom(request.getHeader(HEADER));
    }

    /**
     * @param theirs the client's own id; null if it sent none
     */
    static String chosenFrom(@Nullable CharSequence theirs) {
        return theirs != null && SANE.matcher(theirs).matches() ? theirs.toString() : fresh();
    }

    /** A UUID of version 4 (RFC 9562, section 5.4), from a cheap source of random numbers. */
    private static String fresh() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new UUID(
                        (random.nextLong() & ~0xF000L) | 0x4000,
                        (random.nextLong() >>> 2) | Long.MIN_VALUE)
                .toString();
    }

    /**
     * @return the id that was chosen when the request came in
     */
    static @Nullable String of(HttpServerRequest request) {
        return request.response().headers().get(HEADER);
    }
}

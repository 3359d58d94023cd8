package ai.konko.http;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Lets pages of other origins use the service (WHATWG Fetch, 3.3): a browser gives them an answer
 * only if its headers say so, and asks before most requests whether it may send them. No page gets
 * anything without a credential that it has itself, because there are no cookies. If the service
 * asks for no credentials, these pages can do everything.
 */
@Singleton
class CrossOrigin {
    private static final String ANY = "*";
    private static final String MAY_READ = "Access-Control-Allow-Origin";
    private static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
    private static final String ASKED_HEADERS = "Access-Control-Request-Headers";
    private static final String FROM_OUTSIDE = "Access-Control-Request-Private-Network";

    /** Headers of answers that pages may read, besides those that they always may. */
    private static final String READABLE =
            "Allow, Content-Disposition, Location, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id";

    /** For how long a browser need not ask again, in seconds. */
    private static final String REMEMBERED = "600";

    private static final int NO_CONTENT = 204;

    private final Set<String> origins;

    CrossOrigin(CrossOriginConfig config) {
        this.origins =
                config.origins().orElse(Set.of()).stream()
                        .map(origin -> origin.strip().toLowerCase(Locale.ROOT))
                        .collect(Collectors.toUnmodifiableSet());
    }

    /** Whether pages of this origin may use the service. */
    boolean allows(@Nullable String origin) {
        return origin != null
                && !origins.isEmpty()
                && (origins.contains(ANY) || origins.contains(origin.toLowerCase(Locale.ROOT)));
    }

    /** Gives the answer to a request the headers that let a page read it. */
    void mark(HttpServerRequest request) {
        if (origins.isEmpty()) {
            return;
        }
        MultiMap answer = request.response().headers();
        boolean any = origins.contains(ANY);
        if (!any) {
            answer.add(HttpHeaders.VARY, HttpHeaders.ORIGIN); // for caches on the way
        }
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        if (allows(origin)) {
            answer.set(MAY_READ, any ? ANY : origin);
            answer.set("Access-Control-Expose-Headers", READABLE);
        }
    }

    /** Whether a browser asks, without any credential, if it may send a request. */
    boolean isPreflight(HttpServerRequest request) {
        return request.method().equals(HttpMethod.OPTIONS)
                && request.headers().contains("Access-Control-Request-Method")
                && allows(request.getHeader(HttpHeaders.ORIGIN));
    }

    /** Says that it may. */
    void answer(HttpServerRequest request) {
        MultiMap answer = request.response().headers();
        answer.set("Access-Control-Allow-Methods", METHODS);
        answer.set("Access-Control-Max-Age", REMEMBERED);
        String headers = request.getHeader(ASKED_HEADERS);
        if (headers != null) {
            answer.set("Access-Control-Allow-Headers", headers);
        }
        if ("true".equals(request.getHeader(FROM_OUTSIDE))) {
            answer.set("Access-Control-Allow-Private-Network", "true");
        }
        Future<Void> _ = request.response().setStatusCode(NO_CONTENT).end();
        if (!request.isEnded()) {
            request.resume();
        }
    }
}

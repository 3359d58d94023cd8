package ai.konko.api;

import ai.konko.chat.ErrorCode;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.concurrent.TimeUnit;

/**
 * What every request passes first: it gets its id, and a body that says it is too long is refused.
 */
@ApplicationScoped
class HttpEntrance {
    /**
     * How much of a refused body is read and thrown away, so that its sender gets to see the
     * answer.
     */
    static final long DISCARDED_BYTES = 64L << 20;

    private static final long DISCARDING_MILLIS = TimeUnit.SECONDS.toMillis(10);
    private static final int BEFORE_ALL_ELSE = 1000;

    private final HttpLimits limits;
    private final ObjectMapper json;
    private final Vertx vertx;

    HttpEntrance(HttpLimits limits, ObjectMapper json, Vertx vertx) {
        if (limits.bodySize().asLongValue() > DISCARDED_BYTES) {
            throw new ConfigurationException("KONKO_LIMITS_BODY_SIZE must be at most 64M.");
        }
        this.vertx = vertx;
        this.limits = limits;
        this.json = json;
    }

    void register(@Observes Filters filters) {
        filters.register(this::enter, BEFORE_ALL_ELSE);
    }

    /** What no resource and no page answers. */
    void answerTheRest(@Observes Router router) {
        router.route().order(Integer.MAX_VALUE).handler(this::notFound);
    }

    private void notFound(RoutingContext context) {
        refuse(
                context.request(),
                Problem.of(ErrorCode.NOT_FOUND, "There is nothing at this address."));
    }

    private void enter(RoutingContext context) {
        HttpServerRequest request = context.request();
        request.response().putHeader(RequestId.HEADER, RequestId.chosenFor(request));
        if (contentLength(request) > limits.bodySize().asLongValue()) {
            discard(request);
        } else {
            context.next();
        }
    }

    /**
     * Most clients read the answer only after they have sent the body; one that waits for a
     * go-ahead needs none.
     */
    private void discard(HttpServerRequest request) {
        Problem tooLarge = Problem.of(ErrorCode.TOO_LARGE, "The body is longer than it may be.");
        request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        if (request.headers().contains(HttpHeaders.EXPECT)
                || contentLength(request) > DISCARDED_BYTES) {
            refuse(request, tooLarge);
            return;
        }
        long timer = vertx.setTimer(DISCARDING_MILLIS, _ -> request.connection().close());
        request.handler(_ -> {});
        request.exceptionHandler(_ -> vertx.cancelTimer(timer));
        request.endHandler(
                _ -> {
                    vertx.cancelTimer(timer);
                    refuse(request, tooLarge);
                });
        request.resume();
    }

    private void refuse(HttpServerRequest request, Problem problem) {
        try {
            request.response()
                    .setStatusCode(problem.status())
                    .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
                    .end(json.writeValueAsString(problem.withRequestId(RequestId.of(request))));
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("a problem can't be written", unwritable);
        }
    }

    /**
     * @return what the request says; 0 where it does not, or says nonsense, which the server
     *     refuses by itself
     */
    private static long contentLength(HttpServerRequest request) {
        String header = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return header != null && header.matches("\\d{1,18}") ? Long.parseLong(header) : 0;
    }
}

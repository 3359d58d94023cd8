package ai.konko.http;

import ai.konko.chat.ErrorCode;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** Answers requests that the router refuses, or has nothing for. */
@ApplicationScoped
class UnroutedRequests {
    private static final int BAD_REQUEST = 400;

    private final HttpEntrance entrance;
    private final Refusals refusals;

    UnroutedRequests(HttpEntrance entrance, Refusals refusals) {
        this.entrance = entrance;
        this.refusals = refusals;
    }

    void register(@Observes Router router) {
        router.route().order(Integer.MIN_VALUE).failureHandler(this::refused);
        router.route().order(Integer.MAX_VALUE).handler(this::unmatched);
    }

    /**
     * The router refuses some requests before anybody has seen them: those without {@code Host},
     * and those for {@code *}, which is the service as a whole and no address.
     */
    private void refused(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (request.response().closed()) {
            return; // its client has left, which is no fault
        }
        if (RequestId.of(request) != null) {
            context.next();
            return;
        }
        entrance.mark(context);
        refusals.send(
                context.statusCode() == BAD_REQUEST
                        ? Problem.of(ErrorCode.BAD_HEADER, "A request needs one valid Host.")
                        : ProblemMapper.NOTHING_THERE,
                request);
    }

    private void unmatched(RoutingContext context) {
        refusals.send(ProblemMapper.NOTHING_THERE, context.request());
    }
}

package ai.konko.openai;

import ai.konko.http.ThisRequest;
import io.vertx.ext.web.RoutingContext;

/** Tells that a client has left before it got its answer. */
final class ClientDisconnect {
    private ClientDisconnect() {}

    /**
     * @param action runs when the client is gone, or has its answer
     */
    static void of(RoutingContext request, Runnable action) {
        ThisRequest.executor()
                .execute(
                        () -> {
                            if (request.response().closed()) {
                                action.run();
                            } else {
                                request.addEndHandler(_ -> action.run());
                            }
                        });
    }
}

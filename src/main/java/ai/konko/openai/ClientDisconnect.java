package ai.konko.openai;

import ai.konko.http.ThisRequest;
import io.vertx.ext.web.RoutingContext;

/** Notices that a client does not wait for its answer any more. */
final class ClientDisconnect {
    private ClientDisconnect() {}

    /**
     * @param action happens when the client is gone, or has its answer
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

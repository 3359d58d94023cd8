package ai.konko.api;

import io.vertx.core.Vertx;
import java.util.concurrent.Executor;

/** The way back to a request's own context: a reply's end comes on a thread that has none. */
public final class ThisRequest {
    private ThisRequest() {}

    public static Executor executor() {
        var context = Vertx.currentContext();
        if (context == null) {
            throw new IllegalStateException("a request has a context");
        }
        return command -> context.runOnContext(_ -> command.run());
    }
}

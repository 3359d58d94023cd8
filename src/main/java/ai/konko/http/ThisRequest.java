package ai.konko.http;

import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import java.util.Arrays;
import java.util.concurrent.Executor;
import org.jboss.resteasy.reactive.server.core.CurrentRequestManager;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;

/** Leads back to a request's own context, because a reply's end comes on a thread that has none. */
public final class ThisRequest {
    private ThisRequest() {}

    /** Drops the body, which RESTEasy would hold until the answer is over. */
    public static void dropBody() {
        ResteasyReactiveRequestContext request = CurrentRequestManager.get();
        if (request != null) {
            request.setRequestEntity(null);
            Arrays.fill(request.getParameters(), null);
        }
    }

    /**
     * @return runs what it is given in the context of the calling request: at once if that comes on
     *     the request's event loop
     */
    public static Executor executor() {
        if (Vertx.currentContext() instanceof ContextInternal context) {
            return command -> context.emit(_ -> command.run());
        }
        throw new IllegalStateException("a request has a context");
    }
}

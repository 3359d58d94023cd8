package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Origin;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import io.vertx.ext.web.RoutingContext;

/** Who sends a request, as {@link HttpEntrance} has found out. */
public final class Caller {
    private static final String KEY = "konko.caller";

    private Caller() {}

    static void set(RoutingContext request, Owner caller) {
        request.put(KEY, caller);
    }

    /**
     * @throws RefusedException {@link ErrorCode#UNAUTHENTICATED} if the entrance has let a request
     *     pass without finding out who calls
     */
    public static Owner of(RoutingContext request) {
        Owner caller = request.get(KEY);
        if (caller == null) {
            throw RefusedException.of(ErrorCode.UNAUTHENTICATED, "Nobody knows who is calling.");
        }
        return caller;
    }

    /** Where a turn that this request posts comes from. */
    public static Origin origin(RoutingContext request) {
        return new Origin(
                of(request),
                RequestId.of(request.request()),
                request.request().getHeader("traceparent"));
    }
}

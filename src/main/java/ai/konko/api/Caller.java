package ai.konko.api;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import ai.konko.conversation.Origin;
import ai.konko.conversation.Workers;
import ai.konko.security.Ownership;
import io.vertx.core.Context;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveContainerRequestContext;

/** Who sends a request, as {@link HttpEntrance} has found out. */
@ApplicationScoped
public class Caller {
    private static final String KEY = "konko.caller";

    private final Ownership ownership;
    private final Workers workers;

    Caller(Ownership ownership, Workers workers) {
        this.ownership = ownership;
        this.workers = workers;
    }

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

    public static Origin origin(RoutingContext request) {
        return new Origin(
                of(request),
                RequestId.of(request.request()),
                request.request().getHeader("traceparent"));
    }

    /**
     * Whatever is asked about a chat: to all but its owner, there is none. An event loop does not
     * wait for the log to say whose it is.
     */
    @ServerRequestFilter
    void requireOwner(ResteasyReactiveContainerRequestContext request, RoutingContext context) {
        String segment =
                ((ResteasyReactiveRequestContext) request.getServerRequestContext())
                        .getPathParameter("chatId", false);
        if (segment == null) {
            return;
        }
        UUID chatId = PathId.chat(segment);
        Owner caller = of(context);
        if (!Context.isOnEventLoopThread() || ownership.isKnownAtOnce(chatId)) {
            ownership.require(caller, chatId);
            return;
        }
        request.suspend();
        CompletableFuture<Void> _ =
                workers.call(
                                () -> {
                                    ownership.require(caller, chatId);
                                    return true;
                                })
                        .handle(
                                (_, refused) -> {
                                    if (refused == null) {
                                        request.resume();
                                    } else {
                                        request.resume(refused);
                                    }
                                    return null;
                                });
    }
}

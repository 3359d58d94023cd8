package ai.konko.api;

import ai.konko.chat.Owner;
import ai.konko.conversation.Workers;
import ai.konko.http.Caller;
import ai.konko.security.Ownership;
import io.vertx.core.Context;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveContainerRequestContext;

/** Lets a request to the address of a chat pass if its caller owns the chat. */
@ApplicationScoped
class ChatAccess {
    private final Ownership ownership;
    private final Workers workers;

    ChatAccess(Ownership ownership, Workers workers) {
        this.ownership = ownership;
        this.workers = workers;
    }

    /**
     * For everybody but its owner a chat does not exist, whatever they ask. An event loop does not
     * wait until the log says whose it is.
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
        Owner caller = Caller.of(context);
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

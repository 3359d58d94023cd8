package ai.konko.api;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import ai.konko.conversation.Origin;
import ai.konko.security.Ownership;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.container.ContainerRequestContext;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** Who sends a request, as {@link HttpEntrance} has found out. */
@ApplicationScoped
class Caller {
    private static final String KEY = "konko.caller";

    private final Ownership ownership;

    Caller(Ownership ownership) {
        this.ownership = ownership;
    }

    static void set(RoutingContext request, Owner caller) {
        request.put(KEY, caller);
    }

    /** Nothing that needs to know works without, even if a request got past the entrance. */
    static Owner of(RoutingContext request) {
        Owner caller = request.get(KEY);
        if (caller == null) {
            throw RefusedException.of(ErrorCode.UNAUTHENTICATED, "Nobody knows who is calling.");
        }
        return caller;
    }

    static Origin origin(RoutingContext request) {
        return new Origin(
                of(request),
                RequestId.of(request.request()),
                request.request().getHeader("traceparent"));
    }

    /** Whatever is asked about a chat: to all but its owner, there is none. */
    @ServerRequestFilter
    void requireOwner(ContainerRequestContext request, RoutingContext context) {
        String chatId = request.getUriInfo().getPathParameters().getFirst("chatId");
        if (chatId != null) {
            ownership.require(of(context), PathId.chat(chatId));
        }
    }
}

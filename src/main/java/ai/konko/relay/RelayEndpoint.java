package ai.konko.relay;

import ai.konko.chat.RefusedException;
import ai.konko.conversation.LiveReply;
import ai.konko.conversation.Relayed;
import ai.konko.conversation.TurnEngine;
import ai.konko.http.EventStreams;
import ai.konko.http.Refusals;
import ai.konko.http.ReplicaDoor;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Optional;
import java.util.UUID;

/**
 * Where other replicas ask this one for a reply that it runs. Nobody else gets here, see {@link
 * ReplicaDoor}, so it is in no document.
 */
@ApplicationScoped
class RelayEndpoint {
    private final TurnEngine turns;
    private final EventStreams streams;
    private final Refusals refusals;
    private final ObjectMapper json;

    RelayEndpoint(TurnEngine turns, EventStreams streams, Refusals refusals, ObjectMapper json) {
        this.turns = turns;
        this.streams = streams;
        this.refusals = refusals;
        this.json = json;
    }

    /** The address of a reply at the replica that runs it. */
    static String of(UUID replyId, int attempt) {
        return "%s?reply=%s&attempt=%d".formatted(ReplicaDoor.PATH, replyId, attempt);
    }

    void register(@Observes Router router) {
        router.get(ReplicaDoor.PATH).handler(this::tell);
    }

    private void tell(RoutingContext routing) {
        if (!ReplicaDoor.isAdmitted(routing)) {
            routing.next(); // nothing is there
            return;
        }
        Optional<LiveReply> reply = reply(routing.request());
        if (reply.isPresent()) {
            streams.send(routing, new RelayedEvents(reply.get(), json), Relayed.PULSE);
        } else {
            refusals.send(RefusedException.replyNotFound(), routing.request());
        }
    }

    private Optional<LiveReply> reply(HttpServerRequest request) {
        try {
            return turns.running(
                    UUID.fromString(request.getParam("reply", "")),
                    Integer.parseInt(request.getParam("attempt", "")));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}

package ai.konko.api;

import ai.konko.chat.RefusedException;
import ai.konko.conversation.TurnEngine;
import ai.konko.http.Caller;
import ai.konko.http.HttpEntrance;
import ai.konko.http.Refusals;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.regex.Pattern;

/**
 * Refuses a request that would add a turn while there is no room for one. That is decided again
 * when the turn is posted; but here it costs next to nothing, because nobody has read the body.
 */
@ApplicationScoped
class TurnRoom {
    private static final Pattern TURNS =
            Pattern.compile(
                    "/chats/[^/]+/messages(?:/[^/]+/retry)?"
                            + "|/v1/(?:responses|(?:chat/)?completions|embeddings|moderations)");

    private final TurnEngine turns;
    private final Refusals refusals;

    TurnRoom(TurnEngine turns, Refusals refusals) {
        this.turns = turns;
        this.refusals = refusals;
    }

    void register(@Observes Filters filters) {
        filters.register(this::require, HttpEntrance.PRIORITY - 1);
    }

    private void require(RoutingContext context) {
        if (context.request().method().equals(HttpMethod.POST)
                && TURNS.matcher(context.normalizedPath()).matches()) {
            try {
                turns.requireRoom(Caller.of(context));
            } catch (RefusedException refused) {
                refusals.send(refused, context.request());
                return;
            }
        }
        context.next();
    }
}

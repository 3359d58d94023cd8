package ai.konko.openai;

import ai.konko.chat.FairBound;
import ai.konko.chat.Message;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Status;
import ai.konko.http.Answers;
import ai.konko.http.Caller;
import ai.konko.http.JsonTree;
import ai.konko.http.ServerSentEvents;
import ai.konko.openai.ResponseCreation.Created;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The responses of one WebSocket. A message is what a request is, and a type. The last response
 * that is not kept, or was only warmed up for, is remembered, so that the next can go on from it,
 * until that fails.
 */
final class ResponseSession implements Answers {
    private static final String TYPE = "type";
    private static final String CREATE = "response.create";

    private final RoutingContext request;
    private final Owner owner;
    private final ResponseCreation creation;
    private final FairBound memory;
    private final long mostCharacters;

    /** Is over when the last response is, if that is not kept. */
    private CompletableFuture<?> ending = CompletableFuture.completedFuture(null);

    /** This object's monitor guards it and {@code closed}. */
    private @Nullable Remembered last;

    private boolean closed;

    /**
     * @param memory bounds what all sessions remember
     * @param mostCharacters what one remembers at most
     */
    ResponseSession(
            RoutingContext request,
            ResponseCreation creation,
            FairBound memory,
            long mostCharacters) {
        this.request = request;
        this.owner = Caller.of(request);
        this.creation = creation;
        this.memory = memory;
        this.mostCharacters = mostCharacters;
    }

    @Override
    public ServerSentEvents to(JsonTree message) {
        ResponseBody given = body(message);
        Remembered before = remembered(given.previousResponseId());
        try {
            return given.generates() ? create(given, before) : warm(given, before);
        } catch (RuntimeException | Error failed) {
            forget(before);
            throw failed;
        }
    }

    private ServerSentEvents create(ResponseBody given, @Nullable Remembered before) {
        Created created = creation.create(request, given, null, before);
        ResponseCreation.Unkept unkept = created.unkept();
        if (unkept != null) {
            ending =
                    created.live()
                            .end()
                            .handle(
                                    (ended, _) -> {
                                        over(before, unkept, ended);
                                        return null;
                                    });
        }
        return creation.events(created);
    }

    private ServerSentEvents warm(ResponseBody given, @Nullable Remembered before) {
        ResponseCreation.Warmed warmed = creation.warm(request, given, before);
        Object _ = ending.join(); // what it would remember came before
        remember(warmed.warmUp());
        return creation.events(warmed.created());
    }

    private static ResponseBody body(JsonTree message) {
        if (!(message.tree() instanceof ObjectNode fields)
                || !CREATE.equals(fields.path(TYPE).textValue())) {
            throw RefusedException.invalid(TYPE, "must be " + CREATE);
        }
        RequestParameters.require(
                !fields.path("background").asBoolean(), "background", "is not supported here");
        JsonNode _ = fields.remove(TYPE);
        JsonNode _ = fields.remove("stream_options");
        fields.put("stream", true);
        return message.as(ResponseBody.class);
    }

    /**
     * @return the response, unless the log is to be asked
     */
    private @Nullable Remembered remembered(@Nullable String id) {
        if (id == null) {
            return null;
        }
        Object _ = ending.join();
        synchronized (this) {
            return last != null && last.id().equals(id) ? last : null;
        }
    }

    /** A response that is not kept has ended. */
    private void over(
            @Nullable Remembered before, ResponseCreation.Unkept unkept, @Nullable Message ended) {
        if (ended == null || ended.status() == Status.FAILED || ended.failure() != null) {
            forget(before);
        } else {
            remember(RememberedResponse.of(unkept, ended));
        }
    }

    private synchronized void remember(Remembered response) {
        forget(last);
        long characters = response.characters();
        if (!closed && characters <= mostCharacters && memory.take(owner, characters)) {
            last = response;
        }
    }

    private synchronized void forget(@Nullable Remembered response) {
        if (response != null && last != null && response.id().equals(last.id())) {
            memory.giveBack(owner, response.characters());
            last = null;
        }
    }

    @Override
    public synchronized void closed() {
        closed = true;
        forget(last);
    }
}

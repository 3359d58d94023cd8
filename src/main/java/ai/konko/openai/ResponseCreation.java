package ai.konko.openai;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.Message;
import ai.konko.chat.RefusedException;
import ai.konko.chat.RepeatableRequest;
import ai.konko.chat.WhenBusy;
import ai.konko.conversation.LiveReply;
import ai.konko.conversation.PostedTurn;
import ai.konko.conversation.StatelessTurns;
import ai.konko.http.Caller;
import ai.konko.openai.ResponseView.HowAsked;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Creates responses, for requests and for the messages of WebSockets alike. It is made when it is
 * used, because the route of WebSockets is there before the settings are checked, and the model's
 * client may not be.
 */
@ApplicationScoped
class ResponseCreation {
    private static final String INPUT = "input";

    /** Roughly what an item takes beside its text. */
    private static final long WEIGHT = 64;

    private final Responses responses;
    private final StatelessTurns stateless;
    private final Access access;
    private final References references;
    private final ChatLimits limits;
    private final ObjectMapper json;

    ResponseCreation(
            Responses responses,
            StatelessTurns stateless,
            Access access,
            References references,
            ChatLimits limits,
            ObjectMapper json) {
        this.responses = responses;
        this.stateless = stateless;
        this.access = access;
        this.references = references;
        this.limits = limits;
        this.json = json;
    }

    /**
     * A response that was begun.
     *
     * @param reply as it was then
     * @param repeated whether an earlier request had begun it
     * @param stop what happens if its client goes: one that is kept goes on
     * @param unkept what it was made of, if it is not kept
     */
    record Created(
            Message reply,
            LiveReply live,
            HowAsked how,
            boolean repeated,
            Runnable stop,
            @Nullable Unkept unkept) {}

    /**
     * What a response that is not kept was made of.
     *
     * @param base what of the log it goes on from
     * @param turn with all that comes between
     */
    record Unkept(Responses.Continued base, TurnRequest turn) {}

    /**
     * @param request of the caller, whose headers and owner hold
     * @param sent tells whether this repeats an earlier request; null if it can't
     * @param before what to go on from, if the log does not have it
     */
    Created create(
            RoutingContext request,
            ResponseBody given,
            @Nullable RepeatableRequest sent,
            @Nullable Remembered before) {
        given.check(limits);
        RequestParameters.require(
                given.generates(), "generate", "is supported only over a WebSocket");
        WhenBusy whenBusy = RequestParameters.whenBusy(given.whenBusy());
        Beginning beginning = Beginning.of(given, before);
        Dialogue input = read(request, given, beginning);
        Responses.Continued base = base(request, beginning, given.kept());
        Supplier<TurnRequest> wanted =
                () ->
                        beginning.turn(
                                given,
                                beginning.followedBy(references.resolved(request, input, base)),
                                limits);
        if (!given.kept()) {
            return unkept(request, base, whole(given, base, wanted.get()));
        }
        RequestParameters.require(
                beginning.remembered() == null,
                "previous_response_id",
                "is supported of a response that is not stored only with store: false");
        Responses.PostTerms terms = new Responses.PostTerms(whenBusy, sent, given.memory());
        Supplier<PostedTurn> post =
                () ->
                        responses.post(
                                Caller.origin(request),
                                base,
                                whole(given, base, wanted.get()),
                                terms);
        Responses.Answered answered = responses.once(sent, base.chatId(), post);
        Message reply = answered.reply();
        return new Created(
                reply,
                answered.live(),
                responses.howAsked(reply),
                answered.repeated(),
                () -> {},
                null);
    }

    /**
     * @throws RefusedException if not all of it can be sent, and the client wants that
     */
    private TurnRequest whole(ResponseBody given, Responses.Continued base, TurnRequest wanted) {
        if (given.refusesToCut()) {
            responses.requireWhole(base, wanted);
        }
        return wanted;
    }

    /** How many tokens the model would be sent for this request, by estimate. */
    int countTokens(RoutingContext request, ResponseBody given) {
        given.check(limits);
        Beginning beginning = Beginning.of(given, null);
        Responses.Continued base = base(request, beginning, false);
        Dialogue input =
                RequestParameters.isGiven(given.input())
                        ? references.resolved(
                                request, references.read(request, INPUT, given.input()), base)
                        : new Dialogue(INPUT, List.of());
        return responses.tokens(base, TurnRequest.unanswered(given, input, limits));
    }

    private Created unkept(RoutingContext request, Responses.Continued base, TurnRequest wanted) {
        Responses.Unkept asked = responses.ask(Caller.origin(request), base, wanted);
        LiveReply live = asked.asked().live();
        return new Created(
                asked.asked().reply(),
                live,
                asked.how(),
                false,
                () -> stateless.stop(live),
                new Unkept(base, wanted));
    }

    /**
     * A response that has nothing, because no model is asked.
     *
     * @param warmUp what is to be remembered of it
     */
    record Warmed(Created created, WarmUp warmUp) {}

    /**
     * Takes in what the next request begins with. The log is read, and nothing is added to it.
     *
     * @param before what to go on from, if the log does not have it
     */
    Warmed warm(RoutingContext request, ResponseBody given, @Nullable Remembered before) {
        given.check(limits);
        Beginning beginning = Beginning.of(given, before);
        Responses.Continued base = base(request, beginning, false);
        Dialogue input =
                beginning.followedBy(
                        references.resolved(request, read(request, given, beginning), base));
        TurnRequest turn = TurnRequest.of(given, input, limits).orElse(beginning.model());
        Responses.Unkept nothing = responses.nothing(base, turn.options());
        Message reply = nothing.asked().reply();
        RememberedResponse remembered = beginning.remembered();
        long characters =
                turn.characters()
                        + input.items().size() * WEIGHT
                        + (remembered == null ? 0 : remembered.characters());
        return new Warmed(
                new Created(reply, nothing.asked().live(), nothing.how(), false, () -> {}, null),
                new WarmUp(
                        Ids.response(reply), beginning.saying(input, given.model()), characters));
    }

    private Dialogue read(RoutingContext request, ResponseBody given, Beginning beginning) {
        return beginning.suffices(given)
                ? new Dialogue(INPUT, List.of())
                : references.read(request, INPUT, given.input());
    }

    private Responses.Continued base(RoutingContext request, Beginning beginning, boolean kept) {
        if (beginning.remembered() != null) {
            return beginning.remembered().base();
        }
        if (beginning.conversation() != null) {
            UUID chatId = access.conversation(request, beginning.conversation());
            Responses.End end = kept ? null : responses.end(chatId);
            return new Responses.Continued(chatId, null, end);
        }
        if (beginning.previous() == null) {
            return new Responses.Continued(null, null, null);
        }
        Message previous = access.previous(request, beginning.previous());
        return new Responses.Continued(previous.chatId(), previous, null);
    }

    /** All events of the response. */
    ResponseEvents events(Created response) {
        return new ResponseEvents(
                response.live(),
                OutputPlace.START,
                response.reply(),
                response.how(),
                -1,
                json,
                response.stop());
    }
}

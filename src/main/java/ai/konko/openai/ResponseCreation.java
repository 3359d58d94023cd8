package ai.konko.openai;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.Message;
import ai.konko.chat.WhenBusy;
import ai.konko.conversation.LiveReply;
import ai.konko.conversation.PostedTurn;
import ai.konko.conversation.StatelessTurns;
import ai.konko.http.Caller;
import ai.konko.openai.ResponseView.HowAsked;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
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
     * @param before the response to go on from, if the log does not have it
     */
    Created create(
            RoutingContext request,
            ResponseBody given,
            RepeatedRequests.@Nullable Request sent,
            @Nullable RememberedResponse before) {
        given.check(limits);
        WhenBusy whenBusy = RequestParameters.whenBusy(given.whenBusy());
        Dialogue input = references.read(request, "input", given.input());
        Responses.Continued base = before == null ? continued(given, request) : before.base();
        Supplier<TurnRequest> wanted =
                () -> {
                    Dialogue resolved = references.resolved(request, input, base);
                    TurnRequest turn = TurnRequest.of(given, resolved, limits);
                    return before == null ? turn : before.followedBy(turn);
                };
        if (!given.kept()) {
            return unkept(request, base, wanted.get());
        }
        RequestParameters.require(
                before == null,
                "previous_response_id",
                "is supported of a response that is not stored only with store: false");
        Responses.PostTerms terms =
                new Responses.PostTerms(whenBusy, sent == null ? null : sent.key());
        Supplier<PostedTurn> post =
                () -> responses.post(Caller.origin(request), base, wanted.get(), terms);
        Responses.Answered answered =
                sent == null ? Responses.Answered.of(post.get()) : responses.once(sent, post);
        Message reply = answered.reply();
        return new Created(
                reply,
                answered.live(),
                responses.howAsked(reply),
                answered.repeated(),
                () -> {},
                null);
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

    private Responses.Continued continued(ResponseBody given, RoutingContext request) {
        String id = given.conversationId();
        if (id != null) {
            UUID chatId = access.conversation(request, id);
            Responses.End end = given.kept() ? null : responses.end(chatId);
            return new Responses.Continued(chatId, null, end);
        }
        if (given.previousResponseId() == null) {
            return new Responses.Continued(null, null, null);
        }
        Message previous = access.previous(request, given.previousResponseId());
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

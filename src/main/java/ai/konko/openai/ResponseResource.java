package ai.konko.openai;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.Message;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Status;
import ai.konko.chat.WhenBusy;
import ai.konko.conversation.LiveReply;
import ai.konko.conversation.StatelessTurns;
import ai.konko.conversation.TurnEngine;
import ai.konko.http.Caller;
import ai.konko.http.JsonBodyReader;
import ai.konko.http.JsonTree;
import ai.konko.http.Outgoing;
import ai.konko.http.Query;
import ai.konko.http.TurnFailedException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Replies as responses. */
@Path("/v1/responses")
@Produces(MediaType.WILDCARD)
@RunOnVirtualThread
public class ResponseResource {
    private final TurnEngine turns;
    private final Responses responses;
    private final StatelessTurns stateless;
    private final Access access;
    private final ItemPages pages;
    private final ChatLimits limits;
    private final Outgoing outgoing;
    private final ObjectMapper json;
    private final References references;

    ResponseResource(
            TurnEngine turns,
            Responses responses,
            StatelessTurns stateless,
            Access access,
            ItemPages pages,
            ChatLimits limits,
            Outgoing outgoing,
            ObjectMapper json,
            References references) {
        this.references = references;
        this.turns = turns;
        this.responses = responses;
        this.stateless = stateless;
        this.access = access;
        this.pages = pages;
        this.limits = limits;
        this.outgoing = outgoing;
        this.json = json;
    }

    @POST
    @Blocking
    @Consumes(MediaType.APPLICATION_JSON)
    public CompletionStage<Response> create(
            @Nullable JsonTree body, @Context RoutingContext request) {
        ResponseBody given = JsonBodyReader.required(body).as(ResponseBody.class);
        given.check(limits);
        WhenBusy whenBusy = RequestParameters.whenBusy(given.whenBusy());
        Dialogue input = Dialogue.of("input", given.input());
        Responses.Continued continued = continued(given, request);
        Supplier<TurnRequest> wanted =
                () -> TurnRequest.of(given, references.resolved(request, input, continued), limits);
        RepeatedRequests.Request sent = RepeatedRequests.Request.of(request, body);
        if (!given.kept()) {
            return stateless(
                    given, responses.ask(Caller.origin(request), continued, wanted.get()), request);
        }
        Responses.PostTerms terms = new Responses.PostTerms(whenBusy, sent.key());
        Responses.Answered answered =
                responses.once(
                        sent,
                        () ->
                                responses.post(
                                        Caller.origin(request), continued, wanted.get(), terms));
        Message reply = answered.reply();
        if (given.streams()) {
            return stream(request, answered.repeated(), reply, answered.live(), -1);
        }
        ResponseView.HowAsked how = responses.howAsked(reply);
        return RequestParameters.is(given.background())
                ? CompletableFuture.completedStage(JsonAnswer.of(ResponseView.of(reply, how)))
                : outgoing.whole(
                        request,
                        answered.repeated(),
                        answered.live().endedCharacters(),
                        answered.live()::end,
                        ended -> answered(ended, how));
    }

    private Responses.Continued continued(ResponseBody given, RoutingContext request) {
        String id = given.conversationId();
        if (id != null) {
            return new Responses.Continued(access.conversation(request, id), null);
        }
        if (given.previousResponseId() == null) {
            return new Responses.Continued(null, null);
        }
        Message previous = access.previous(request, given.previousResponseId());
        return new Responses.Continued(previous.chatId(), previous);
    }

    private CompletionStage<Response> stateless(
            ResponseBody given, Responses.Unkept unkept, RoutingContext request) {
        StatelessTurns.Asked asked = unkept.asked();
        Runnable stop = () -> stateless.stop(asked.live());
        if (given.streams()) {
            return CompletableFuture.completedStage(
                    new ResponseEvents(
                                    asked.live(),
                                    OutputPlace.START,
                                    asked.reply(),
                                    unkept.how(),
                                    -1,
                                    json,
                                    stop)
                            .response());
        }
        ClientDisconnect.of(request, stop);
        return outgoing.whole(
                request,
                false,
                asked.live().endedCharacters(),
                asked.live()::end,
                ended -> answered(ended, unkept.how()));
    }

    private static Response answered(Message reply, ResponseView.HowAsked how) {
        if (reply.status() == Status.FAILED) {
            throw new TurnFailedException(reply);
        }
        return JsonAnswer.of(ResponseView.of(reply, how.by(reply.model())));
    }

    private CompletionStage<Response> stream(
            RoutingContext request, boolean repeated, Message reply, LiveReply live, int after) {
        boolean over = reply.status().terminal();
        OutputPlace from =
                after < 0 ? OutputPlace.START : OutputPlace.after(after, live.written(), over);
        if (from == null || !live.has(from.position())) {
            throw RefusedException.invalid(
                    "starting_after", "must be the number of an event of this response");
        }
        outgoing.admit(request, repeated, live.endedCharacters());
        return CompletableFuture.completedStage(
                new ResponseEvents(
                                live, from, reply, responses.howAsked(reply), after, json, () -> {})
                        .response());
    }

    @GET
    @Path("/{response}")
    @Blocking
    public CompletionStage<Response> get(
            @PathParam("response") String id,
            @QueryParam("stream") @Nullable String stream,
            @QueryParam("starting_after") @Nullable String startingAfter,
            @QueryParam("include") @Nullable List<String> include,
            @QueryParam("include_obfuscation") @Nullable String obfuscation,
            @Context RoutingContext request) {
        Message reply = access.response(request, id);
        RequestParameters.include(include);
        RequestParameters.require(
                obfuscation == null || obfuscation.equals("false"),
                "include_obfuscation",
                "is not supported here");
        int after =
                startingAfter == null
                        ? -1
                        : Query.number("starting_after", startingAfter, 0, Integer.MAX_VALUE, 0);
        return switch (stream) {
            case "true" -> stream(request, true, reply, turns.follow(reply), after);
            case null, default -> {
                if (startingAfter != null) {
                    throw RefusedException.invalid("starting_after", "needs stream=true");
                }
                outgoing.admit(request, reply.characters());
                yield CompletableFuture.completedStage(
                        JsonAnswer.of(ResponseView.of(reply, responses.howAsked(reply))));
            }
        };
    }

    @DELETE
    @Path("/{response}")
    public Response delete(@PathParam("response") String id, @Context RoutingContext request) {
        responses.delete(access.response(request, id));
        return JsonAnswer.of(new DeletedView(id, "response", true));
    }

    @POST
    @Path("/{response}/cancel")
    @Blocking
    public CompletionStage<Response> cancel(
            @PathParam("response") String id, @Context RoutingContext request) {
        Message reply = access.response(request, id);
        ResponseView.HowAsked how = responses.howAsked(reply);
        return outgoing.whole(
                request,
                true,
                reply.status().terminal() ? reply.characters() : 0,
                () -> turns.cancel(reply.chatId(), reply.id()),
                ended -> JsonAnswer.of(ResponseView.of(ended, how.by(ended.model()))));
    }

    @GET
    @Path("/{response}/input_items")
    public Response inputItems(
            @PathParam("response") String id,
            @QueryParam("limit") @Nullable String limit,
            @QueryParam("order") @Nullable String order,
            @QueryParam("after") @Nullable String after,
            @QueryParam("include") @Nullable List<String> include,
            @Context RoutingContext request) {
        Message reply = access.response(request, id);
        RequestParameters.include(include);
        int message = reply.seq() - 1;
        int earlier = reply.options() == null ? 0 : reply.options().earlier();
        return JsonAnswer.of(
                pages.page(
                        request,
                        reply.chatId(),
                        new ItemPages.Span(message - 2 * earlier, message),
                        limit,
                        order,
                        after));
    }
}

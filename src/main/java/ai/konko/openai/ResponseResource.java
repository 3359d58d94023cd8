package ai.konko.openai;

import ai.konko.chat.Message;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Status;
import ai.konko.conversation.LiveReply;
import ai.konko.conversation.TurnEngine;
import ai.konko.http.JsonBodyReader;
import ai.konko.http.JsonTree;
import ai.konko.http.Outgoing;
import ai.konko.http.Query;
import ai.konko.http.ThisRequest;
import ai.konko.http.TurnFailedException;
import ai.konko.openai.ResponseCreation.Created;
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
import org.jspecify.annotations.Nullable;

/** Replies as responses. */
@Path("/v1/responses")
@Produces(MediaType.WILDCARD)
@RunOnVirtualThread
public class ResponseResource {
    private final ResponseCreation creation;
    private final TurnEngine turns;
    private final Responses responses;
    private final Access access;
    private final ItemPages pages;
    private final Outgoing outgoing;
    private final ObjectMapper json;

    ResponseResource(
            ResponseCreation creation,
            TurnEngine turns,
            Responses responses,
            Access access,
            ItemPages pages,
            Outgoing outgoing,
            ObjectMapper json) {
        this.creation = creation;
        this.turns = turns;
        this.responses = responses;
        this.access = access;
        this.pages = pages;
        this.outgoing = outgoing;
        this.json = json;
    }

    @POST
    @Blocking
    @Consumes(MediaType.APPLICATION_JSON)
    public CompletionStage<Response> create(
            @Nullable JsonTree body, @Context RoutingContext request) {
        ResponseBody given = JsonBodyReader.required(body).as(ResponseBody.class);
        ThisRequest.dropBody(); // it may have images and files
        Created created = creation.create(request, given, RepeatedRequests.of(request, body), null);
        long known = created.live().endedCharacters();
        ResponseView.HowAsked how = created.how();
        if (given.streams()) {
            outgoing.admit(request, created.repeated(), known);
            return CompletableFuture.completedStage(creation.events(created).response());
        }
        if (RequestParameters.is(given.background())) {
            return CompletableFuture.completedStage(
                    JsonAnswer.of(ResponseView.of(created.reply(), how)));
        }
        if (!how.kept()) {
            ClientDisconnect.of(request, created.stop());
        }
        return outgoing.whole(
                request,
                created.repeated(),
                known,
                created.live()::end,
                ended -> answered(ended, how));
    }

    private static Response answered(Message reply, ResponseView.HowAsked how) {
        if (reply.status() == Status.FAILED) {
            throw new TurnFailedException(reply);
        }
        return JsonAnswer.of(ResponseView.of(reply, how.by(reply.model())));
    }

    /** Absent if the response has no such event, or not yet. */
    private static @Nullable OutputPlace place(LiveReply live, int after, boolean over) {
        OutputPlace place =
                after < 0 ? OutputPlace.START : OutputPlace.after(after, live.written(), over);
        return place != null && live.has(place.position()) ? place : null;
    }

    private CompletionStage<Response> stream(RoutingContext request, Message reply, int after) {
        LiveReply live = turns.follow(reply);
        boolean over = reply.status().terminal();
        boolean there = live.comesTo(() -> place(live, after, over) != null);
        OutputPlace from = place(live, after, over);
        if (!there || from == null) {
            throw RefusedException.invalid(
                    "starting_after", "must be the number of an event of this response");
        }
        outgoing.admit(request, live.endedCharacters());
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
            case "true" -> stream(request, reply, after);
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

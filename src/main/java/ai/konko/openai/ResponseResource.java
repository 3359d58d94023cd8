package ai.konko.openai;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.Message;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Status;
import ai.konko.chat.WhenBusy;
import ai.konko.conversation.LiveReply;
import ai.konko.conversation.StatelessTurns;
import ai.konko.conversation.TurnEngine;
import ai.konko.http.Caller;
import ai.konko.http.HttpLimits;
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
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Replies as responses. */
@Path("/v1/responses")
@Produces(MediaType.WILDCARD)
@RunOnVirtualThread
@Tag(name = "OpenAI responses")
public class ResponseResource {
    private final ChatRepository repository;
    private final TurnEngine turns;
    private final Responses responses;
    private final StatelessTurns stateless;
    private final Access access;
    private final HttpLimits http;
    private final Outgoing outgoing;
    private final ObjectMapper json;

    ResponseResource(
            ChatRepository repository,
            TurnEngine turns,
            Responses responses,
            StatelessTurns stateless,
            Access access,
            HttpLimits http,
            Outgoing outgoing,
            ObjectMapper json) {
        this.repository = repository;
        this.turns = turns;
        this.responses = responses;
        this.stateless = stateless;
        this.access = access;
        this.http = http;
        this.outgoing = outgoing;
        this.json = json;
    }

    @POST
    @Blocking
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "createResponse",
            summary = "Say something and get the model's response",
            description =
                    "A turn of a chat: the conversation's, that of the previous response, else a new one. With"
                            + " stream: true, its events; sequence_number is 3 and the text's length so far in UTF-16"
                            + " units on each delta.")
    @APIResponse(
            responseCode = "200",
            description = "The response, or its events",
            content = {
                @Content(
                        mediaType = MediaType.APPLICATION_JSON,
                        schema = @Schema(implementation = ResponseView.class)),
                @Content(
                        mediaType = MediaType.SERVER_SENT_EVENTS,
                        schema = @Schema(type = SchemaType.STRING))
            })
    @Parameter(
            name = "Idempotency-Key",
            in = ParameterIn.HEADER,
            description = "The same key with the same body is the same response.",
            schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 255))
    public CompletionStage<Response> create(
            @RequestBody(
                            required = true,
                            content =
                                    @Content(
                                            mediaType = MediaType.APPLICATION_JSON,
                                            schema = @Schema(implementation = ResponseBody.class)))
                    @Nullable JsonTree body,
            @Context RoutingContext request) {
        ResponseBody given = JsonBodyReader.required(body).as(ResponseBody.class);
        Responses.Wanted wanted = responses.wanted(given);
        WhenBusy whenBusy = RequestParameters.whenBusy(given.whenBusy());
        Responses.Continued continued = continued(given, request);
        RepeatedRequests.Request sent = RepeatedRequests.Request.of(request, body);
        if (!given.kept()) {
            return stateless(
                    given, responses.ask(Caller.origin(request), continued, wanted), request);
        }
        Responses.PostTerms terms = new Responses.PostTerms(whenBusy, sent.key());
        Responses.Answered answered =
                responses.once(
                        sent,
                        () -> responses.post(Caller.origin(request), continued, wanted, terms));
        Message reply = answered.reply();
        if (given.streams()) {
            return stream(request, answered.repeated(), reply, answered.live(), -1);
        }
        return wanted.options().background()
                ? CompletableFuture.completedStage(ConversationResource.json(responses.view(reply)))
                : outgoing.whole(
                        request,
                        answered.repeated(),
                        answered.live().endedLength(),
                        answered.live()::end,
                        ended -> answered(ended, responses.modelOf(ended), true));
    }

    private Responses.Continued continued(ResponseBody given, RoutingContext request) {
        String id = given.conversationId();
        if (id != null) {
            return new Responses.Continued(access.conversation(request, id), null);
        }
        if (given.previousResponseId() == null) {
            return new Responses.Continued(null, null);
        }
        Message previous = access.response(request, given.previousResponseId());
        return new Responses.Continued(previous.chatId(), previous);
    }

    private CompletionStage<Response> stateless(
            ResponseBody given, StatelessTurns.Asked asked, RoutingContext request) {
        String model = responses.modelOf(asked.reply());
        Runnable stop = () -> stateless.stop(asked.live());
        if (given.streams()) {
            return CompletableFuture.completedStage(
                    new ResponseEvents(asked.live(), 0, asked.reply(), model, false, -1, json, stop)
                            .response());
        }
        ClientDisconnect.of(request, stop);
        return outgoing.whole(
                request,
                false,
                asked.live().endedLength(),
                asked.live()::end,
                ended -> answered(ended, model, false));
    }

    private static Response answered(Message reply, String model, boolean kept) {
        if (reply.status() == Status.FAILED) {
            throw new TurnFailedException(reply);
        }
        return ConversationResource.json(ResponseView.of(reply, model, kept));
    }

    private CompletionStage<Response> stream(
            RoutingContext request, boolean repeated, Message reply, LiveReply live, int after) {
        int from = Math.max(0, after - ResponseEvents.BEFORE_TEXT);
        int most = ResponseEvents.BEFORE_TEXT + ResponseEvents.AFTER_TEXT;
        int length = reply.content().length();
        boolean over = reply.status().terminal();
        if (over && after <= most + length) {
            from = Math.min(from, length);
        }
        if (!live.hasOffset(from)) {
            throw RefusedException.invalid(
                    "starting_after", "must be the number of an event of this response");
        }
        outgoing.admit(request, repeated, live.endedLength());
        return CompletableFuture.completedStage(
                new ResponseEvents(
                                live,
                                from,
                                reply,
                                responses.modelOf(reply),
                                true,
                                after,
                                json,
                                () -> {})
                        .response());
    }

    @GET
    @Path("/{response}")
    @Blocking
    @Operation(
            operationId = "getResponse",
            summary = "Read a response, or follow its events",
            description =
                    "With stream=true, the events of a response, live or finished; those after the one with the"
                            + " sequence number starting_after.")
    @APIResponse(
            responseCode = "200",
            description = "The response, or its events",
            content = {
                @Content(
                        mediaType = MediaType.APPLICATION_JSON,
                        schema = @Schema(implementation = ResponseView.class)),
                @Content(
                        mediaType = MediaType.SERVER_SENT_EVENTS,
                        schema = @Schema(type = SchemaType.STRING))
            })
    public CompletionStage<Response> get(
            @PathParam("response") String id,
            @Parameter(schema = @Schema(type = SchemaType.BOOLEAN)) @QueryParam("stream")
                    @Nullable String stream,
            @Parameter(schema = @Schema(type = SchemaType.INTEGER, minimum = "0"))
                    @QueryParam("starting_after")
                    @Nullable String startingAfter,
            @QueryParam("include") @Parameter(hidden = true) @Nullable List<String> include,
            @QueryParam("include_obfuscation") @Parameter(hidden = true)
                    @Nullable String obfuscation,
            @Context RoutingContext request) {
        Message reply = access.response(request, id);
        ItemResource.noMore(include);
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
                outgoing.admit(request, reply.content().length());
                yield CompletableFuture.completedStage(
                        ConversationResource.json(responses.view(reply)));
            }
        };
    }

    @DELETE
    @Path("/{response}")
    @Operation(
            operationId = "deleteResponse",
            summary = "Delete a response, with the conversation that was made for it",
            description =
                    "400 unsupported where the conversation has other turns, or was made by itself: its log only"
                            + " grows.")
    @APIResponse(
            responseCode = "200",
            description = "The response is gone",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = DeletedView.class)))
    public Response delete(@PathParam("response") String id, @Context RoutingContext request) {
        responses.delete(access.response(request, id));
        return ConversationResource.json(new DeletedView(id, "response", true));
    }

    @POST
    @Path("/{response}/cancel")
    @Blocking
    @Operation(
            operationId = "cancelResponse",
            summary = "Stop a response, also at the model",
            description = "What there is of its text is kept. One that is over stays as it is.")
    @APIResponse(
            responseCode = "200",
            description = "The response",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ResponseView.class)))
    public CompletionStage<Response> cancel(
            @PathParam("response") String id, @Context RoutingContext request) {
        Message reply = access.response(request, id);
        String model = responses.modelOf(reply);
        return outgoing.whole(
                request,
                true,
                reply.status().terminal() ? reply.content().length() : 0,
                () -> turns.cancel(reply.chatId(), reply.id()),
                ended ->
                        ConversationResource.json(
                                ResponseView.of(
                                        ended,
                                        ended.model() == null ? model : ended.model(),
                                        true)));
    }

    @GET
    @Path("/{response}/input_items")
    @Operation(
            operationId = "listInputItems",
            summary = "Read what a response was asked with",
            description = "The messages of its request; not those that were there before.")
    @APIResponse(
            responseCode = "200",
            description = "A page of items",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ListView.Items.class)))
    public Response inputItems(
            @PathParam("response") String id,
            @Parameter(
                            schema =
                                    @Schema(
                                            type = SchemaType.INTEGER,
                                            minimum = "1",
                                            maximum = "100",
                                            defaultValue = "20"))
                    @QueryParam("limit")
                    @Nullable String limit,
            @Parameter(
                            schema =
                                    @Schema(
                                            type = SchemaType.STRING,
                                            enumeration = {"asc", "desc"},
                                            defaultValue = "desc"))
                    @QueryParam("order")
                    @Nullable String order,
            @Parameter(description = "The last_id of the page before, with the same order.")
                    @QueryParam("after")
                    @Nullable String after,
            @QueryParam("include") @Parameter(hidden = true) @Nullable List<String> include,
            @Context RoutingContext request) {
        Message reply = access.response(request, id);
        ItemResource.noMore(include);
        int message = reply.seq() - 1;
        int earlier = reply.options() == null ? 0 : reply.options().earlier();
        return ConversationResource.json(
                ItemResource.page(
                        outgoing,
                        request,
                        repository,
                        http,
                        reply.chatId(),
                        limit,
                        order,
                        after,
                        message - 2 * earlier,
                        message));
    }
}

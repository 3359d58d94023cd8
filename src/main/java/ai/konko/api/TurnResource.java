package ai.konko.api;

import ai.konko.chat.Message;
import ai.konko.chat.Origin;
import ai.konko.chat.Post;
import ai.konko.chat.Status;
import ai.konko.conversation.PostedTurn;
import ai.konko.conversation.TurnEngine;
import ai.konko.conversation.Workers;
import ai.konko.http.Caller;
import ai.konko.http.JsonBodyReader;
import ai.konko.http.Outgoing;
import ai.konko.http.RequestHeaders;
import ai.konko.http.ThisRequest;
import ai.konko.http.TurnFailedException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The turns of a chat: a message posted, its reply stopped or written again. */
@Path("/chats")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Turns")
public class TurnResource {
    private final TurnEngine turns;
    private final Workers workers;
    private final Outgoing outgoing;
    private final ObjectMapper json;

    TurnResource(TurnEngine turns, Workers workers, Outgoing outgoing, ObjectMapper json) {
        this.json = json;
        this.outgoing = outgoing;
        this.turns = turns;
        this.workers = workers;
    }

    @POST
    @Path("/{chatId}/messages")
    @NonBlocking
    @Produces(MediaType.WILDCARD)
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "postMessage",
            summary = "Post a message and get the reply",
            description =
                    "The message and its reply get their places at once. The turn belongs to the service: a"
                            + " client that goes away neither stops nor loses it. Where the model fails, the answer is the"
                            + " problem and the reply stays in the chat as failed.")
    @APIResponse(
            responseCode = "200",
            description =
                    "With Accept: text/event-stream, the events accepted (a Turn), any number of delta"
                            + " (content; its id is the reply's length so far in UTF-16 units), and last one of"
                            + " completed, incomplete and failed (the reply, a Message).",
            content =
                    @Content(
                            mediaType = MediaType.SERVER_SENT_EVENTS,
                            schema = @Schema(type = SchemaType.STRING)))
    @APIResponse(
            responseCode = "201",
            description = "The turn, its reply completed or incomplete",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = TurnView.class)))
    @APIResponse(
            responseCode = "202",
            description = "With Prefer: respond-async, the turn, accepted",
            headers =
                    @Header(
                            name = "Location",
                            description = "The reply",
                            schema = @Schema(type = SchemaType.STRING)),
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = TurnView.class)))
    @Parameter(
            name = "Idempotency-Key",
            in = ParameterIn.HEADER,
            description =
                    "The same key with the same body on the same chat is the same turn. 1 to 255 printable ASCII"
                            + " characters.",
            schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 255))
    @Parameter(
            name = "Prefer",
            in = ParameterIn.HEADER,
            description = "respond-async: answer when the turn is accepted.",
            schema = @Schema(type = SchemaType.STRING))
    public CompletionStage<Response> post(
            @PathParam("chatId") String chatId,
            @RequestBody(required = true) @Nullable PostBody body,
            @Context RoutingContext request) {
        UUID id = PathId.chat(chatId);
        Delivery delivery = Delivery.of(request.request());
        String key = RequestHeaders.idempotencyKey(request.request());
        Post post = JsonBodyReader.required(body).post(key, delivery.streamed());
        Origin origin = Caller.origin(request);
        Executor thisRequest = ThisRequest.executor();
        return workers.call(() -> turns.post(origin, id, post))
                .thenComposeAsync(posted -> delivered(request, posted, delivery), thisRequest);
    }

    @POST
    @Path("/{chatId}/messages/{messageId}/cancel")
    @RunOnVirtualThread
    @Blocking
    @Operation(
            operationId = "cancelReply",
            summary = "Stop a reply",
            description =
                    "Also at the model. What there is of its text is kept. A reply that is over stays as it is.")
    @APIResponse(
            responseCode = "200",
            description = "The reply in its terminal state",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = MessageView.class)))
    public CompletionStage<MessageView> cancel(
            @PathParam("chatId") String chatId,
            @PathParam("messageId") String messageId,
            @Context RoutingContext request) {
        UUID id = PathId.chat(chatId);
        UUID reply = PathId.message(messageId);
        int known = turns.reply(id, reply).endedLength();
        return outgoing.whole(request, true, known, () -> turns.cancel(id, reply), MessageView::of);
    }

    @POST
    @Path("/{chatId}/messages/{messageId}/retry")
    @RunOnVirtualThread
    @Blocking
    @Produces(MediaType.WILDCARD)
    @Operation(
            operationId = "retryReply",
            summary = "Have a failed or incomplete reply written again",
            description =
                    "If it is the chat's last. It keeps its id and place; its old text is discarded. Answers as a"
                            + " post does.")
    @Parameter(
            name = "Prefer",
            in = ParameterIn.HEADER,
            description = "respond-async: answer when the turn is accepted.",
            schema = @Schema(type = SchemaType.STRING))
    public CompletionStage<Response> retry(
            @PathParam("chatId") String chatId,
            @PathParam("messageId") String messageId,
            @Context RoutingContext request) {
        UUID id = PathId.chat(chatId);
        Delivery delivery = Delivery.of(request.request());
        return delivered(
                request,
                turns.retry(
                        Caller.origin(request), id, PathId.message(messageId), delivery.streamed()),
                delivery);
    }

    private CompletionStage<Response> delivered(
            RoutingContext request, PostedTurn posted, Delivery delivery) {
        return switch (delivery) {
            case ASYNC -> {
                outgoing.admit(request, posted.repeated(), posted.turn().reply().characters());
                yield CompletableFuture.completedStage(accepted(posted));
            }
            case STREAM -> {
                outgoing.admit(request, posted.repeated(), posted.reply().endedLength());
                yield CompletableFuture.completedStage(
                        new NativeEvents(posted.turn(), posted.reply(), 0, json).response());
            }
            case WHOLE ->
                    outgoing.whole(
                            request,
                            posted.repeated(),
                            posted.reply().endedLength(),
                            posted.reply()::end,
                            ended -> answered(posted.turn().message(), ended));
        };
    }

    private static Response accepted(PostedTurn posted) {
        Message reply = posted.turn().reply();
        return Response.accepted(TurnView.of(posted.turn().message(), reply))
                .type(MediaType.APPLICATION_JSON_TYPE)
                .location(URI.create("/chats/%s/messages/%s".formatted(reply.chatId(), reply.id())))
                .header("Preference-Applied", "respond-async")
                .build();
    }

    private static Response answered(Message message, Message reply) {
        if (reply.status() == Status.FAILED) {
            throw new TurnFailedException(reply);
        }
        return Response.status(Response.Status.CREATED)
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(TurnView.of(message, reply))
                .build();
    }
}

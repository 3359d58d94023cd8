package ai.konko.api;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Message;
import ai.konko.chat.Origin;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Status;
import ai.konko.conversation.Position;
import ai.konko.conversation.PostedTurn;
import ai.konko.conversation.TurnEngine;
import ai.konko.conversation.Workers;
import ai.konko.http.AttachmentData;
import ai.konko.http.Caller;
import ai.konko.http.JsonBodyReader;
import ai.konko.http.JsonBytes;
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
import org.jspecify.annotations.Nullable;

/** The turns of a chat: a message posted, its reply stopped or written again. */
@Path("/chats")
@Produces(MediaType.APPLICATION_JSON)
public class TurnResource {
    private final ChatRepository repository;
    private final TurnEngine turns;
    private final Workers workers;
    private final Outgoing outgoing;
    private final ObjectMapper json;
    private final AttachmentData attachments;

    TurnResource(
            ChatRepository repository,
            TurnEngine turns,
            Workers workers,
            Outgoing outgoing,
            ObjectMapper json,
            AttachmentData attachments) {
        this.attachments = attachments;
        this.repository = repository;
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
    public CompletionStage<Response> post(
            @PathParam("chatId") String chatId,
            @Nullable JsonBytes body,
            @Context RoutingContext request) {
        UUID id = PathId.chat(chatId);
        Delivery delivery = Delivery.of(request.request());
        String key = RequestHeaders.idempotencyKey(request.request());
        JsonBytes given = JsonBodyReader.required(body);
        Origin origin = Caller.origin(request);
        Executor thisRequest = ThisRequest.executor();
        ThisRequest.dropBody(); // it may have attachments
        return workers.call(
                        given.isLong(),
                        () -> {
                            PostBody said = given.as(PostBody.class);
                            Post post = said.post(key, delivery.streamed(), attachments);
                            return posted(origin, id, said, post);
                        })
                .thenComposeAsync(posted -> delivered(request, posted, delivery), thisRequest);
    }

    private PostedTurn posted(Origin origin, UUID chatId, PostBody said, Post post) {
        try {
            said.requireChoice(() -> repository.chat(chatId).settings().parameters());
        } catch (RefusedException refused) {
            return repeat(origin, chatId, post, refused);
        }
        return turns.post(origin, chatId, post);
    }

    /** A repeat is the same turn whatever the chat's tools are now. */
    private PostedTurn repeat(Origin origin, UUID chatId, Post post, RefusedException notNew) {
        try {
            return turns.post(origin, chatId, post.asRepeat());
        } catch (RefusedException refused) {
            throw refused.code() == ErrorCode.NOT_LAST ? notNew : refused;
        }
    }

    @POST
    @Path("/{chatId}/messages/{messageId}/cancel")
    @RunOnVirtualThread
    @Blocking
    public CompletionStage<MessageView> cancel(
            @PathParam("chatId") String chatId,
            @PathParam("messageId") String messageId,
            @Context RoutingContext request) {
        UUID id = PathId.chat(chatId);
        UUID reply = PathId.message(messageId);
        long known = turns.reply(id, reply).endedCharacters();
        return outgoing.whole(request, true, known, () -> turns.cancel(id, reply), MessageView::of);
    }

    @POST
    @Path("/{chatId}/messages/{messageId}/retry")
    @RunOnVirtualThread
    @Blocking
    @Produces(MediaType.WILDCARD)
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
                outgoing.admit(request, posted.repeated(), posted.reply().endedCharacters());
                yield CompletableFuture.completedStage(
                        new NativeEvents(posted.turn(), posted.reply(), Position.START, json)
                                .response());
            }
            case WHOLE ->
                    outgoing.whole(
                            request,
                            posted.repeated(),
                            posted.reply().endedCharacters(),
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

package ai.konko.api;

import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.Counted;
import ai.konko.chat.Message;
import ai.konko.chat.Page;
import ai.konko.chat.RefusedException;
import ai.konko.conversation.LiveReply;
import ai.konko.conversation.TurnEngine;
import ai.konko.http.HttpLimits;
import ai.konko.http.Outgoing;
import ai.konko.http.Query;
import ai.konko.http.RequestHeaders;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The messages of a chat. */
@Path("/chats")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Messages")
public class MessageResource {
    private static final MediaType JSON = MediaType.APPLICATION_JSON_TYPE;
    private static final MediaType MARKDOWN = MediaType.valueOf(ChatMarkdown.MEDIA_TYPE);

    private static final MediaType EVENTS = MediaType.SERVER_SENT_EVENTS_TYPE;

    private final ChatRepository repository;
    private final TurnEngine turns;
    private final HttpLimits http;
    private final Outgoing outgoing;
    private final ObjectMapper json;

    MessageResource(
            ChatRepository repository,
            TurnEngine turns,
            HttpLimits http,
            Outgoing outgoing,
            ObjectMapper json) {
        this.json = json;
        this.outgoing = outgoing;
        this.repository = repository;
        this.turns = turns;
        this.http = http;
    }

    @GET
    @Path("/{chatId}/messages")
    @Produces(MediaType.WILDCARD)
    @Operation(
            operationId = "listMessages",
            summary = "Read the messages of a chat",
            description =
                    "Page by page as JSON, or the whole chat as Markdown. A page may have fewer than limit: it ends"
                            + " where its text gets long.")
    @APIResponse(
            responseCode = "200",
            description = "A page of messages, or the chat",
            content = {
                @Content(
                        mediaType = MediaType.APPLICATION_JSON,
                        schema = @Schema(implementation = PageView.Messages.class)),
                @Content(
                        mediaType = ChatMarkdown.MEDIA_TYPE,
                        schema = @Schema(type = SchemaType.STRING))
            })
    public Response list(
            @PathParam("chatId") String chatId,
            @Parameter(
                            schema =
                                    @Schema(
                                            type = SchemaType.INTEGER,
                                            minimum = "1",
                                            maximum = "100",
                                            defaultValue = "50"))
                    @QueryParam("limit")
                    @Nullable String limit,
            @Parameter(description = "The nextCursor of the page before, with the same order.")
                    @QueryParam("cursor")
                    @Nullable String cursor,
            @Parameter(
                            description = "By seq.",
                            schema =
                                    @Schema(
                                            type = SchemaType.STRING,
                                            enumeration = {"asc", "desc"},
                                            defaultValue = "asc"))
                    @QueryParam("order")
                    @Nullable String order,
            @Context RoutingContext request) {
        UUID id = PathId.chat(chatId);
        if (RequestHeaders.preferred(request.request(), JSON, MARKDOWN).equals(MARKDOWN)) {
            return Response.ok(markdown(id, request)).type(MARKDOWN.withCharset("UTF-8")).build();
        }
        return Response.ok(page(request, id, limit, cursor, order(order)))
                .type(MediaType.APPLICATION_JSON_TYPE)
                .build();
    }

    private StreamingOutput markdown(UUID id, RoutingContext request) {
        Chat chat = repository.chat(id);
        Page<Message> first = ChatMarkdown.page(id, repository, null);
        if (!first.more()) {
            outgoing.admit(request, first);
            return ChatMarkdown.of(chat, first, repository, _ -> true);
        }
        long characters = Counted.characters(first.items());
        return ChatMarkdown.of(chat, first, repository, outgoing.admitParts(request, characters));
    }

    private PageView.Messages page(
            RoutingContext request,
            UUID id,
            @Nullable String limit,
            @Nullable String cursor,
            Order order) {
        Cursor cursors = new Cursor("messages/%s/%s".formatted(id, order));
        Page<Message> page =
                repository.messages(
                        id,
                        new MessageQuery(
                                Query.number(
                                        "limit",
                                        limit,
                                        1,
                                        http.pageSize(),
                                        Math.min(50, http.pageSize())),
                                order,
                                cursors.from(cursor, Integer::valueOf)));
        outgoing.admit(request, page);
        return new PageView.Messages(
                page.map(MessageView::of).items(),
                PageView.next(page, last -> cursors.to(Integer.toString(last.seq()))));
    }

    private static Order order(@Nullable String order) {
        return switch (order) {
            case "asc" -> Order.ASC;
            case "desc" -> Order.DESC;
            case null -> Order.ASC;
            default -> throw RefusedException.invalid("order", "must be asc or desc");
        };
    }

    @GET
    @Path("/{chatId}/messages/{messageId}")
    @Produces(MediaType.WILDCARD)
    @Operation(
            operationId = "getMessage",
            summary = "Read a message, or attach to the stream of a reply",
            description =
                    "As text/event-stream, the events of a reply, live or finished: delta (its id is the reply's"
                            + " length so far in UTF-16 units), then one of completed, incomplete and failed.")
    @APIResponse(
            responseCode = "200",
            description = "The message, or the events of the reply",
            content = {
                @Content(
                        mediaType = MediaType.APPLICATION_JSON,
                        schema = @Schema(implementation = MessageView.class)),
                @Content(
                        mediaType = MediaType.SERVER_SENT_EVENTS,
                        schema = @Schema(type = SchemaType.STRING))
            })
    @Parameter(
            name = "Last-Event-ID",
            in = ParameterIn.HEADER,
            description = "On a stream: send what comes after this id.",
            schema = @Schema(type = SchemaType.INTEGER, minimum = "0"))
    public Response get(
            @PathParam("chatId") String chatId,
            @PathParam("messageId") String messageId,
            @Context RoutingContext request) {
        UUID id = PathId.chat(chatId);
        MediaType type = RequestHeaders.preferred(request.request(), JSON, EVENTS);
        UUID message = PathId.message(messageId);
        if (type.equals(EVENTS)) {
            LiveReply reply = turns.reply(id, message);
            int from = RequestHeaders.resumeFrom(request.request(), reply::hasOffset);
            outgoing.admit(request, reply.endedLength());
            return new NativeEvents(null, reply, from, json).response();
        }
        Message found = repository.message(id, message);
        outgoing.admit(request, found.content().length());
        return Response.ok(MessageView.of(found)).type(JSON).build();
    }
}

package ai.konko.api;

import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.Message;
import ai.konko.chat.Page;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Sized;
import ai.konko.conversation.LiveReply;
import ai.konko.conversation.Position;
import ai.konko.conversation.TurnEngine;
import ai.konko.http.Caller;
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
import org.jspecify.annotations.Nullable;

/** The messages of a chat. */
@Path("/chats")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class MessageResource {
    private static final MediaType JSON = MediaType.APPLICATION_JSON_TYPE;
    private static final MediaType MARKDOWN = MediaType.valueOf(ChatMarkdown.MEDIA_TYPE);

    private static final MediaType EVENTS = MediaType.SERVER_SENT_EVENTS_TYPE;

    private final ChatRepository repository;
    private final TurnEngine turns;
    private final HttpLimits http;
    private final SearchTurns searches;
    private final Outgoing outgoing;
    private final ObjectMapper json;

    MessageResource(
            ChatRepository repository,
            TurnEngine turns,
            HttpLimits http,
            SearchTurns searches,
            Outgoing outgoing,
            ObjectMapper json) {
        this.json = json;
        this.outgoing = outgoing;
        this.repository = repository;
        this.turns = turns;
        this.http = http;
        this.searches = searches;
    }

    @GET
    @Path("/{chatId}/messages")
    @Produces(MediaType.WILDCARD)
    public Response list(
            @PathParam("chatId") String chatId,
            @QueryParam("limit") @Nullable String limit,
            @QueryParam("cursor") @Nullable String cursor,
            @QueryParam("order") @Nullable String order,
            @QueryParam("q") @Nullable String q,
            @Context RoutingContext request) {
        UUID id = PathId.chat(chatId);
        if (RequestHeaders.preferred(request.request(), JSON, MARKDOWN).equals(MARKDOWN)) {
            return Response.ok(markdown(id, request)).type(MARKDOWN.withCharset("UTF-8")).build();
        }
        return Response.ok(page(request, id, limit, cursor, order(order), q))
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
        long characters = Sized.characters(first.items());
        return ChatMarkdown.of(chat, first, repository, outgoing.admitParts(request, characters));
    }

    private PageView.Messages page(
            RoutingContext request,
            UUID id,
            @Nullable String limit,
            @Nullable String cursor,
            Order order,
            @Nullable String q) {
        String text = searches.text(q);
        Cursor cursors =
                new Cursor(
                        "messages/%s/%s".formatted(id, order) + (text == null ? "" : "?q=" + text));
        int most = Math.min(50, http.pageSize());
        MessageQuery query =
                new MessageQuery(
                        Query.number("limit", limit, 1, http.pageSize(), most),
                        order,
                        cursors.from(cursor, Integer::valueOf),
                        text);
        Page<Message> page =
                text == null
                        ? repository.messages(id, query)
                        : searches.run(Caller.of(request), () -> repository.messages(id, query));
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
    public Response get(
            @PathParam("chatId") String chatId,
            @PathParam("messageId") String messageId,
            @Context RoutingContext request) {
        UUID id = PathId.chat(chatId);
        MediaType type = RequestHeaders.preferred(request.request(), JSON, EVENTS);
        UUID message = PathId.message(messageId);
        if (type.equals(EVENTS)) {
            LiveReply reply = turns.reply(id, message);
            Position from =
                    EventId.resumeFrom(
                            request.request(),
                            position -> reply.comesTo(() -> reply.has(position)));
            outgoing.admit(request, reply.endedCharacters());
            return new NativeEvents(null, reply, from, json).response();
        }
        Message found = repository.message(id, message);
        outgoing.admit(request, found.characters());
        return Response.ok(MessageView.of(found)).type(JSON).build();
    }
}

package ai.konko.api;

import ai.konko.assistant.HighlightFinder;
import ai.konko.assistant.ModelEndpoint;
import ai.konko.chat.Chat;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.MessageCounts;
import ai.konko.chat.NewChat;
import ai.konko.chat.Owner;
import ai.konko.chat.Page;
import ai.konko.chat.RepeatableRequest;
import ai.konko.chat.Settings;
import ai.konko.chat.SettingsPatch;
import ai.konko.conversation.TurnEngine;
import ai.konko.http.Caller;
import ai.konko.http.HttpLimits;
import ai.konko.http.JsonBodyReader;
import ai.konko.http.Outgoing;
import ai.konko.http.Query;
import ai.konko.http.RequestHeaders;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Chats. */
@Path("/chats")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class ChatResource {
    private final ChatRepository repository;
    private final TurnEngine turns;
    private final HighlightFinder highlights;
    private final ModelEndpoint endpoint;
    private final ChatLimits limits;
    private final HttpLimits http;
    private final SearchTurns searches;
    private final Outgoing outgoing;
    private final ObjectMapper json;

    ChatResource(
            ChatRepository repository,
            TurnEngine turns,
            HighlightFinder highlights,
            ModelEndpoint endpoint,
            ChatLimits limits,
            HttpLimits http,
            SearchTurns searches,
            Outgoing outgoing,
            ObjectMapper json) {
        this.json = json;
        this.repository = repository;
        this.turns = turns;
        this.highlights = highlights;
        this.endpoint = endpoint;
        this.limits = limits;
        this.http = http;
        this.searches = searches;
        this.outgoing = outgoing;
    }

    @POST
    @Consumes(MediaType.WILDCARD) // of no body, whatever it is called
    public Response create(@Nullable ChatBody body, @Context RoutingContext request) {
        Settings settings = body == null ? Settings.NONE : body.settings();
        Owner owner = Caller.of(request);
        String key = RequestHeaders.idempotencyKey(request.request());
        RepeatableRequest sent =
                key == null
                        ? null
                        : new RepeatableRequest(
                                owner, "/chats", ChatBody.canonical(settings, json), key, false);
        Chat chat = repository.create(new NewChat(owner, settings, null, sent), List.of());
        return Response.created(URI.create("/chats/" + chat.id()))
                .entity(ChatView.of(chat, endpoint))
                .build();
    }

    @GET
    public PageView.Chats list(
            @QueryParam("limit") @Nullable String limit,
            @QueryParam("cursor") @Nullable String cursor,
            @QueryParam("q") @Nullable String q,
            @Context RoutingContext request) {
        String text = searches.text(q);
        Cursor cursors = new Cursor("chats?q=" + (text == null ? "" : text));
        ChatQuery query =
                new ChatQuery(
                        Caller.of(request),
                        Query.number(
                                "limit", limit, 1, http.pageSize(), Math.min(20, http.pageSize())),
                        cursors.from(cursor, UUID::fromString),
                        text);
        Page<Chat> page =
                text == null
                        ? repository.chats(query)
                        : searches.run(query.owner(), () -> repository.chats(query));
        outgoing.admit(request, page);
        return new PageView.Chats(
                page.map(chat -> ChatView.of(chat, endpoint)).items(),
                PageView.next(page, last -> cursors.to(last.id().toString())));
    }

    @GET
    @Path("/{chatId}")
    public ChatView get(@PathParam("chatId") String chatId) {
        return ChatView.of(repository.chat(PathId.chat(chatId)), endpoint);
    }

    @PATCH
    @Path("/{chatId}")
    @Consumes({JsonBodyReader.MERGE_PATCH, MediaType.APPLICATION_JSON})
    public ChatView patch(@PathParam("chatId") String chatId, @Nullable ChatPatchBody body) {
        UUID id = PathId.chat(chatId);
        ChatPatchBody given = JsonBodyReader.required(body);
        SettingsPatch patch = given.patch(limits);
        if (given.changesTools()) {
            ModelOptions.requireChoice(patch.applyTo(repository.chat(id).settings()).parameters());
        }
        return ChatView.of(repository.patch(id, patch), endpoint);
    }

    @DELETE
    @Path("/{chatId}")
    public void delete(@PathParam("chatId") String chatId) {
        turns.delete(PathId.chat(chatId));
    }

    @GET
    @Path("/{chatId}/summary")
    public SummaryView summary(
            @PathParam("chatId") String chatId, @QueryParam("highlights") @Nullable String asked) {
        int most = Query.number("highlights", asked, 0, HighlightFinder.MOST, 5);
        MessageCounts counts = repository.messageCounts(PathId.chat(chatId));
        return SummaryView.of(
                counts, highlights.find(counts.chat(), counts.answeredThrough(), most));
    }
}

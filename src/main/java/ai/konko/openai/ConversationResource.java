package ai.konko.openai;

import ai.konko.chat.Chat;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.NewChat;
import ai.konko.chat.Page;
import ai.konko.chat.RepeatableRequest;
import ai.konko.chat.RepeatableRequest.Made;
import ai.konko.chat.Settings;
import ai.konko.chat.SettingsPatch;
import ai.konko.conversation.TurnEngine;
import ai.konko.http.Caller;
import ai.konko.http.HttpLimits;
import ai.konko.http.JsonBodyReader;
import ai.konko.http.JsonTree;
import ai.konko.http.Outgoing;
import ai.konko.http.Query;
import ai.konko.http.TextBound;
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
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Chats as conversations. */
@Path("/v1/conversations")
@Produces(MediaType.WILDCARD) // JSON, whatever the client accepts
@RunOnVirtualThread
public class ConversationResource {
    private final ChatRepository repository;
    private final TurnEngine turns;
    private final Access access;
    private final RepeatedRequests repeats;
    private final ChatLimits limits;
    private final HttpLimits http;
    private final Outgoing outgoing;
    private final References references;

    ConversationResource(
            ChatRepository repository,
            TurnEngine turns,
            Access access,
            RepeatedRequests repeats,
            ChatLimits limits,
            HttpLimits http,
            Outgoing outgoing,
            References references) {
        this.references = references;
        this.repository = repository;
        this.turns = turns;
        this.access = access;
        this.repeats = repeats;
        this.limits = limits;
        this.http = http;
        this.outgoing = outgoing;
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    public Response create(@Nullable JsonTree body, @Context RoutingContext request) {
        ConversationBody given =
                body == null ? new ConversationBody(null, null) : body.as(ConversationBody.class);
        Map<String, String> metadata = RequestParameters.metadata(given.metadata(), limits);
        Dialogue.ByTurns items =
                RequestParameters.orMissing(given.items()).isEmpty()
                        ? Dialogue.ByTurns.NOTHING
                        : references
                                .resolved(request, references.read(request, "items", given.items()))
                                .byTurns(false, limits);
        RequestParameters.text("items", items.instructions(), TextBound.INSTRUCTIONS, limits);
        RepeatableRequest sent = RepeatedRequests.of(request, body);
        Settings settings = new Settings(null, items.instructions(), null, metadata);
        NewChat wanted = new NewChat(Caller.of(request), settings, null, sent);
        UUID chatId =
                repeats.once(sent, null, () -> made(repository.create(wanted, items.all())))
                        .chatId();
        return JsonAnswer.of(ConversationView.of(repository.chat(chatId)));
    }

    private static Made made(Chat chat) {
        return new Made(chat.id(), chat.messageCount());
    }

    @GET
    public Response list(
            @QueryParam("limit") @Nullable String limit,
            @QueryParam("after") @Nullable String after,
            @Context RoutingContext request) {
        Page<Chat> page =
                repository.chats(
                        new ChatQuery(
                                Caller.of(request),
                                Query.number(
                                        "limit",
                                        limit,
                                        1,
                                        http.pageSize(),
                                        Math.min(20, http.pageSize())),
                                after == null ? null : Ids.chat(after),
                                null));
        outgoing.admit(request, page);
        return JsonAnswer.of(
                ListView.of(
                        page.map(ConversationView::of).items(), ConversationView::id, page.more()));
    }

    @GET
    @Path("/{conversation}")
    public Response get(@PathParam("conversation") String id, @Context RoutingContext request) {
        return JsonAnswer.of(
                ConversationView.of(repository.chat(access.conversation(request, id))));
    }

    @POST
    @Path("/{conversation}")
    @Consumes(MediaType.WILDCARD)
    public Response update(
            @PathParam("conversation") String id,
            @Nullable JsonTree body,
            @Context RoutingContext request) {
        UUID chatId = access.conversation(request, id);
        ConversationBody given = JsonBodyReader.required(body).as(ConversationBody.class);
        RequestParameters.nothing("items", given.items());
        SettingsPatch patch =
                RequestParameters.replacedMetadata(
                        repository.chat(chatId).settings(), given.metadata(), limits);
        return JsonAnswer.of(ConversationView.of(repository.patch(chatId, patch)));
    }

    @DELETE
    @Path("/{conversation}")
    public Response delete(@PathParam("conversation") String id, @Context RoutingContext request) {
        turns.delete(access.conversation(request, id));
        return JsonAnswer.of(new DeletedView(id, "conversation.deleted", true));
    }
}

package ai.konko.openai;

import ai.konko.assistant.Compactor;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.RepeatableRequest;
import ai.konko.chat.RepeatableRequest.Made;
import ai.konko.chat.SettingsPatch;
import ai.konko.chat.SettingsPatch.Change;
import ai.konko.http.JsonBodyReader;
import ai.konko.http.JsonTree;
import ai.konko.http.Outgoing;
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
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The messages of a chat as the items of a conversation. */
@Path("/v1/conversations/{conversation}/items")
@Produces(MediaType.WILDCARD)
@RunOnVirtualThread
public class ItemResource {
    private final ChatRepository repository;
    private final Access access;
    private final RepeatedRequests repeats;
    private final ChatLimits limits;
    private final ItemPages pages;
    private final Outgoing outgoing;
    private final References references;
    private final Compactor compactor;

    ItemResource(
            ChatRepository repository,
            Access access,
            RepeatedRequests repeats,
            ChatLimits limits,
            ItemPages pages,
            Outgoing outgoing,
            References references,
            Compactor compactor) {
        this.compactor = compactor;
        this.references = references;
        this.repository = repository;
        this.access = access;
        this.repeats = repeats;
        this.limits = limits;
        this.pages = pages;
        this.outgoing = outgoing;
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    public Response create(
            @PathParam("conversation") String id,
            @QueryParam("include") @Nullable List<String> include,
            @Nullable JsonTree body,
            @Context RoutingContext request) {
        UUID chatId = access.conversation(request, id);
        RequestParameters.include(include);
        JsonTree given = JsonBodyReader.required(body);
        Dialogue.ByTurns items =
                references
                        .resolved(
                                request,
                                references.read(
                                        request, "items", given.as(ItemsBody.class).items()))
                        .byTurns(false, limits);
        RequestParameters.text("items", items.instructions(), TextBound.INSTRUCTIONS, limits);
        RepeatableRequest sent = RepeatedRequests.of(request, given);
        int last = repeats.once(sent, chatId, () -> take(chatId, items, sent)).seq();
        int messages = 2 * items.all().size();
        return JsonAnswer.of(
                pages.all(
                        chatId,
                        messages == 0
                                ? new ItemPages.Span(1, 0)
                                : new ItemPages.Span(last - messages + 1, last)));
    }

    private Made take(UUID chatId, Dialogue.ByTurns items, @Nullable RepeatableRequest request) {
        Made taken = repository.take(chatId, items.all(), request);
        if (items.instructions() != null) {
            var _ =
                    repository.patch(
                            chatId,
                            new SettingsPatch(
                                    new Change.Keep<>(),
                                    new Change.Set<>(items.instructions()),
                                    new Change.Keep<>(),
                                    new Change.Keep<>()));
        }
        return taken;
    }

    @GET
    public Response list(
            @PathParam("conversation") String id,
            @QueryParam("limit") @Nullable String limit,
            @QueryParam("order") @Nullable String order,
            @QueryParam("after") @Nullable String after,
            @QueryParam("include") @Nullable List<String> include,
            @Context RoutingContext request) {
        UUID chatId = access.conversation(request, id);
        RequestParameters.include(include);
        return JsonAnswer.of(pages.page(request, chatId, ItemPages.Span.ALL, limit, order, after));
    }

    @GET
    @Path("/{item}")
    public Response get(
            @PathParam("conversation") String id,
            @PathParam("item") String item,
            @QueryParam("include") @Nullable List<String> include,
            @Context RoutingContext request) {
        UUID chatId = access.conversation(request, id);
        RequestParameters.include(include);
        Access.FoundItem found = access.item(chatId, item);
        outgoing.admit(request, found.message().characters());
        return JsonAnswer.of(found.view());
    }

    @DELETE
    @Path("/{item}")
    public Response delete(
            @PathParam("conversation") String id,
            @PathParam("item") String item,
            @Context RoutingContext request) {
        UUID chatId = access.conversation(request, id);
        access.erase(chatId, item);
        compactor.changed(chatId); // a summary that took it in is gone
        return JsonAnswer.of(ConversationView.of(repository.chat(chatId)));
    }
}

package ai.konko.openai;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.Message;
import ai.konko.chat.Page;
import ai.konko.chat.RefusedException;
import ai.konko.chat.SettingsPatch;
import ai.konko.chat.SettingsPatch.Change;
import ai.konko.chat.Turn;
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
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The messages of a chat as the items of a conversation. */
@Path("/v1/conversations/{conversation}/items")
@Produces(MediaType.WILDCARD)
@RunOnVirtualThread
public class ItemResource {
    /** No message has a greater place. */
    private static final int LAST = Integer.MAX_VALUE;

    private final ChatRepository repository;
    private final Access access;
    private final RepeatedRequests repeats;
    private final ChatLimits limits;
    private final HttpLimits http;
    private final Outgoing outgoing;

    ItemResource(
            ChatRepository repository,
            Access access,
            RepeatedRequests repeats,
            ChatLimits limits,
            HttpLimits http,
            Outgoing outgoing) {
        this.repository = repository;
        this.access = access;
        this.repeats = repeats;
        this.limits = limits;
        this.http = http;
        this.outgoing = outgoing;
    }

    /**
     * Where the log has what was taken in.
     *
     * @param first the seq of the first message
     * @param last that of the last one, or if there is none, of the one before
     */
    private record Taken(int first, int last) {}

    @POST
    @Consumes(MediaType.WILDCARD)
    public Response create(
            @PathParam("conversation") String id,
            @QueryParam("include") @Nullable List<String> include,
            @Nullable JsonTree body,
            @Context RoutingContext request) {
        UUID chatId = access.conversation(request, id);
        noMore(include);
        JsonTree given = JsonBodyReader.required(body);
        Dialogue.ByTurns items = Dialogue.of("items", given.as(ItemsBody.class).items()).byTurns();
        RequestParameters.text("items", items.instructions(), TextBound.INSTRUCTIONS, limits);
        Taken taken =
                repeats.once(
                        RepeatedRequests.Request.of(request, given),
                        Taken.class,
                        () -> take(chatId, items));
        return ConversationResource.json(
                ListView.Items.of(
                        messages(chatId, taken).stream().map(ItemView::of).toList(), false));
    }

    private Taken take(UUID chatId, Dialogue.ByTurns items) {
        List<Turn> turns = repository.take(chatId, items.all());
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
        return turns.isEmpty()
                ? new Taken(1, 0)
                : new Taken(turns.getFirst().message().seq(), turns.getLast().reply().seq());
    }

    private List<Message> messages(UUID chatId, Taken taken) {
        int count = taken.last() - taken.first() + 1;
        return count == 0
                ? List.of()
                : LogReader.items(
                                repository,
                                chatId,
                                count,
                                Order.ASC,
                                taken.first() - 1,
                                taken.first(),
                                taken.last(),
                                Long.MAX_VALUE)
                        .items();
    }

    static void noMore(@Nullable List<String> include) {
        RequestParameters.require(
                include == null || include.isEmpty(), "include", "is not supported here");
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
        noMore(include);
        return ConversationResource.json(
                page(outgoing, request, repository, http, chatId, limit, order, after, 1, LAST));
    }

    /**
     * @param first the least seq of what is listed
     * @param last the greatest
     */
    static ListView.Items page(
            Outgoing outgoing,
            RoutingContext request,
            ChatRepository repository,
            HttpLimits http,
            UUID chatId,
            @Nullable String limit,
            @Nullable String order,
            @Nullable String after,
            int first,
            int last) {
        int most = Query.number("limit", limit, 1, http.pageSize(), Math.min(20, http.pageSize()));
        Order direction = order(order);
        Integer from = null;
        if (after != null) {
            from = repository.message(chatId, Ids.message(after)).seq();
        } else if (direction == Order.ASC) {
            from = first - 1;
        } else if (last < LAST) {
            from = last + 1;
        }
        Page<Message> page =
                LogReader.items(
                        repository,
                        chatId,
                        most,
                        direction,
                        from,
                        first,
                        last,
                        Page.MOST_CHARACTERS);
        outgoing.admit(request, page);
        return ListView.Items.of(page.map(ItemView::of).items(), page.more());
    }

    private static Order order(@Nullable String order) {
        return switch (order) {
            case "asc" -> Order.ASC;
            case "desc" -> Order.DESC;
            case null -> Order.DESC;
            default -> throw RefusedException.invalid("order", "must be asc or desc");
        };
    }

    @GET
    @Path("/{item}")
    public Response get(
            @PathParam("conversation") String id,
            @PathParam("item") String item,
            @QueryParam("include") @Nullable List<String> include,
            @Context RoutingContext request) {
        UUID chatId = access.conversation(request, id);
        noMore(include);
        Message found = find(chatId, item);
        outgoing.admit(request, found.content().length());
        return ConversationResource.json(ItemView.of(found));
    }

    private Message find(UUID chatId, String item) {
        Message message = repository.message(chatId, Ids.message(item));
        if (!ItemView.isOne(message)) {
            throw Ids.itemNotFound();
        }
        return message;
    }

    @DELETE
    @Path("/{item}")
    public Response delete(
            @PathParam("conversation") String id,
            @PathParam("item") String item,
            @Context RoutingContext request) {
        Message _ = find(access.conversation(request, id), item);
        throw RefusedException.unsupported(
                "item_id", "stays: a conversation's log only grows; delete the conversation");
    }
}

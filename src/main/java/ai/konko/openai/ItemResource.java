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
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The messages of a chat as the items of a conversation. */
@Path("/v1/conversations/{conversation}/items")
@Produces(MediaType.WILDCARD)
@RunOnVirtualThread
@Tag(name = "OpenAI conversations")
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
    @Operation(
            operationId = "createItems",
            summary = "Add messages at the end of a conversation",
            description =
                    "No model is asked. A user's message to which no reply follows is context by itself.")
    @APIResponse(
            responseCode = "200",
            description = "The items",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ListView.Items.class)))
    public Response create(
            @PathParam("conversation") String id,
            @QueryParam("include") @Parameter(hidden = true) @Nullable List<String> include,
            @RequestBody(
                            required = true,
                            content =
                                    @Content(
                                            mediaType = MediaType.APPLICATION_JSON,
                                            schema = @Schema(implementation = ItemsBody.class)))
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
    @Operation(operationId = "listItems", summary = "Read the items of a conversation")
    @APIResponse(
            responseCode = "200",
            description = "A page of items",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ListView.Items.class)))
    public Response list(
            @PathParam("conversation") String id,
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
    @Operation(operationId = "getItem", summary = "Read an item")
    @APIResponse(
            responseCode = "200",
            description = "The item",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ItemView.class)))
    public Response get(
            @PathParam("conversation") String id,
            @PathParam("item") String item,
            @QueryParam("include") @Parameter(hidden = true) @Nullable List<String> include,
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
    @Operation(
            operationId = "deleteItem",
            summary = "Not supported: a conversation's log only grows",
            description = "400 unsupported for every item there is. Delete the conversation.")
    @APIResponse(responseCode = "default", description = "400, unsupported")
    public Response delete(
            @PathParam("conversation") String id,
            @PathParam("item") String item,
            @Context RoutingContext request) {
        Message _ = find(access.conversation(request, id), item);
        throw RefusedException.unsupported(
                "item_id", "stays: a conversation's log only grows; delete the conversation");
    }
}

package ai.konko.openai;

import ai.konko.chat.Chat;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.CompletionQuery;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Message;
import ai.konko.chat.Page;
import ai.konko.chat.RefusedException;
import ai.konko.conversation.TurnEngine;
import ai.konko.http.Caller;
import ai.konko.http.HttpLimits;
import ai.konko.http.JsonBodyReader;
import ai.konko.http.JsonTree;
import ai.konko.http.Outgoing;
import ai.konko.http.Query;
import ai.konko.http.TextBound;
import ai.konko.openai.Access.FoundCompletion;
import io.quarkus.runtime.annotations.RegisterForReflection;
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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Chat completions that are kept, each the reply that its chat was made for. */
@Path("/v1/chat/completions")
@Produces(MediaType.WILDCARD)
@RunOnVirtualThread
public class StoredCompletionResource {
    private final ChatRepository repository;
    private final TurnEngine turns;
    private final Access access;
    private final ItemPages pages;
    private final ChatLimits limits;
    private final HttpLimits http;
    private final Outgoing outgoing;

    StoredCompletionResource(
            ChatRepository repository,
            TurnEngine turns,
            Access access,
            ItemPages pages,
            ChatLimits limits,
            HttpLimits http,
            Outgoing outgoing) {
        this.repository = repository;
        this.turns = turns;
        this.access = access;
        this.pages = pages;
        this.limits = limits;
        this.http = http;
        this.outgoing = outgoing;
    }

    /** The only thing of a completion that can change. */
    @RegisterForReflection
    record Changes(@Nullable Map<String, @Nullable String> metadata) {
        @Override
        public String toString() {
            return "Changes[]";
        }
    }

    @GET
    public Response list(
            @QueryParam("limit") @Nullable String limit,
            @QueryParam("order") @Nullable String order,
            @QueryParam("after") @Nullable String after,
            @QueryParam("model") @Nullable String model,
            @Context RoutingContext request) {
        RequestParameters.text("model", model, TextBound.MODEL, limits);
        Page<Chat> page =
                repository.completions(
                        new CompletionQuery(
                                Caller.of(request),
                                Query.number(
                                        "limit",
                                        limit,
                                        1,
                                        http.pageSize(),
                                        Math.min(20, http.pageSize())),
                                RequestParameters.order(order, Order.ASC),
                                after == null ? null : Ids.completionReply(after).chatId(),
                                model,
                                metadata(request)));
        return JsonAnswer.of(list(page, request));
    }

    private Map<String, String> metadata(RoutingContext request) {
        Map<String, @Nullable String> wanted = new LinkedHashMap<>();
        request.queryParams()
                .forEach(
                        (name, value) -> {
                            if (name.startsWith("metadata[") && name.endsWith("]")) {
                                wanted.put(
                                        name.substring("metadata[".length(), name.length() - 1),
                                        value);
                            }
                        });
        return RequestParameters.metadata(wanted, limits);
    }

    /** Ends early if the replies are long. */
    private ListView<CompletionView> list(Page<Chat> page, RoutingContext request) {
        List<CompletionView> views = new ArrayList<>();
        long characters = 0;
        int read = 0;
        while (read < page.items().size() && characters <= Page.MOST_CHARACTERS) {
            Chat chat = page.items().get(read);
            Message reply = completion(chat);
            if (reply != null) {
                views.add(view(chat, reply));
                characters += chat.characters() + reply.characters();
            }
            read++;
        }
        outgoing.admit(request, characters);
        return ListView.of(views, CompletionView::id, page.more() || read < page.items().size());
    }

    /**
     * @return null if the chat is deleted, or its reply written anew, meanwhile
     */
    private @Nullable Message completion(Chat chat) {
        if (chat.completion() == null) {
            return null;
        }
        try {
            MessageQuery query = new MessageQuery(1, Order.ASC, chat.completion() - 1);
            Message reply = repository.messages(chat.id(), query).items().getFirst();
            return reply.isWhole() ? reply : null;
        } catch (RefusedException refused) {
            if (refused.code() == ErrorCode.CHAT_NOT_FOUND) {
                return null;
            }
            throw refused;
        }
    }

    private static CompletionView view(Chat chat, Message reply) {
        String model = Objects.requireNonNull(reply.model()); // it has replied
        return CompletionView.of(reply, model, chat.settings().metadata());
    }

    @GET
    @Path("/{completion}")
    public Response get(@PathParam("completion") String id, @Context RoutingContext request) {
        FoundCompletion found = access.completion(request, id);
        outgoing.admit(request, found.reply().characters());
        return JsonAnswer.of(view(found.chat(), found.reply()));
    }

    @POST
    @Path("/{completion}")
    @Consumes(MediaType.WILDCARD)
    public Response update(
            @PathParam("completion") String id,
            @Nullable JsonTree body,
            @Context RoutingContext request) {
        FoundCompletion found = access.completion(request, id);
        Changes given = JsonBodyReader.required(body).as(Changes.class);
        Chat changed =
                repository.patch(
                        found.chat().id(),
                        RequestParameters.replacedMetadata(
                                found.chat().settings(), given.metadata(), limits));
        outgoing.admit(request, found.reply().characters());
        return JsonAnswer.of(view(changed, found.reply()));
    }

    @DELETE
    @Path("/{completion}")
    public Response delete(@PathParam("completion") String id, @Context RoutingContext request) {
        turns.delete(access.completion(request, id).chat().id());
        return JsonAnswer.of(new DeletedView(id, "chat.completion.deleted", true));
    }

    @GET
    @Path("/{completion}/messages")
    public Response messages(
            @PathParam("completion") String id,
            @QueryParam("limit") @Nullable String limit,
            @QueryParam("order") @Nullable String order,
            @QueryParam("after") @Nullable String after,
            @Context RoutingContext request) {
        Message completion = access.completion(request, id).reply();
        ItemPages.Entries<CompletionMessageView> entries = CompletionMessageView.of(completion);
        return JsonAnswer.of(
                pages.page(
                        request,
                        completion.chatId(),
                        new ItemPages.Span(1, completion.seq() - 1),
                        entries,
                        new ItemPages.Wanted(
                                limit,
                                RequestParameters.order(order, Order.ASC),
                                after == null ? null : place(completion, entries, after))));
    }

    private ItemPages.Place place(
            Message completion, ItemPages.Entries<CompletionMessageView> entries, String id) {
        int seq = Ids.seq(id);
        List<Message> there =
                seq < completion.seq()
                        ? repository
                                .messages(
                                        completion.chatId(),
                                        new MessageQuery(1, Order.ASC, seq - 1))
                                .items()
                        : List.of();
        if (there.stream()
                .flatMap(each -> entries.of().apply(each).stream())
                .noneMatch(each -> each.id().equals(id))) {
            throw RefusedException.messageNotFound();
        }
        return new ItemPages.Place(seq, id);
    }
}

package ai.konko.api;

import ai.konko.assistant.Compactor;
import ai.konko.assistant.NextPrompt;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.MemorySummary;
import ai.konko.chat.Page;
import ai.konko.http.HttpLimits;
import ai.konko.http.Outgoing;
import ai.konko.http.Query;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the model sees of a chat: the turns that are sent, and the summaries of the others. */
@Path("/chats/{chatId}")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class ContextResource {
    private final ChatRepository repository;
    private final NextPrompt next;
    private final Compactor compactor;
    private final HttpLimits http;
    private final Outgoing outgoing;

    ContextResource(
            ChatRepository repository,
            NextPrompt next,
            Compactor compactor,
            HttpLimits http,
            Outgoing outgoing) {
        this.repository = repository;
        this.next = next;
        this.compactor = compactor;
        this.http = http;
        this.outgoing = outgoing;
    }

    @GET
    @Path("/context")
    public ContextView context(
            @PathParam("chatId") String chatId, @Context RoutingContext request) {
        ContextView context = ContextView.of(next.of(PathId.chat(chatId)));
        outgoing.admit(request, context.characters());
        return context;
    }

    @POST
    @Path("/compact")
    public MemorySummaryView compact(@PathParam("chatId") String chatId) {
        return MemorySummaryView.of(compactor.compact(PathId.chat(chatId)));
    }

    @GET
    @Path("/summaries")
    public PageView.Summaries summaries(
            @PathParam("chatId") String chatId,
            @QueryParam("limit") @Nullable String limit,
            @QueryParam("cursor") @Nullable String cursor,
            @Context RoutingContext request) {
        UUID id = PathId.chat(chatId);
        int most = Query.number("limit", limit, 1, http.pageSize(), Math.min(20, http.pageSize()));
        Cursor cursors = new Cursor("summaries of " + id);
        Integer before = cursors.from(cursor, Integer::valueOf);
        Page<MemorySummary> page =
                Page.of(
                        repository.summaries(
                                id, before == null ? Integer.MAX_VALUE : before, most + 1),
                        most);
        outgoing.admit(request, page);
        return new PageView.Summaries(
                page.map(MemorySummaryView::of).items(),
                PageView.next(page, last -> cursors.to(Integer.toString(last.throughSeq()))));
    }
}

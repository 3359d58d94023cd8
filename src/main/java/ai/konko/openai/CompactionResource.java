package ai.konko.openai;

import ai.konko.assistant.DialogueCompactor;
import ai.konko.assistant.DialogueCompactor.Compacted;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.Message;
import ai.konko.chat.PastTurn;
import ai.konko.chat.RefusedException;
import ai.konko.http.Caller;
import ai.konko.http.JsonBodyReader;
import ai.konko.http.JsonTree;
import ai.konko.http.ThisRequest;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** How long the input of a response is, and how it gets shorter. Neither adds to the log. */
@Path("/v1/responses")
@Produces(MediaType.WILDCARD)
@RunOnVirtualThread
public class CompactionResource {
    private static final String INPUT = "input";

    private final ResponseCreation creation;
    private final DialogueCompactor compactor;
    private final References references;
    private final Access access;
    private final PastTurns past;
    private final ChatLimits limits;
    private final Clock clock;
    private final Supplier<UUID> ids;

    CompactionResource(
            ResponseCreation creation,
            DialogueCompactor compactor,
            References references,
            Access access,
            PastTurns past,
            ChatLimits limits,
            Clock clock,
            Supplier<UUID> ids) {
        this.creation = creation;
        this.compactor = compactor;
        this.references = references;
        this.access = access;
        this.past = past;
        this.limits = limits;
        this.clock = clock;
        this.ids = ids;
    }

    @POST
    @Path("/input_tokens")
    @Consumes(MediaType.APPLICATION_JSON)
    public Response count(@Nullable JsonTree body, @Context RoutingContext request) {
        ResponseBody given = JsonBodyReader.required(body).as(ResponseBody.class);
        ThisRequest.dropBody();
        return JsonAnswer.of(InputTokensView.of(creation.countTokens(request, given)));
    }

    @POST
    @Path("/compact")
    @Consumes(MediaType.APPLICATION_JSON)
    public Response compact(@Nullable JsonTree body, @Context RoutingContext request) {
        CompactBody given = JsonBodyReader.required(body).as(CompactBody.class);
        ThisRequest.dropBody();
        given.check(limits);
        Message previous =
                given.previousResponseId() == null
                        ? null
                        : access.previous(request, given.previousResponseId());
        Responses.Continued base =
                new Responses.Continued(
                        previous == null ? null : previous.chatId(), previous, null);
        List<PastTurn> turns = new ArrayList<>();
        if (previous != null) {
            turns.addAll(past.upTo(previous));
        }
        String before = null;
        if (given.hasInput() || previous == null) {
            Dialogue.ByTurns input =
                    references
                            .resolved(request, references.read(request, INPUT, given.input()), base)
                            .byTurns(false, limits);
            before = input.instructions();
            turns.addAll(input.all());
        }
        if (turns.isEmpty()) {
            throw RefusedException.invalid(INPUT, "must not be blank");
        }
        Compacted compacted = compactor.compact(Caller.of(request), given.model(), before, turns);
        String id = ids.get().toString().replace("-", "");
        return JsonAnswer.of(
                new CompactedView(
                        "resp_" + id,
                        "response.compaction",
                        clock.instant().getEpochSecond(),
                        List.of(CompactionItem.of("cmp_" + id, compacted.text())),
                        ResponseUsageView.of(compacted.usage())));
    }
}

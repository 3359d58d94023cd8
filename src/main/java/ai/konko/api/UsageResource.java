package ai.konko.api;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.UsageQuery;
import ai.konko.chat.DailyUsage;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Sized;
import ai.konko.http.Caller;
import ai.konko.http.Outgoing;
import ai.konko.http.Query;
import ai.konko.security.Callers;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.time.Clock;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The usage of tokens. */
@Path("/usage")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class UsageResource {
    private static final int USUAL_DAYS = 30;
    private static final int MOST_DAYS = 366;
    private static final int MOST_ENTRIES = 10_000;

    private final ChatRepository repository;
    private final Callers callers;
    private final Clock clock;
    private final Outgoing outgoing;

    UsageResource(ChatRepository repository, Callers callers, Clock clock, Outgoing outgoing) {
        this.outgoing = outgoing;
        this.repository = repository;
        this.callers = callers;
        this.clock = clock;
    }

    @GET
    public UsageReportView get(
            @QueryParam("from") @Nullable String from,
            @QueryParam("to") @Nullable String to,
            @QueryParam("owner") @Nullable String owner,
            @Context RoutingContext request) {
        LocalDate last = Query.day("to", to, LocalDate.now(clock));
        LocalDate first = Query.day("from", from, last.minusDays(USUAL_DAYS - 1L));
        if (first.isAfter(last) || first.plusDays(MOST_DAYS).isBefore(last.plusDays(1))) {
            throw RefusedException.invalid(
                    "from", "must be one of the 366 days up to and with the last one");
        }
        List<DailyUsage> used =
                repository.usage(
                        new UsageQuery(whose(Caller.of(request), owner), first, last),
                        MOST_ENTRIES + 1);
        if (used.size() > MOST_ENTRIES) {
            throw RefusedException.invalid(
                    "from", "reaches back too far: there are more than 10000 entries");
        }
        List<UsageReportView.Entry> entries = used.stream().map(UsageReportView.Entry::of).toList();
        outgoing.admit(request, Sized.characters(entries));
        return new UsageReportView(first, last, entries);
    }

    private @Nullable Owner whose(Owner caller, @Nullable String asked) {
        boolean operator = callers.isOperator(caller);
        if (asked == null || asked.isEmpty()) {
            return operator ? null : caller;
        }
        if (!operator && !asked.equals(caller.name())) {
            throw RefusedException.of(
                    ErrorCode.FORBIDDEN, "Only operators may see what others have used.");
        }
        if (asked.length() > Owner.LONGEST_NAME || asked.indexOf('\0') >= 0) {
            throw RefusedException.invalid(
                    "owner", "must have 1 to 512 characters, none of them NUL");
        }
        return new Owner(asked);
    }
}

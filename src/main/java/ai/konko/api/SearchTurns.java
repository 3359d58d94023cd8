package ai.konko.api;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import ai.konko.chat.SearchConfig;
import ai.konko.chat.SearchConfig.Switch;
import ai.konko.http.TextBound;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs searches by turns, because each looks at much of the log: one of each owner at a time, and a
 * few in all. So a search waits behind one search of each other owner, however many they have asked
 * for. Runs none if search is off.
 */
@Singleton
class SearchTurns {
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);
    private static final Duration RETRY = Duration.ofSeconds(1);

    private static final String OWN = "other searches of the caller.";
    private static final String OTHERS = "searches of others.";

    private final boolean off;
    private final ChatLimits limits;
    private final Semaphore all =
            new Semaphore(Math.max(2, Runtime.getRuntime().availableProcessors() / 2), true);
    private final Map<Owner, Line> lines = new ConcurrentHashMap<>();

    /** An owner's searches that run or wait. */
    private static final class Line {
        final Semaphore turn = new Semaphore(1, true);

        /** Guarded by the map. */
        int length;
    }

    SearchTurns(SearchConfig config, ChatLimits limits) {
        this.off = config.search() == Switch.OFF;
        this.limits = limits;
    }

    /**
     * @param q as the client sent it
     * @return the text to search for; null if there is none, so that nothing is searched
     * @throws RefusedException {@link ErrorCode#INVALID} if it can't be searched for
     */
    @Nullable String text(@Nullable String q) {
        if (q == null || q.isEmpty()) {
            return null;
        }
        TextBound.SEARCH
                .broken(q, limits)
                .ifPresent(
                        message -> {
                            throw RefusedException.invalid("q", message);
                        });
        return q;
    }

    /**
     * @return the result of {@code search}, which runs on the calling thread; that may be blocked
     * @throws RefusedException {@link ErrorCode#OVERLOADED} if its turn does not come in time;
     *     {@link ErrorCode#INVALID} if search is off
     */
    <T> T run(Owner owner, Supplier<T> search) {
        if (off) {
            throw RefusedException.invalid(
                    "q", "can't be used: search is off in this service (konko.search)");
        }
        Line line = lines.compute(owner, (_, known) -> longer(known));
        try {
            return inTurn(line.turn, OWN, () -> inTurn(all, OTHERS, search));
        } finally {
            lines.compute(owner, (_, known) -> known == null || --known.length == 0 ? null : known);
        }
    }

    private static Line longer(@Nullable Line known) {
        Line line = known == null ? new Line() : known;
        line.length++;
        return line;
    }

    private static <T> T inTurn(Semaphore turn, String before, Supplier<T> search) {
        try {
            if (!turn.tryAcquire(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw overloaded(before);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw overloaded(before);
        }
        try {
            return search.get();
        } finally {
            turn.release();
        }
    }

    private static RefusedException overloaded(String before) {
        return RefusedException.forNow(
                ErrorCode.OVERLOADED, "The search waited too long for " + before, RETRY);
    }

    /**
     * @return how many owners have searches now; a test checks that none are left
     */
    int owners() {
        return lines.size();
    }
}

package ai.konko.conversation;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How many turns each owner has in flight, so that none takes all places. */
@Singleton
class Shares {
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final int most;
    private final Map<Owner, Integer> taken = new ConcurrentHashMap<>();

    Shares(ChatLimits limits) {
        this.most = limits.turnsInFlightPerOwner().orElse(limits.turnsInFlight());
    }

    /**
     * @throws RefusedException {@link ErrorCode#RATE_LIMITED}, with nothing taken, if the owner has
     *     as many as it may
     */
    void take(Owner owner) {
        int now = taken.merge(owner, 1, Integer::sum);
        if (now > most) {
            giveBack(owner);
            throw RefusedException.forNow(
                    ErrorCode.RATE_LIMITED,
                    "The caller has as many turns in flight as it may.",
                    RETRY);
        }
    }

    /**
     * @return whether the owner has as many turns in flight as an equal share of {@code all}, or
     *     more
     */
    boolean hasMoreThanItsPart(Owner owner, int all) {
        Integer own = taken.get(owner);
        return own == null ? all == 0 : own >= all / Math.max(1, taken.size());
    }

    void giveBack(Owner owner) {
        taken.computeIfPresent(owner, (_, now) -> now == 1 ? null : now - 1);
    }

    /**
     * @return how many owners have turns in flight, for the check that nothing is left
     */
    int owners() {
        return taken.size();
    }
}

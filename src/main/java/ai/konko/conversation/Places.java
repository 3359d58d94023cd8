package ai.konko.conversation;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The places that this process has for turns: how many may be in flight, how many of them may wait,
 * and how many an owner may have.
 */
@Singleton
class Places {
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final ChatLimits limits;
    private final int mostPerOwner;
    private final Map<Owner, Integer> byOwner = new ConcurrentHashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger running = new AtomicInteger();
    private final CompletableFuture<@Nullable Void> drained = new CompletableFuture<>();
    private volatile boolean draining;

    Places(ChatLimits limits) {
        this.limits = limits;
        this.mostPerOwner = limits.turnsInFlightPerOwner().orElse(limits.turnsInFlight());
    }

    /**
     * A turn's place, from before it is accepted until its reply is over or goes on elsewhere. It
     * is given back once, however often it is closed.
     */
    final class Place implements AutoCloseable {
        private final @Nullable Owner owner;
        private final AtomicBoolean closed = new AtomicBoolean();

        private Place(@Nullable Owner owner) {
            this.owner = owner;
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                if (owner != null) {
                    giveBack(owner);
                }
                leave();
            }
        }
    }

    /**
     * Takes a place for a turn that may be accepted.
     *
     * @throws RefusedException {@link ErrorCode#OVERLOADED} if there is none, or the service is
     *     shutting down; {@link ErrorCode#RATE_LIMITED} if the owner has as many as it may
     */
    Place take(Owner owner) {
        Place place = new Place(owner);
        inFlight.incrementAndGet();
        try {
            requireRoom(owner, 0);
            takeShare(owner);
        } catch (RuntimeException | Error full) {
            leave();
            throw full;
        }
        return place;
    }

    /**
     * @return a place for a turn that is there already, whether there is room or not; it counts to
     *     no owner
     */
    Place takeAnyway() {
        Place place = new Place(null);
        inFlight.incrementAndGet();
        return place;
    }

    /**
     * If as many turns are in flight, or wait, as may, an owner who has less than an equal share of
     * them still gets in, whatever the others have; up to twice as many in flight.
     *
     * @param more how many turns of this owner there would have to be room for
     * @throws RefusedException {@link ErrorCode#OVERLOADED} as {@link #take}
     */
    void requireRoom(Owner owner, int more) {
        int wanted = inFlight.get() + more;
        if (draining) {
            throw overloaded("The service is shutting down.");
        }
        int most = limits.turnsInFlight();
        if (wanted > most && (wanted > 2L * most || hasItsShare(owner, most))) {
            throw overloaded("The service has as many turns in flight as it may.");
        }
        if (wanted - running.get() > limits.queuedTurns()
                && hasItsShare(owner, limits.queuedTurns() + running.get())) {
            throw overloaded("The service has as many turns waiting as it may.");
        }
    }

    /** Whether the owner has as many as an equal share of {@code all}, or more. */
    private boolean hasItsShare(Owner owner, int all) {
        Integer own = byOwner.get(owner);
        return own == null ? all == 0 : own >= all / Math.max(1, byOwner.size());
    }

    private static RefusedException overloaded(String detail) {
        return RefusedException.forNow(ErrorCode.OVERLOADED, detail, RETRY);
    }

    private void takeShare(Owner owner) {
        int now = byOwner.merge(owner, 1, Integer::sum);
        if (now > mostPerOwner) {
            giveBack(owner);
            throw RefusedException.forNow(
                    ErrorCode.RATE_LIMITED,
                    "The caller has as many turns in flight as it may.",
                    RETRY);
        }
    }

    private void giveBack(Owner owner) {
        byOwner.computeIfPresent(owner, (_, now) -> now == 1 ? null : now - 1);
    }

    private void leave() {
        if (inFlight.decrementAndGet() == 0 && draining) {
            drained.complete(null);
        }
    }

    /** This process runs one of the turns in flight, which does not wait any more. */
    void started() {
        running.incrementAndGet();
    }

    /** That run has come to its end, whatever becomes of the turn. */
    void stopped() {
        running.decrementAndGet();
    }

    /**
     * @return how many turns are in flight
     */
    int inFlight() {
        return inFlight.get();
    }

    /**
     * @return how many owners have turns in flight, for the check that nothing is left
     */
    int owners() {
        return byOwner.size();
    }

    /** From now on nobody gets a place; completes when the last one is given back. */
    CompletableFuture<@Nullable Void> drain() {
        draining = true;
        if (inFlight.get() == 0) {
            drained.complete(null);
        }
        return drained;
    }

    /** Whether nobody gets a place any more. */
    boolean draining() {
        return draining;
    }
}

package ai.konko.store.memory;

import ai.konko.RecentCache;
import ai.konko.chat.RefusedException;
import ai.konko.chat.RepeatableRequest;
import ai.konko.chat.RepeatableRequest.Made;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What requests have added that may be repeated. Keys take of the budget of text until they are
 * forgotten, even beyond its limit, because what they stand for is there. This object's monitor
 * guards them; nothing else is locked under it.
 */
final class KnownRequests {
    /** Roughly what a key takes, in the budget's units. */
    private static final int WEIGHT = 150;

    private static final int WITHOUT_KEY = 100_000;

    private final Budget budget;

    /** The oldest first. */
    private final Map<UUID, Keyed> keyed = new LinkedHashMap<>();

    /** Those without a key, by their digests. */
    private final RecentCache<UUID, Made> retried =
            RecentCache.put(WITHOUT_KEY, RepeatableRequest.RETRIED_WITHIN, System::nanoTime);

    /**
     * What a key stands for.
     *
     * @param since by {@link System#nanoTime}
     */
    private record Keyed(UUID request, Made made, long since) {}

    KnownRequests(Budget budget) {
        this.budget = budget;
    }

    /**
     * @throws RefusedException if its key stands for another request
     */
    synchronized Optional<Made> find(RepeatableRequest request) {
        if (request.key() == null) {
            return Optional.ofNullable(retried.get(request.digest()));
        }
        Keyed known = keyed.get(request.keyDigest());
        if (known == null) {
            return Optional.empty();
        }
        request.requireSame(known.request());
        return Optional.of(known.made());
    }

    /**
     * Keeps what the request has added, unless its key stands for something already.
     *
     * @return what it stands for
     * @throws RefusedException if that is another request
     */
    synchronized Made keep(@Nullable RepeatableRequest request, Made made) {
        if (request == null) {
            return made;
        }
        if (request.key() == null) {
            retried.put(request.digest(), made);
            return made;
        }
        Optional<Made> known = find(request);
        if (known.isEmpty()) {
            budget.takeAnyway(WEIGHT);
            keyed.put(request.keyDigest(), new Keyed(request.digest(), made, System.nanoTime()));
        }
        return known.orElse(made);
    }

    /**
     * @return how many keys were older
     */
    synchronized int forget(Duration age) {
        long now = System.nanoTime();
        int forgotten = 0;
        Iterator<Keyed> oldest = keyed.values().iterator();
        while (oldest.hasNext() && now - oldest.next().since() >= age.toNanos()) {
            oldest.remove();
            budget.giveBack(WEIGHT);
            forgotten++;
        }
        return forgotten;
    }
}

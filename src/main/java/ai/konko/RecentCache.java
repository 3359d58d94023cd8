package ai.konko;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Entries that were put or used of late. Their number and their lifetime are bounded.
 *
 * <p>There are two generations. When the young one has half of the entries, or is a lifetime old,
 * it becomes the old one, and the old one's entries are dropped. An entry that is found in the old
 * one moves to the young one. So the half that was used last is always there.
 *
 * <p>Reads take no lock. All writes take this object's: so a key is in one generation alone, and a
 * change of generations loses no entry that is just written.
 */
public final class RecentCache<K, V> {
    private final int half;
    private final long lifetime;
    private final boolean renewed;
    private final LongSupplier nanos;

    private volatile Generations<K, V> generations;

    /**
     * @param since when it was put or renewed, in nanoseconds
     */
    private record Kept<V>(V value, long since) {}

    private record Generations<K, V>(Map<K, Kept<V>> young, Map<K, Kept<V>> old, long since) {
        Generations<K, V> next(long now) {
            return new Generations<>(new ConcurrentHashMap<>(), young, now);
        }

        @Nullable Kept<V> get(K key) {
            Kept<V> kept = young.get(key);
            return kept == null ? old.get(key) : kept;
        }
    }

    private RecentCache(int most, long lifetime, boolean renewed, LongSupplier nanos) {
        if (most < 2 || lifetime <= 0) {
            throw new IllegalArgumentException("needs room for two, and a lifetime");
        }
        this.half = most / 2;
        this.lifetime = lifetime;
        this.renewed = renewed;
        this.nanos = nanos;
        this.generations =
                new Generations<>(
                        new ConcurrentHashMap<>(), new ConcurrentHashMap<>(), nanos.getAsLong());
    }

    /**
     * @param most entries, of which the least recently used go first
     */
    public static <K, V> RecentCache<K, V> ofMost(int most) {
        return new RecentCache<>(most, Long.MAX_VALUE, false, () -> 0);
    }

    /**
     * @param most entries, of which the least recently used go first
     * @param lifetime after which an entry is not found any more, counted from when it was put
     * @param nanos a clock that never goes back
     */
    public static <K, V> RecentCache<K, V> put(int most, Duration lifetime, LongSupplier nanos) {
        return new RecentCache<>(most, lifetime.toNanos(), false, nanos);
    }

    /**
     * @param lifetime an entry that is used in each half of it stays
     * @param nanos a clock that never goes back
     */
    public static <K, V> RecentCache<K, V> used(Duration lifetime, LongSupplier nanos) {
        return new RecentCache<>(Integer.MAX_VALUE, lifetime.toNanos(), true, nanos);
    }

    public @Nullable V get(K key) {
        Generations<K, V> seen = generations;
        Kept<V> young = seen.young().get(key);
        Kept<V> kept = young == null ? seen.old().get(key) : young;
        long now = nanos.getAsLong();
        if (kept == null || now - kept.since() >= lifetime) {
            return null;
        }
        boolean renews = renewed && now - kept.since() >= lifetime / 2;
        if (renews || young == null) {
            rejuvenate(key, kept, renews ? new Kept<>(kept.value(), now) : kept);
        }
        return kept.value();
    }

    public synchronized void put(K key, V value) {
        long now = nanos.getAsLong();
        write(key, new Kept<>(value, now), now);
    }

    /** The value that was there before, and still is; null if there was none. */
    public synchronized @Nullable V putIfAbsent(K key, V value) {
        V known = get(key);
        if (known == null) {
            put(key, value);
        }
        return known;
    }

    /** Removes the key if this is its value. */
    public synchronized void remove(K key, V value) {
        Kept<V> kept = generations.get(key);
        if (kept != null && kept.value().equals(value)) {
            generations.young().remove(key);
            generations.old().remove(key);
        }
    }

    private synchronized void rejuvenate(K key, Kept<V> seen, Kept<V> kept) {
        if (seen.equals(generations.get(key))) {
            write(key, kept, nanos.getAsLong());
        }
    }

    private void write(K key, Kept<V> kept, long now) {
        if (generations.young().size() >= half || now - generations.since() >= lifetime) {
            generations = generations.next(now);
        }
        generations.young().put(key, kept);
        generations.old().remove(key);
    }
}

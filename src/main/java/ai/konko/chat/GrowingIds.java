package ai.konko.chat;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * UUIDs of version 7 (RFC 9562, section 5.7), each greater than all that the same source has given
 * before, whatever its clock does. The first of a millisecond is random. While the clock stands
 * still, or is behind, the 74 bits after the time are counted on (section 6.2, method 2).
 *
 * <p>The monitor guards all that changes.
 */
public final class GrowingIds implements Supplier<UUID> {
    private static final long VERSION = 0x7000;
    private static final long VARIANT = Long.MIN_VALUE;

    /** Twelve bits of the random ones stand beside the version. */
    private static final long RANDOM_HIGH = 0xFFF;

    private static final int TIME_SHIFT = 16;

    /** Later than the year 6400, ids would be negative numbers to Java, and sort before all. */
    private static final long LATEST_MILLIS = (1L << 47) - 1;

    private final Clock clock;
    private final Supplier<RandomGenerator> source;

    /** Made with the first id: a native image may hold none. */
    private @Nullable RandomGenerator random;

    private UUID last = firstAt(Instant.EPOCH);

    public GrowingIds(Clock clock) {
        this(clock, SecureRandom::new);
    }

    GrowingIds(Clock clock, Supplier<RandomGenerator> source) {
        this.clock = clock;
        this.source = source;
    }

    @Override
    public synchronized UUID get() {
        long now = Math.min(clock.millis(), LATEST_MILLIS);
        last = now > millis(last) ? fresh(now) : next(last);
        return last;
    }

    private UUID fresh(long millis) {
        if (random == null) {
            random = source.get();
        }
        return new UUID(
                (millis << TIME_SHIFT) | VERSION | (random.nextLong() & RANDOM_HIGH),
                VARIANT | (random.nextLong() >>> 2));
    }

    /** The same with its random bits counted on by one, and with that the time where they end. */
    private static UUID next(UUID id) {
        long high = id.getMostSignificantBits();
        long low = id.getLeastSignificantBits() + 1;
        if (low << 2 != 0) {
            return new UUID(high, low);
        }
        return new UUID(
                (high & RANDOM_HIGH) == RANDOM_HIGH ? (nextMilli(high) | VERSION) : high + 1,
                VARIANT);
    }

    private static long nextMilli(long high) {
        return ((high >>> TIME_SHIFT) + 1) << TIME_SHIFT;
    }

    private static long millis(UUID id) {
        return id.getMostSignificantBits() >>> TIME_SHIFT;
    }

    /**
     * @return what sorts before, or with, all ids that are made from that moment on
     */
    public static UUID firstAt(Instant moment) {
        return new UUID((moment.toEpochMilli() << TIME_SHIFT) | VERSION, VARIANT);
    }

    /**
     * Joins the ids of several sources, whose clocks may differ, to one order.
     *
     * @param last the greatest so far
     * @return {@code candidate}, or if that does not sort after {@code last}, its random bits at
     *     the millisecond after that one's
     */
    public static UUID after(@Nullable UUID last, UUID candidate) {
        if (last == null || candidate.compareTo(last) > 0) {
            return candidate;
        }
        long own = candidate.getMostSignificantBits() & ((1L << TIME_SHIFT) - 1);
        return new UUID(
                nextMilli(last.getMostSignificantBits()) | own,
                candidate.getLeastSignificantBits());
    }
}

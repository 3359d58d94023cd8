package ai.konko.store.postgres;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A clock's time, checked against {@link System#nanoTime}. If the clock is set ahead, this time is
 * not: it goes on from where it was.
 */
final class SteadyTime {
    private @Nullable Instant last;
    private long at;

    /**
     * @param clock the clock's time
     * @param nanos the {@code nanoTime} of the same moment
     */
    synchronized Instant at(Instant clock, long nanos) {
        Instant passed = last == null ? clock : last.plusNanos(nanos - at);
        last = clock.isBefore(passed) ? clock : passed;
        at = nanos;
        return last;
    }
}

package ai.konko.store.postgres;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The time of a clock as far as it has passed here too, by {@link System#nanoTime}. Where the clock
 * is set ahead, this one is not, and goes on from where it was.
 */
final class SteadyTime {
    private @Nullable Instant last;
    private long at;

    /**
     * @param clock what the clock says
     * @param nanos what {@code nanoTime} says
     */
    synchronized Instant at(Instant clock, long nanos) {
        Instant passed = last == null ? clock : last.plusNanos(nanos - at);
        last = clock.isBefore(passed) ? clock : passed;
        at = nanos;
        return last;
    }
}

package ai.konko.store.postgres;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Since when this replica's lease has held, as far as that tells of the leases of others. After an
 * outage of the database those may have run out although their replicas live, because each was
 * renewed at another time. So if a renewal has failed or comes late, the time begins anew, and the
 * others have the length of a lease to renew theirs. Times are of {@link System#nanoTime}.
 */
final class HeldLease {
    private final long length;

    /**
     * Renewals are asked for every second. If the last one is older than this, there is an outage.
     */
    private final long late;

    private boolean failed = true;
    private @Nullable Long asked;
    private long since;

    HeldLease(Duration length) {
        this.length = length.toNanos();
        this.late = this.length * 2 / 3;
    }

    /** The database could not be asked. */
    synchronized void failed() {
        failed = true;
    }

    /**
     * @param from when the database was asked
     * @param to when it had answered
     */
    synchronized void renewed(long from, long to) {
        if (failed || asked == null || to - asked > late) {
            since = to;
        }
        failed = false;
        asked = from;
    }

    /**
     * Whether no other replica can have found the lease at its end, by this replica's own clock.
     * The end counts from before the question, so it is never later here than in the database.
     */
    synchronized boolean holds(long now) {
        return asked != null && now - asked < length;
    }

    /**
     * Whether it has held for as long as a lease lasts. No, if the next renewal is late already.
     */
    synchronized boolean settled(long now) {
        return !failed && asked != null && now - asked <= late && now - since >= length;
    }
}

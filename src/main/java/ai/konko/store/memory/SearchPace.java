package ai.konko.store.memory;

import java.util.concurrent.locks.LockSupport;

/**
 * Keeps a search, which may look through all of an owner's texts, from keeping turns waiting: it
 * lets other virtual threads go first again and again, and, once it has gone on for some time,
 * rests for as long as it works. Not safe for use by several threads.
 */
final class SearchPace {
    /** How long it works without a rest, in nanoseconds. */
    private static final long SPRINT = 50_000_000;

    private long worked;
    private long since = System.nanoTime();

    /** To be called after some microseconds of work, up to a millisecond. */
    @SuppressWarnings("ThreadPriorityCheck") // of virtual threads those that wait go first
    void rest() {
        long portion = System.nanoTime() - since;
        worked += portion;
        if (worked > SPRINT) {
            LockSupport.parkNanos(portion);
        } else {
            Thread.yield();
        }
        since = System.nanoTime();
    }
}

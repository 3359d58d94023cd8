package ai.konko.store.postgres;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Fault;
import ai.konko.chat.RefusedException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Does one thing again and again, on a thread of its own, until it is closed. A round that fails is
 * followed by the next; that the store can't be reached is logged once, and so is its return.
 */
final class Loop implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Loop.class);

    private static final Duration LAST_ROUND = Duration.ofSeconds(2);

    private final String name;
    private final Duration pause;
    private final Round round;
    private final Semaphore bell = new Semaphore(0);
    private final Thread thread;
    private volatile boolean closed;

    /** What is done each time. */
    @FunctionalInterface
    interface Round {
        void run() throws Exception;
    }

    /**
     * @param pause how long it rests between two rounds, unless it is woken
     */
    Loop(String name, Duration pause, Round round) {
        this.name = name;
        this.pause = pause;
        this.round = round;
        this.thread = Thread.ofVirtual().name("store-" + name).start(this::run);
    }

    /** There is something to do now. */
    void wake() {
        if (bell.availablePermits() == 0) {
            bell.release();
        }
    }

    private void run() {
        boolean failing = false;
        while (!closed) {
            try {
                round.run();
                if (failing) {
                    LOG.infof("The store is there again (%s)", name);
                }
                failing = false;
            } catch (InterruptedException _) {
                return; // closed
            } catch (RefusedException gone) {
                if (!failing && !closed) {
                    LOG.warnf("The store can't be reached (%s)", name);
                }
                failing = gone.code() == ErrorCode.STORE_UNAVAILABLE;
            } catch (Exception | Error failed) {
                if (!closed) {
                    LOG.errorf(Fault.of(failed), "A round of %s failed", name);
                }
            }
            rest();
        }
    }

    private void rest() {
        try {
            if (bell.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                bell.drainPermits();
            }
        } catch (InterruptedException _) {
            closed = true;
        }
    }

    /** Returns when the last round is over. */
    @Override
    public void close() {
        closed = true;
        wake();
        try {
            if (!thread.join(LAST_ROUND)) {
                thread.interrupt();
                boolean _ = thread.join(LAST_ROUND);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}

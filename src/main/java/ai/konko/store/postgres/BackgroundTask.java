package ai.konko.store.postgres;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Fault;
import ai.konko.chat.RefusedException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Repeats one thing on a thread of its own, until it is closed. If a round fails, the next one
 * follows all the same. An outage of the store is logged once, and so is its end.
 */
final class BackgroundTask implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(BackgroundTask.class);

    private static final Duration LAST_ROUND = Duration.ofSeconds(2);

    private final String name;
    private final Duration pause;
    private final Round round;
    private final Semaphore wakeUps = new Semaphore(0);
    private final Thread thread;
    private volatile boolean closed;

    /** One repetition. An {@link InterruptedException} ends the task. */
    @FunctionalInterface
    interface Round {
        void run() throws Exception;
    }

    /**
     * @param pause between two rounds, unless {@link #wake} cuts it short
     */
    BackgroundTask(String name, Duration pause, Round round) {
        this.name = name;
        this.pause = pause;
        this.round = round;
        this.thread = Thread.ofVirtual().name("store-" + name).start(this::repeat);
    }

    /** Begins the next round now. */
    void wake() {
        if (wakeUps.availablePermits() == 0) {
            wakeUps.release();
        }
    }

    private void repeat() {
        boolean failing = false;
        while (!closed) {
            try {
                round.run();
                if (failing) {
                    LOG.infof("The store is there again (%s)", name);
                }
                failing = false;
            } catch (InterruptedException _) {
                return;
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
            pause();
        }
    }

    private void pause() {
        try {
            if (wakeUps.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                wakeUps.drainPermits();
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

package ai.konko.assistant;

import io.netty.channel.SingleThreadEventLoop;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Has an event loop take in together what tokens come within a moment, as a network card does with
 * its packets (interrupt coalescing): waking up for one costs as much as a token itself.
 *
 * <p>A loop that has passed on tokens sleeps until {@code interval} is over since it last did, if
 * it has been passing on many. So it sleeps neither where tokens are rare nor where it is busy for
 * longer than that; what finds it asleep waits for less than {@code interval}. Used on the loop's
 * own thread alone.
 */
final class TokenCoalescing {
    /** Fewer tokens in an interval are not worth that all else waits. */
    static final int MANY = 4;

    private final long interval;
    private final Executor roundEnd;
    private final LongSupplier clock;
    private final LongConsumer sleep;

    /** When the loop last slept, or could have. */
    private long last;

    private int tokensSince;
    private boolean many;
    private boolean noted;

    /**
     * @param interval zero for none of this
     */
    TokenCoalescing(SingleThreadEventLoop loop, Duration interval) {
        this(
                interval,
                loop::executeAfterEventLoopIteration,
                System::nanoTime,
                LockSupport::parkNanos);
    }

    /**
     * @param roundEnd runs what it is given when the loop is through with all that has come
     * @param clock in nanoseconds
     * @param sleep for so many nanoseconds, or less
     */
    TokenCoalescing(Duration interval, Executor roundEnd, LongSupplier clock, LongConsumer sleep) {
        this.interval = interval.toNanos();
        this.roundEnd = roundEnd;
        this.clock = clock;
        this.sleep = sleep;
        this.last = clock.getAsLong();
    }

    /** A token was read, and is about to be passed on. */
    void tokenRead() {
        tokensSince++;
        if (!noted && interval > 0) {
            noted = true;
            roundEnd.execute(this::endRound);
        }
    }

    private void endRound() {
        noted = false;
        long left = interval - (clock.getAsLong() - last);
        if (left > 0 && !many) {
            return;
        }
        if (left > 0) {
            sleep.accept(left);
        }
        many = tokensSince >= MANY;
        tokensSince = 0;
        last = clock.getAsLong();
    }
}

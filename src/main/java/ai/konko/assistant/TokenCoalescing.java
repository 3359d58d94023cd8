package ai.konko.assistant;

import io.netty.channel.SingleThreadEventLoop;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Makes an event loop read the tokens of a moment together, because waking up for one token costs
 * as much as the token itself. Network cards do so with packets (interrupt coalescing).
 *
 * <p>A loop that has passed on many tokens sleeps until {@code interval} has passed since it last
 * slept. It does not sleep if tokens are rare, if it was busy for longer than that, or if it has
 * work to do. What comes while it sleeps waits for less than {@code interval}. Used on the loop's
 * own thread alone.
 */
final class TokenCoalescing {
    /** With fewer reads in an interval, sleeping costs more than it saves. */
    static final int MANY = 4;

    private final SingleThreadEventLoop loop;
    private final long intervalNanos;
    private final LongSupplier clock;
    private final LongConsumer sleep;

    /** When the loop last slept, or could have. */
    private long lastNanos;

    /** How many reads there have been since. */
    private int reads;

    private boolean many;
    private boolean noted;

    /**
     * @param interval zero for no sleep at all
     */
    TokenCoalescing(SingleThreadEventLoop loop, Duration interval) {
        this(loop, interval, System::nanoTime, LockSupport::parkNanos);
    }

    /**
     * @param clock in nanoseconds
     * @param sleep for so many nanoseconds, or less
     */
    TokenCoalescing(
            SingleThreadEventLoop loop, Duration interval, LongSupplier clock, LongConsumer sleep) {
        this.loop = loop;
        this.intervalNanos = interval.toNanos();
        this.clock = clock;
        this.sleep = sleep;
        this.lastNanos = clock.getAsLong();
    }

    /** One read from one stream has brought tokens, which are about to be passed on. */
    void tokensRead() {
        reads++;
        if (!noted && intervalNanos > 0) {
            noted = true;
            loop.executeAfterEventLoopIteration(this::endRound);
        }
    }

    /** A round ends after some 64 tasks, even if there are more. */
    private void endRound() {
        noted = false;
        long left = intervalNanos - (clock.getAsLong() - lastNanos);
        if (left > 0 && (!many || loop.pendingTasks() > 0)) {
            return;
        }
        if (left > 0) {
            sleep.accept(left);
        }
        many = reads >= MANY;
        reads = 0;
        lastNanos = clock.getAsLong();
    }
}

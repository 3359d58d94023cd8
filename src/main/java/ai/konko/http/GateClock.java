package ai.konko.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Gives a connection up if its client does not send on in time, see {@link RequestGate#time}. Used
 * on the connection's event loop.
 */
final class GateClock {
    private final RequestGate gate;
    private final GateRules rules;
    private @Nullable Future<?> timer;
    private long since = System.nanoTime();
    private long bodyBytes;
    private long unsent;

    GateClock(RequestGate gate, GateRules rules) {
        this.gate = gate;
        this.rules = rules;
    }

    /** The present state begins now. */
    void restart() {
        since = System.nanoTime();
    }

    /** A body begins now. */
    void startBody() {
        bodyBytes = 0;
        restart();
    }

    void bodyCame(int bytes) {
        bodyBytes += bytes;
    }

    void watch(ChannelHandlerContext context) {
        watch(context, rules.requestTime());
    }

    private void watch(ChannelHandlerContext context, long nanos) {
        stop();
        timer =
                context.executor()
                        .schedule(() -> look(context), Math.max(nanos, 0), TimeUnit.NANOSECONDS);
    }

    void stop() {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void look(ChannelHandlerContext context) {
        if (!gate.isWatched(context)) {
            return;
        }
        long now = System.nanoTime();
        boolean sending = isSending(context);
        if (sending || gate.isBusy(context, now) || (since + gate.time() <= now && goesOn())) {
            since = now;
        }
        long left = since + gate.time() - now;
        if (left > 0) {
            watch(context, Math.min(left, rules.requestTime())); // half a request may come
        } else {
            gate.giveUp(context, unsent > 0);
        }
    }

    /** Whether enough of a body has come since the last call. */
    private boolean goesOn() {
        boolean enough = gate.insideBody() && bodyBytes >= rules.progress();
        bodyBytes = 0;
        return enough;
    }

    /** Sending an answer may take long. A client that takes nothing of it is not busy. */
    private boolean isSending(ChannelHandlerContext context) {
        long before = unsent;
        unsent = Unsent.bytes(context.channel());
        return unsent > 0 && unsent != before;
    }
}

package ai.konko.http;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.time.Duration;

/**
 * The time of a WebSocket. Sends pings in silence, and drops the connection of a client that does
 * not answer them, or takes nothing of what is there for it. No answer can come inside of a frame,
 * so bytes of one count too, if there are as many as there have to be of a body. Used on the
 * connection's event loop.
 */
final class WebSocketPulse {
    private static final Buffer NOTHING = Buffer.buffer(0);

    private final Context context;
    private final HttpServerRequest request;
    private final ServerWebSocket socket;
    private final Duration heartbeat;
    private final HttpLimits limits;
    private final Progress progress;
    private long written;
    private long lastWrite = System.nanoTime();

    /** When the first ping was sent to which nothing has come; 0 if there is none. */
    private long pinged;

    /** How many bytes have come since then. */
    private long came;

    private long beat;
    private long life;

    WebSocketPulse(
            Context context,
            HttpServerRequest request,
            ServerWebSocket socket,
            Duration heartbeat,
            HttpLimits limits) {
        this.context = context;
        this.request = request;
        this.socket = socket;
        this.heartbeat = heartbeat;
        this.limits = limits;
        this.progress = new Progress(request, limits.unread());
    }

    /**
     * @param expire is run when the WebSocket was open for as long as it may be
     */
    void start(Runnable expire) {
        life = context.owner().setTimer(limits.webSocketLife().toMillis(), _ -> expire.run());
        beatAfter(heartbeat);
    }

    void stop() {
        context.owner().cancelTimer(life);
        context.owner().cancelTimer(beat);
    }

    void wrote(int bytes) {
        written += bytes;
        lastWrite = System.nanoTime();
    }

    /** Bytes have come, maybe of a frame that is not whole. */
    void came(int bytes) {
        came += bytes;
    }

    /** Something has come, and so the client is there. */
    void heard() {
        pinged = 0;
    }

    private void beatAfter(Duration left) {
        long millis = Math.max(1, Math.min(left.toMillis(), limits.unread().toMillis()));
        beat = context.owner().setTimer(millis, _ -> beat());
    }

    private void beat() {
        long now = System.nanoTime();
        if (isSilent(now) || progress.isStuck(written, socket.writeQueueFull())) {
            Unsent.drop(request);
            return;
        }
        Duration left = heartbeat.minusNanos(now - lastWrite);
        if (left.toMillis() <= 0) {
            if (!socket.writeQueueFull()) {
                if (pinged == 0) {
                    listen(now);
                }
                wrote(0);
                Future<Void> _ = socket.writePing(NOTHING);
            }
            left = heartbeat;
        }
        beatAfter(left);
    }

    private boolean isSilent(long now) {
        long patience = limits.unread().toNanos();
        if (pinged == 0 || now - pinged < patience) {
            return false;
        }
        boolean enough = came >= GateRules.progress(patience);
        listen(now);
        return !enough;
    }

    private void listen(long now) {
        pinged = now;
        came = 0;
    }
}

package ai.konko.http;

import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.buffer.impl.BufferImpl;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One client's connection while it is sent events. It takes them only when the connection has room,
 * so a client that does not read costs what it was sent and no more; and after a time it is closed.
 * All but {@link #wake} happens on the event loop of {@code context}.
 */
final class StreamConnection {
    private static final String PING = ": ping\n\n";

    /** What is written to the connection at once, roughly, in UTF-16 units. */
    private static final int BATCH = Outgoing.LONG;

    /** Each thread puts its batches together here. */
    private static final ThreadLocal<StringBuilder> EVENTS =
            ThreadLocal.withInitial(StringBuilder::new);

    private final Context context;
    private final RoutingContext routing;
    private final HttpServerResponse response;
    private final ServerSentEvents events;
    private final Duration heartbeat;
    private final Duration unread;
    private final AtomicBoolean woken = new AtomicBoolean();
    private boolean open;
    private long lastWrite = System.nanoTime();

    /** How many bytes had left this process when that last grew. */
    private long taken;

    private long lastTaken = lastWrite;
    private long timer;

    StreamConnection(
            Context context,
            RoutingContext routing,
            ServerSentEvents events,
            Duration heartbeat,
            Duration unread) {
        this.context = context;
        this.routing = routing;
        this.response = routing.response();
        this.events = events;
        this.heartbeat = heartbeat;
        this.unread = unread;
    }

    void start() {
        if (response.closed()) {
            events.abandoned();
            return;
        }
        routing.addEndHandler(_ -> leave());
        response.drainHandler(_ -> send());
        if (routing.request().version() == HttpVersion.HTTP_1_0) {
            response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE); // its only end
        } else {
            response.setChunked(true);
        }
        open = true;
        StringBuilder opening = empty();
        events.open(BATCH, this::wake, opening);
        beatAfter(heartbeat);
        if (!opening.isEmpty()) {
            write(bytes(opening));
        }
        send();
        if (!response.headWritten()) {
            write(Buffer.buffer(PING)); // the client has the status, also if the reply waits
        }
    }

    /**
     * Sends later, even if this is the event loop, so that all that came in with one read goes out
     * together.
     */
    private void wake() {
        if (woken.compareAndSet(false, true)) {
            context.runOnContext(
                    _ -> {
                        woken.set(false);
                        send();
                    });
        }
    }

    /** Sends what there is, as far as the connection has room. */
    private void send() {
        boolean more = true;
        while (more && open && !response.writeQueueFull()) {
            StringBuilder batch = empty();
            more = events.next(batch);
            if (events.over()) {
                stop();
                end(bytes(batch));
            } else if (events.left()) {
                stop();
                routing.request().connection().close(); // the client may resume elsewhere
            } else if (!batch.isEmpty()) {
                write(bytes(batch));
            }
        }
    }

    private static StringBuilder empty() {
        StringBuilder events = EVENTS.get();
        events.setLength(0);
        return events;
    }

    private static Buffer bytes(StringBuilder events) {
        byte[] bytes = events.toString().getBytes(StandardCharsets.UTF_8);
        if (events.capacity() > 4 * BATCH) { // a long reply's end
            EVENTS.remove();
        }
        return BufferImpl.buffer(Unpooled.wrappedBuffer(bytes)); // as they are, not a copy
    }

    private void end(Buffer last) {
        Future<Void> sent = response.end(last);
        if (!response.isChunked()) {
            sent.onComplete(_ -> routing.request().connection().close());
        }
    }

    private void write(Buffer batch) {
        lastWrite = System.nanoTime();
        Future<Void> _ = response.write(batch); // one that fails comes with the end handler
    }

    private void beatAfter(Duration left) {
        long millis = Math.max(1, Math.min(left.toMillis(), unread.toMillis()));
        timer = context.owner().setTimer(millis, _ -> beat());
    }

    private void beat() {
        if (!open) {
            return;
        }
        if (isStuck()) {
            Unsent.drop(routing.request());
            return;
        }
        Duration left = heartbeat.minusNanos(System.nanoTime() - lastWrite);
        if (left.toMillis() <= 0) {
            if (!response.writeQueueFull() && !events.insideEvent()) {
                write(Buffer.buffer(PING));
            }
            left = heartbeat;
        }
        beatAfter(left);
    }

    /** Whether the client has taken nothing for too long, though there is something for it. */
    private boolean isStuck() {
        long now = System.nanoTime();
        long sent = response.bytesWritten() - Unsent.bytes(routing.request());
        if (sent != taken || !response.writeQueueFull()) {
            taken = sent;
            lastTaken = now;
        }
        return now - lastTaken >= Unsent.patience(routing.request(), unread);
    }

    /** The connection is over, whether the reply is or not. */
    private void leave() {
        boolean before = open;
        stop();
        if (before) {
            events.abandoned();
        }
    }

    private void stop() {
        if (open) {
            open = false;
            events.close();
            context.owner().cancelTimer(timer);
        }
    }
}

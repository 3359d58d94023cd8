package ai.konko.http;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One client's connection while it is sent a streamed body. It takes parts only when the connection
 * has room, so a client that does not read costs what it was sent and no more; and after a time it
 * is closed. All but {@link #wake} happens on the event loop of {@code context}.
 */
final class StreamConnection {
    private static final String PING = ": ping\n\n";

    private final Context context;
    private final RoutingContext routing;
    private final HttpServerResponse response;
    private final StreamedBody body;
    private final Duration heartbeat;
    private final Duration unread;
    private final AtomicBoolean woken = new AtomicBoolean();
    private final Progress progress;
    private boolean open;
    private long lastWrite = System.nanoTime();
    private long timer;

    StreamConnection(
            Context context,
            RoutingContext routing,
            StreamedBody body,
            Duration heartbeat,
            Duration unread) {
        this.context = context;
        this.routing = routing;
        this.response = routing.response();
        this.body = body;
        this.heartbeat = heartbeat;
        this.unread = unread;
        this.progress = new Progress(routing.request(), unread);
    }

    void start() {
        if (response.closed()) {
            body.abandoned();
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
        body.open(this::wake);
        beatAfter(heartbeat);
        send();
        if (!response.headWritten() && body.takesComments()) {
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
            Buffer part = body.next();
            more = body.hasMore();
            if (body.over()) {
                stop();
                end(part);
            } else if (body.left()) {
                stop();
                routing.request().connection().close(); // the client may resume elsewhere
            } else if (part.length() > 0) {
                write(part);
            }
        }
    }

    private void end(Buffer last) {
        Future<Void> sent = response.end(last);
        if (!response.isChunked()) {
            sent.onComplete(_ -> routing.request().connection().close());
        }
    }

    private void write(Buffer part) {
        lastWrite = System.nanoTime();
        Future<Void> _ = response.write(part); // one that fails comes with the end handler
    }

    private void beatAfter(Duration left) {
        long millis = Math.max(1, Math.min(left.toMillis(), unread.toMillis()));
        timer = context.owner().setTimer(millis, _ -> beat());
    }

    private void beat() {
        if (!open) {
            return;
        }
        if (progress.isStuck(response.bytesWritten(), response.writeQueueFull())) {
            Unsent.drop(routing.request());
            return;
        }
        Duration left = heartbeat.minusNanos(System.nanoTime() - lastWrite);
        if (left.toMillis() <= 0) {
            if (!response.writeQueueFull() && body.takesComments()) {
                write(Buffer.buffer(PING));
            }
            left = heartbeat;
        }
        beatAfter(left);
    }

    /** The connection is over, whether the reply is or not. */
    private void leave() {
        boolean before = open;
        stop();
        if (before) {
            body.abandoned();
        }
    }

    private void stop() {
        if (open) {
            open = false;
            body.close();
            context.owner().cancelTimer(timer);
        }
    }
}

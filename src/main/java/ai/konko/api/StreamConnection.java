package ai.konko.api;

import ai.konko.chat.Message;
import ai.konko.chat.Turn;
import ai.konko.conversation.Listener;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import org.jspecify.annotations.Nullable;

/**
 * One client's connection while it is sent a reply's events. It takes text from the reply only when
 * the connection has room for it, so a client that does not read costs what it was sent and no
 * more; and after a time it is closed. All but {@link #wake} happens on the event loop of {@code
 * context}.
 */
final class StreamConnection {
    private static final String PING = ": ping\n\n";
    private static final JsonStringEncoder STRINGS = JsonStringEncoder.getInstance();

    /** What is written to the connection at once, roughly, in UTF-16 units. */
    private static final int BATCH = LongEvents.LONG;

    /** Where each thread puts a batch together. */
    private static final ThreadLocal<StringBuilder> EVENTS =
            ThreadLocal.withInitial(StringBuilder::new);

    private final Context context;
    private final RoutingContext routing;
    private final HttpServerResponse response;
    private final ObjectMapper json;
    private final Duration heartbeat;
    private final Duration unread;
    private final AtomicBoolean woken = new AtomicBoolean();

    private ReplyEvents events = new NativeEvents(null);
    private @Nullable Listener listener;

    /** Events that are being sent part by part; nothing may come in between. */
    private @Nullable LongEvents parts;

    private boolean ending;
    private long lastWrite = System.nanoTime();

    /** How many bytes had left this process when it last was more than before. */
    private long taken;

    private long lastTaken = lastWrite;
    private long timer;

    StreamConnection(
            Context context,
            RoutingContext routing,
            ObjectMapper json,
            Duration heartbeat,
            Duration unread) {
        this.context = context;
        this.routing = routing;
        this.response = routing.response();
        this.json = json;
        this.heartbeat = heartbeat;
        this.unread = unread;
    }

    void start(ReplyStream stream) {
        events = stream.events() == null ? new NativeEvents(stream.accepted()) : stream.events();
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
        listener = stream.reply().listen(stream.from(), this::wake);
        beatAfter(heartbeat);
        StringBuilder opening = empty();
        events.begin(opening);
        if (!opening.isEmpty()) {
            write(bytes(opening));
        }
        send();
        if (!response.headWritten()) {
            write(Buffer.buffer(PING)); // the client has the status, also where the reply waits
        }
    }

    /** Later, also on this event loop: what else came in with the same read goes out with it. */
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
        while (more && listener != null && !response.writeQueueFull()) {
            more = parts == null ? sendBatch(listener) : sendParts(parts);
        }
    }

    private boolean sendParts(LongEvents sent) {
        StringBuilder batch = empty();
        while (batch.length() < BATCH && !sent.over()) {
            sent.next(batch);
        }
        if (sent.over()) {
            parts = null;
            if (ending) {
                stop();
                end(bytes(batch));
                return false;
            }
        }
        write(bytes(batch));
        return true;
    }

    /**
     * @return whether there may be more
     */
    private boolean sendBatch(Listener following) {
        StringBuilder batch = empty();
        while (batch.length() < BATCH) {
            Listener.Piece piece = following.next();
            if (!piece.text().isEmpty()) {
                events.delta(piece, batch);
            }
            if (piece.end() != null) {
                return sendEnd(piece.end(), batch);
            }
            if (piece.left()) {
                stop();
                routing.request()
                        .connection()
                        .close(); // not an end: the client may resume elsewhere
                return false;
            }
            if (piece.text().isEmpty()) {
                break;
            }
        }
        boolean more = batch.length() >= BATCH;
        if (!batch.isEmpty()) {
            write(bytes(batch));
        }
        return more;
    }

    private boolean sendEnd(Message reply, StringBuilder batch) {
        int length = reply.content().length();
        if (length > LongEvents.LONG) {
            ending = true;
            if (!batch.isEmpty()) {
                write(bytes(batch));
            }
            parts = LongEvents.of(reply, (other, out) -> events.end(other, length, out));
            return true;
        }
        events.end(reply, length, batch);
        stop();
        end(bytes(batch));
        return false;
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

    private void end(Buffer events) {
        Future<Void> sent = response.end(events);
        if (!response.isChunked()) {
            sent.onComplete(_ -> routing.request().connection().close());
        }
    }

    private static String name(Message ended) {
        return ended.status().wire();
    }

    private static void delta(Listener.Piece piece, StringBuilder batch) {
        batch.append("event: delta\nid: ").append(piece.offset()).append("\ndata: {\"content\":\"");
        STRINGS.quoteAsString(piece.text(), batch);
        batch.append("\"}\n\n");
    }

    private String event(String name, Object data) {
        try {
            return "event: " + name + "\ndata: " + json.writeValueAsString(data) + "\n\n";
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("an event can't be written", unwritable);
        }
    }

    private void write(Buffer events) {
        lastWrite = System.nanoTime();
        Future<Void> _ = response.write(events); // one that fails comes with the end handler
    }

    private void beatAfter(Duration left) {
        long millis = Math.max(1, Math.min(left.toMillis(), unread.toMillis()));
        timer = context.owner().setTimer(millis, _ -> beat());
    }

    private void beat() {
        if (listener == null) {
            return;
        }
        if (isStuck()) {
            Unsent.drop(routing.request());
            return;
        }
        Duration left = heartbeat.minusNanos(System.nanoTime() - lastWrite);
        if (left.toMillis() <= 0) {
            if (!response.writeQueueFull() && parts == null) {
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
        boolean before = listener != null;
        stop();
        if (before) {
            events.abandoned();
        }
    }

    private void stop() {
        if (listener != null) {
            listener.close();
            listener = null;
            context.owner().cancelTimer(timer);
        }
    }

    /** The native API's events. */
    private final class NativeEvents implements ReplyEvents {
        private final @Nullable Turn accepted;

        private NativeEvents(@Nullable Turn accepted) {
            this.accepted = accepted;
        }

        @Override
        public void begin(StringBuilder out) {
            if (accepted == null) {
                return;
            }
            if (accepted.reply().content().length() > LongEvents.LONG) {
                parts = LongEvents.of(accepted.reply(), this::accepted);
            } else {
                accepted(accepted.reply(), out);
            }
        }

        @Override
        public void delta(Listener.Piece piece, StringBuilder out) {
            StreamConnection.delta(piece, out);
        }

        @Override
        public void end(Message reply, int length, StringBuilder out) {
            out.append(event(name(reply), MessageView.of(reply)));
        }

        private void accepted(Message reply, StringBuilder out) {
            if (accepted != null) {
                out.append(event("accepted", TurnView.of(accepted.message(), reply)));
            }
        }
    }
}

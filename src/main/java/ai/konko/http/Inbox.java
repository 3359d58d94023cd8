package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.WebSocketFrame;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * A client's messages that are not answered yet, put together of their frames. All of one client's
 * have no more bytes than one may have. One that is refused keeps its place, and the rest of it is
 * thrown away. Used on the connection's event loop, but {@link Received#over}.
 */
final class Inbox {
    private static final Duration RETRY = Duration.ofSeconds(1);

    /** What a message counts at least, because it takes more than its bytes. */
    private static final int LEAST = 1024;

    /** How much more there may be of messages that are refused. */
    private static final int REFUSED = 64 * LEAST;

    private final int most;
    private final Incoming incoming;
    private final Owner owner;
    private final Runnable ready;
    private final Runnable full;

    /** Oldest first. */
    private final Queue<Received> waiting = new ArrayDeque<>(1);

    /** What all messages count that wait. */
    private long counted;

    private Buffer message = Buffer.buffer();
    private boolean skipping;
    private boolean closed;

    /**
     * @param most how long a message may be, in bytes
     * @param ready is run when a message has come
     * @param full is run when there is no room even to refuse another
     */
    Inbox(int most, Incoming incoming, Owner owner, Runnable ready, Runnable full) {
        this.most = most;
        this.incoming = incoming;
        this.owner = owner;
        this.ready = ready;
        this.full = full;
    }

    /**
     * A message.
     *
     * @param refused why it is not to be answered; null if it is
     */
    record Received(Inbox of, Buffer text, @Nullable RefusedException refused) {

        /** It is read, so that its bytes are not held any more. */
        void over() {
            of.incoming.giveBack(of.owner, text.length());
        }

        private int count() {
            return Math.max(text.length(), LEAST);
        }
    }

    void read(WebSocketFrame frame) {
        boolean data = frame.isText() || frame.isBinary() || frame.isContinuation();
        if (closed || !data) {
            return;
        }
        skipping &= frame.isContinuation();
        if (skipping) {
            return;
        }
        try {
            append(frame);
            if (frame.isFinal()) {
                put(new Received(this, message, null));
            }
        } catch (RefusedException refused) {
            skipping = true;
            incoming.giveBack(owner, message.length());
            put(new Received(this, Buffer.buffer(), refused));
        }
    }

    private void put(Received received) {
        message = Buffer.buffer();
        counted += received.count();
        if (counted > (long) most + REFUSED) {
            full.run();
            return;
        }
        waiting.add(received);
        ready.run();
    }

    private void append(WebSocketFrame frame) {
        if (frame.isBinary()) {
            throw RefusedException.of(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "A message must be text.");
        }
        Buffer part = frame.binaryData();
        long length = (long) message.length() + part.length();
        if (length > most) {
            throw BodyLimit.tooLarge(most);
        }
        if (counted > 0 && counted + length > most) {
            throw RefusedException.forNow(
                    ErrorCode.OVERLOADED,
                    "As many messages wait on this connection as may.",
                    RETRY);
        }
        incoming.take(owner, part.length());
        message.appendBuffer(part);
    }

    /**
     * @return the next message; null if there is none
     */
    @Nullable Received poll() {
        Received next = waiting.poll();
        if (next != null) {
            counted -= next.count();
        }
        return next;
    }

    /** Drops all that waits, and takes no more. */
    void close() {
        closed = true;
        waiting.forEach(Received::over);
        waiting.clear();
        incoming.giveBack(owner, message.length());
        message = Buffer.buffer();
    }
}

package ai.konko.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.WebSocketFrame;
import java.util.function.Consumer;

/**
 * Makes messages of server-sent events: the data of each event is one. If an event comes in parts,
 * its message does too, as frames. Used by one thread at a time.
 */
final class EventFrames {
    private static final String DATA = "data: ";

    private final Consumer<WebSocketFrame> out;

    /** Whether the event under way has begun in an earlier part. */
    private boolean inside;

    EventFrames(Consumer<WebSocketFrame> out) {
        this.out = out;
    }

    /**
     * @param events go on where the last ones ended, which is after an event or within its data
     */
    void write(StringBuilder events) {
        int at = 0;
        while (at < events.length()) {
            int from = inside ? at : events.indexOf(DATA, at) + DATA.length();
            int end = events.indexOf("\n", from); // data in JSON is one line
            boolean whole = end >= 0;
            frame(events.substring(from, whole ? end : events.length()), whole);
            at = whole ? end + "\n\n".length() : events.length();
        }
    }

    /** Whether the last message has not been written to its end. */
    boolean insideMessage() {
        return inside;
    }

    private void frame(String data, boolean whole) {
        out.accept(
                inside
                        ? WebSocketFrame.continuationFrame(Buffer.buffer(data), whole)
                        : WebSocketFrame.textFrame(data, whole));
        inside = !whole;
    }
}

package ai.konko.http;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.buffer.impl.BufferImpl;
import java.nio.charset.StandardCharsets;

/** Server-sent events as a body. */
final class EventsBody implements StreamedBody {
    /** What is given out at once, roughly, in UTF-16 units. */
    private static final int BATCH = Outgoing.LONG;

    /** Each thread puts its batches together here. */
    private static final ThreadLocal<StringBuilder> EVENTS =
            ThreadLocal.withInitial(StringBuilder::new);

    private static final Buffer NOTHING = Buffer.buffer(0);

    private final ServerSentEvents events;
    private Buffer opening = NOTHING;
    private boolean more = true;

    EventsBody(ServerSentEvents events) {
        this.events = events;
    }

    @Override
    public void open(Runnable wake) {
        StringBuilder first = empty();
        events.open(BATCH, wake, first);
        opening = bytes(first);
    }

    @Override
    public Buffer next() {
        if (opening.length() > 0) {
            Buffer first = opening;
            opening = NOTHING;
            return first;
        }
        StringBuilder batch = empty();
        more = events.next(batch);
        return bytes(batch);
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

    @Override
    public boolean hasMore() {
        return more;
    }

    @Override
    public boolean over() {
        return events.over();
    }

    @Override
    public boolean left() {
        return events.left();
    }

    @Override
    public boolean takesComments() {
        return !events.insideEvent();
    }

    @Override
    public void close() {
        events.close();
    }

    @Override
    public void abandoned() {
        events.abandoned();
    }
}

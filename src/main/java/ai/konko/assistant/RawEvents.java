package ai.konko.assistant;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.function.Predicate;

/**
 * Splits a body into server-sent events as {@link EventStream} does, but gives out the bytes of
 * whole events, with all that is in them and between them.
 */
final class RawEvents {
    private static final byte[] EMPTY_LINE = {'\n', '\n'};

    private final int mostBytes;

    /** The beginning of an event whose end has not come. */
    private ByteArrayOutputStream begun = new ByteArrayOutputStream(0);

    private final LineEnds ends = new LineEnds();
    private boolean lineIsEmpty = true;

    /**
     * @param mostBytes the longest event
     */
    RawEvents(int mostBytes) {
        this.mostBytes = mostBytes;
    }

    /**
     * @param wanted is asked about each event in its turn
     * @return the bytes of those events that end in this part and are wanted
     * @throws ModelException if an event is too long
     */
    Buffer read(Buffer part, Predicate<ByteBuffer> wanted) {
        ByteBuffer bytes = EventStream.bytes(part);
        int start = bytes.position();
        Buffer out = Buffer.buffer(0);
        int kept = 0; // from where on all events are wanted that are not in out yet
        int from = 0;
        for (int to = end(bytes, 0); to > 0; to = end(bytes, to)) {
            ByteBuffer event = bytes.slice(start + from, to - from);
            if (begun.size() > 0) {
                kept = to;
                addIfWanted(withBegun(event), wanted, out);
            } else if (!wanted.test(event)) {
                out.appendBuffer(part, kept, from - kept);
                kept = to;
            }
            from = to;
        }
        keep(bytes.slice(start + from, part.length() - from));
        return out.length() == 0
                ? part.slice(kept, from)
                : out.appendBuffer(part, kept, from - kept);
    }

    /**
     * @return the place behind the next event's end, counted from the position; 0 if it does not
     *     end here
     */
    private int end(ByteBuffer bytes, int from) {
        int start = ends.begin(bytes, bytes.position() + from);
        for (int end = ends.end(bytes, start); end < bytes.limit(); end = ends.end(bytes, start)) {
            if (lineIsEmpty && end == start) {
                return end + 1 - bytes.position();
            }
            lineIsEmpty = true;
            start = ends.begin(bytes, end + 1);
        }
        lineIsEmpty &= start == bytes.limit();
        return 0;
    }

    private void keep(ByteBuffer beginning) {
        begun.write(
                beginning.array(),
                beginning.arrayOffset() + beginning.position(),
                beginning.remaining());
        if (begun.size() > mostBytes) {
            throw ModelException.tooLong();
        }
    }

    private static void addIfWanted(ByteBuffer event, Predicate<ByteBuffer> wanted, Buffer out) {
        if (wanted.test(event.duplicate())) {
            out.appendBytes(
                    event.array(), event.arrayOffset() + event.position(), event.remaining());
        }
    }

    private ByteBuffer withBegun(ByteBuffer end) {
        keep(end);
        byte[] all = begun.toByteArray();
        begun = new ByteArrayOutputStream(0);
        return ByteBuffer.wrap(all);
    }

    /**
     * @return how many bytes there are of an event that is not complete
     */
    int held() {
        return begun.size();
    }

    /**
     * The body has ended. An event whose last empty line is missing counts, and gets one.
     *
     * @return the bytes of that event, if it is wanted
     */
    Buffer rest(Predicate<ByteBuffer> wanted) {
        Buffer out = Buffer.buffer(0);
        if (begun.size() > 0) {
            addIfWanted(withBegun(ByteBuffer.wrap(EMPTY_LINE)), wanted, out);
        }
        return out;
    }
}

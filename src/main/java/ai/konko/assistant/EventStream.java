package ai.konko.assistant;

import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.buffer.impl.BufferImpl;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Splits a body into server-sent events (WHATWG HTML, 9.2.6) and gives out the data of each; names,
 * ids and comments mean nothing to a model's answer.
 */
final class EventStream {
    private static final byte[] DATA = {'d', 'a', 't', 'a'};
    private static final byte[] JSON = {'d', 'a', 't', 'a', ':', ' ', '{'};
    private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    /** A larger buffer is not kept for the next event. */
    private static final int LONG_LINE = 1 << 16;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final int mostBytes;

    /** The beginning of a line whose end has not come. */
    private ByteArrayOutputStream begun = new ByteArrayOutputStream(0);

    /** The data of the event so far; several lines are joined. */
    private @Nullable ByteBuffer line;

    private @Nullable ByteArrayOutputStream lines;

    private final LineEnds ends = new LineEnds();
    private boolean first = true;

    /** Takes the data of an event, which does not change any more and may be kept. */
    @FunctionalInterface
    interface Sink {
        void event(ByteBuffer data);
    }

    /**
     * @param mostBytes the longest event
     */
    EventStream(int mostBytes) {
        this.mostBytes = mostBytes;
    }

    /**
     * An event that comes whole in one part is not copied again.
     *
     * @throws ModelException if an event is too long
     */
    void read(Buffer part, Sink sink) {
        read(bytes(part), sink);
    }

    void read(ByteBuffer bytes, Sink sink) {
        int start = ends.begin(bytes, bytes.position());
        for (int end = ends.end(bytes, start); end < bytes.limit(); end = ends.end(bytes, start)) {
            endLine(end == start ? NOTHING : bytes.slice(start, end - start), sink);
            start = ends.begin(bytes, end + 1);
        }
        write(bytes.position(start), begun);
        if (held() > mostBytes) {
            throw ModelException.tooLong();
        }
    }

    /** The same for a whole event. One that is one line of JSON, as nearly all are, is seen so. */
    void readOne(ByteBuffer event, Sink sink) {
        int end = event.limit() - 2;
        int open = 0;
        while (open < JSON.length && open < end && event.get(open) == JSON[open]) {
            open++;
        }
        if (open == JSON.length
                && event.get(end) == '\n'
                && event.get(end - 1) == '}'
                && isOneLine(event, open, end)) {
            sink.event(event.slice(open - 1, end - open + 1));
        } else {
            read(event, sink);
        }
    }

    private static boolean isOneLine(ByteBuffer bytes, int from, int to) {
        int at = from;
        while (at < to && bytes.get(at) != '\n' && bytes.get(at) != '\r') {
            at++;
        }
        return at == to;
    }

    /**
     * @return how many bytes there are of an event that is not complete
     */
    int held() {
        return begun.size() + dataBytes();
    }

    /**
     * @return the buffer's content in an array, which is the buffer's own if it has one
     */
    static ByteBuffer bytes(Buffer part) {
        if (part instanceof BufferImpl own && own.byteBuf().hasArray()) {
            ByteBuf bytes = own.byteBuf();
            return ByteBuffer.wrap(
                    bytes.array(),
                    bytes.arrayOffset() + bytes.readerIndex(),
                    bytes.readableBytes());
        }
        return ByteBuffer.wrap(part.getBytes());
    }

    private int dataBytes() {
        return lines != null ? lines.size() : line != null ? line.remaining() : 0;
    }

    /** The body has ended. An event whose last empty line is missing counts. */
    void end(Sink sink) {
        endLine(NOTHING, sink);
        dispatch(sink);
    }

    private void endLine(ByteBuffer ending, Sink sink) {
        ByteBuffer ended = begun.size() == 0 ? ending : begunWith(ending);
        ended = first ? withoutMark(ended) : ended; // one may come before the first line
        first = false;
        if (!ended.hasRemaining()) {
            dispatch(sink);
        } else if (isData(ended)) {
            ended.position(ended.position() + DATA.length);
            passOver(':', ended);
            passOver(' ', ended);
            add(ended);
        }
    }

    private ByteBuffer begunWith(ByteBuffer ending) {
        write(ending, begun);
        byte[] all = begun.toByteArray();
        if (all.length > LONG_LINE) {
            begun = new ByteArrayOutputStream(0);
        } else {
            begun.reset();
        }
        return ByteBuffer.wrap(all);
    }

    private static void write(ByteBuffer bytes, ByteArrayOutputStream out) {
        out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    }

    /**
     * @return the bytes without the byte order mark that they may begin with
     */
    static ByteBuffer withoutMark(ByteBuffer bytes) {
        return startsWith(bytes, MARK)
                ? bytes.slice(bytes.position() + MARK.length, bytes.remaining() - MARK.length)
                : bytes;
    }

    private static void passOver(char unit, ByteBuffer ended) {
        if (ended.hasRemaining() && ended.get(ended.position()) == unit) {
            ended.get();
        }
    }

    private static boolean isData(ByteBuffer ended) {
        return startsWith(ended, DATA)
                && (ended.remaining() == DATA.length
                        || ended.get(ended.position() + DATA.length) == ':');
    }

    private static boolean startsWith(ByteBuffer bytes, byte[] start) {
        if (bytes.remaining() < start.length) {
            return false;
        }
        for (int i = 0; i < start.length; i++) { // a slice to compare is garbage for each line
            if (bytes.get(bytes.position() + i) != start[i]) {
                return false;
            }
        }
        return true;
    }

    private void add(ByteBuffer data) {
        if (line == null) {
            line = data;
            return;
        }
        if (lines == null) {
            lines = new ByteArrayOutputStream();
            write(line, lines);
        }
        lines.write('\n');
        write(data, lines);
    }

    private void dispatch(Sink sink) {
        if (line != null) {
            ByteBuffer event = lines == null ? line : ByteBuffer.wrap(lines.toByteArray());
            line = null;
            lines = null;
            sink.event(event);
        }
    }
}

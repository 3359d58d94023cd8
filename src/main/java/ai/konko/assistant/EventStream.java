package ai.konko.assistant;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * Splits a body into server-sent events (WHATWG HTML, 9.2.6) and gives out the data of each; names,
 * ids and comments mean nothing to a model's answer.
 */
final class EventStream {
    private static final byte[] DATA = {'d', 'a', 't', 'a'};
    private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private final int mostBytes;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private boolean afterReturn;
    private boolean hasData;
    private boolean first = true;

    /** Where the data of an event goes. */
    @FunctionalInterface
    interface Sink {
        void event(byte[] data);
    }

    /**
     * @param mostBytes the longest event
     */
    EventStream(int mostBytes) {
        this.mostBytes = mostBytes;
    }

    /**
     * @throws ModelException if an event is too long
     */
    void read(Buffer part, Sink sink) {
        byte[] bytes = part.getBytes();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            byte unit = bytes[i];
            if (unit == '\n' && afterReturn) {
                start = i + 1; // the second half of a line's end
            } else if (unit == '\n' || unit == '\r') {
                line.write(bytes, start, i - start);
                start = i + 1;
                endLine(sink);
            }
            afterReturn = unit == '\r';
        }
        line.write(bytes, start, bytes.length - start);
        if (line.size() + data.size() > mostBytes) {
            throw ModelException.tooLong();
        }
    }

    /** The body has ended; an event whose last empty line is missing counts. */
    void end(Sink sink) {
        endLine(sink);
        dispatch(sink);
    }

    private void endLine(Sink sink) {
        byte[] ended = withoutMark(line.toByteArray());
        line.reset();
        if (ended.length == 0) {
            dispatch(sink);
        } else if (isData(ended)) {
            int value = DATA.length;
            value += value < ended.length ? 1 : 0; // the colon
            value += value < ended.length && ended[value] == ' ' ? 1 : 0;
            if (hasData) {
                data.write('\n');
            }
            data.write(ended, value, ended.length - value);
            hasData = true;
        }
    }

    /** A byte order mark may come before the first line. */
    private byte[] withoutMark(byte[] ended) {
        boolean marked =
                first
                        && ended.length >= MARK.length
                        && Arrays.equals(ended, 0, MARK.length, MARK, 0, MARK.length);
        first = false;
        return marked ? Arrays.copyOfRange(ended, MARK.length, ended.length) : ended;
    }

    private static boolean isData(byte[] ended) {
        for (int i = 0; i < DATA.length; i++) {
            if (i >= ended.length || ended[i] != DATA[i]) {
                return false;
            }
        }
        return ended.length == DATA.length || ended[DATA.length] == ':';
    }

    private void dispatch(Sink sink) {
        if (hasData) {
            byte[] event = data.toByteArray();
            data.reset();
            hasData = false;
            sink.event(event);
        }
    }
}

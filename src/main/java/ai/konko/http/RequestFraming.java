package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.http.RequestHead.Flaw;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Follows the bytes of a connection in HTTP/1 from request to request, and finds breaches of the
 * rules of {@link RequestHead} and of chunks. It keeps no more than one line. Not thread-safe.
 */
final class RequestFraming {
    private static final int SHORT_LINE = 256;
    private static final int PORTION = 128;
    private static final int LONGEST_CHUNK_LINE = 256;
    private static final int LONGEST_TRAILERS = 8192;

    /**
     * There may be an extension, but nothing in quotes, because readers differ in where that ends.
     */
    private static final Pattern CHUNK =
            Pattern.compile("0*([0-9a-fA-F]{1,7})[ \t]*(?:;[\\x20\\x21\\x23-\\x7e\t]*)?");

    /** What comes next. */
    private enum Part {
        FIRST_LINE,
        HEADERS,
        BODY,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        TRAILERS
    }

    private final int longestLine;
    private final int longestHead;

    private final byte[] portion = new byte[PORTION];
    private byte[] line = new byte[SHORT_LINE];
    private int lineLength;
    private boolean carriageReturn;
    private Part part = Part.FIRST_LINE;
    private RequestHead head = RequestHead.NONE;
    private int headers;
    private long left;

    /**
     * @param longestLine the longest first line, in bytes
     * @param longestHead the most bytes of all headers
     */
    RequestFraming(int longestLine, int longestHead) {
        this.longestLine = longestLine;
        this.longestHead = longestHead;
    }

    /** Whether all requests so far are whole, and nothing of the next one has come. */
    boolean isBetween() {
        return part == Part.FIRST_LINE && lineLength == 0 && !carriageReturn;
    }

    /** Whether something of a request has come, more than the empty lines that may be before it. */
    boolean begun() {
        return part != Part.FIRST_LINE || lineLength > 0;
    }

    boolean insideFirstLine() {
        return part == Part.FIRST_LINE && !isBetween();
    }

    boolean insideHeaders() {
        return part == Part.HEADERS;
    }

    boolean insideHead() {
        return part == Part.HEADERS || insideFirstLine();
    }

    boolean insideBody() {
        return part != Part.HEADERS && part != Part.FIRST_LINE;
    }

    /** The head of the request that is being read, once its first line is whole. */
    RequestHead head() {
        return head;
    }

    /**
     * Reads on: to the end of a first line, of a head or of a body, or of the buffer.
     *
     * @param from the index to begin at
     * @return the index after what was read
     */
    int follow(ByteBuf bytes, int from) throws Flaw {
        int at = from;
        int end = bytes.writerIndex();
        while (at < end) {
            if (part == Part.BODY || part == Part.CHUNK) {
                int step = (int) Math.min(left, end - at);
                at += step;
                left -= step;
                if (left == 0 && part == Part.BODY) {
                    part = over();
                    return at;
                }
                part = left == 0 ? Part.CHUNK_END : part;
            } else {
                Part before = part;
                at = followLine(bytes, at);
                if (before == Part.FIRST_LINE
                        || part == Part.FIRST_LINE
                        || (before == Part.HEADERS && part != before)) {
                    return at;
                }
            }
        }
        return at;
    }

    /**
     * Reads to the end of a line, or of the buffer. It copies portions, because getting single
     * bytes is slow.
     */
    private int followLine(ByteBuf bytes, int from) throws Flaw {
        int end = bytes.writerIndex();
        for (int at = from; at < end; at += portion.length) {
            int length = Math.min(portion.length, end - at);
            bytes.getBytes(at, portion, 0, length);
            for (int i = 0; i < length; i++) {
                if (take(portion[i])) {
                    part = after();
                    return at + i + 1;
                }
            }
        }
        return end;
    }

    /**
     * @return whether a line is whole
     */
    private boolean take(byte next) throws Flaw {
        requireRoom();
        if (carriageReturn) {
            if (next != '\n') {
                throw new Flaw("A line ends with CR LF, and has neither in it.");
            }
            carriageReturn = false;
            return true;
        }
        if (next == '\r') {
            carriageReturn = true;
            return false;
        }
        if (RequestHead.isControl(next)) {
            throw new Flaw(RequestHead.CONTROLS);
        }
        if (lineLength == line.length) {
            line = Arrays.copyOf(line, 2 * lineLength);
        }
        line[lineLength++] = next;
        return false;
    }

    private void requireRoom() throws Flaw {
        switch (part) {
            case FIRST_LINE -> {
                if (lineLength > longestLine) {
                    throw new Flaw(ErrorCode.URI_TOO_LONG, "The request's address is too long.");
                }
            }
            case HEADERS -> {
                if (++headers > longestHead) {
                    throw new Flaw(ErrorCode.HEADERS_TOO_LARGE, RequestHead.TOO_LARGE);
                }
            }
            case TRAILERS -> {
                if (++headers > LONGEST_TRAILERS) {
                    throw new Flaw("What follows the chunks is too long.");
                }
            }
            case CHUNK_SIZE, CHUNK_END -> {
                if (lineLength > LONGEST_CHUNK_LINE) {
                    throw new Flaw("A chunk's size is too long.");
                }
            }
            case BODY, CHUNK -> throw new IllegalStateException("a body has no lines");
        }
    }

    private String text() {
        String text = new String(line, 0, lineLength, StandardCharsets.ISO_8859_1);
        lineLength = 0;
        if (line.length > SHORT_LINE) {
            line = new byte[SHORT_LINE];
        }
        return text;
    }

    /**
     * @return what comes after the line that is whole
     */
    private Part after() throws Flaw {
        if (part == Part.HEADERS && RequestHead.isOfNoMatter(line, lineLength)) {
            lineLength = 0;
            return Part.HEADERS;
        }
        String text = text();
        return switch (part) {
            case FIRST_LINE -> first(text);
            case HEADERS -> header(text);
            case CHUNK_SIZE -> chunkSize(text);
            case CHUNK_END -> chunkEnd(text);
            case TRAILERS -> trailer(text);
            case BODY, CHUNK -> throw new IllegalStateException("a body has no lines");
        };
    }

    private Part over() {
        head = RequestHead.NONE;
        return Part.FIRST_LINE;
    }

    private Part first(String text) throws Flaw {
        if (text.isEmpty()) {
            return Part.FIRST_LINE; // before a request there may be some (RFC 9112, 2.2)
        }
        head = new RequestHead();
        head.first(text);
        headers = 0;
        return Part.HEADERS;
    }

    private Part header(String text) throws Flaw {
        if (!text.isEmpty()) {
            head.header(text);
            return Part.HEADERS;
        }
        head.end();
        if (head.chunked()) {
            return Part.CHUNK_SIZE;
        }
        left = head.length();
        return left > 0 ? Part.BODY : over();
    }

    private Part chunkSize(String text) throws Flaw {
        Matcher size = CHUNK.matcher(text);
        if (!size.matches()) {
            throw new Flaw("A chunk begins with its size.");
        }
        left = Integer.parseInt(size.group(1), 16);
        headers = 0;
        return left > 0 ? Part.CHUNK : Part.TRAILERS;
    }

    private static Part chunkEnd(String text) throws Flaw {
        if (!text.isEmpty()) {
            throw new Flaw("A chunk is longer than its size.");
        }
        return Part.CHUNK_SIZE;
    }

    private Part trailer(String text) throws Flaw {
        if (text.isEmpty()) {
            return over();
        }
        RequestHead trailers = new RequestHead();
        trailers.header(text);
        if (trailers.saysWhereItEnds()) {
            throw new Flaw("What follows the chunks can't say where the request ends.");
        }
        return Part.TRAILERS;
    }
}

package ai.konko.relay;

import ai.konko.chat.Draft;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;

/**
 * What one replica tells another of a running reply, line by line: a letter, and what belongs to it
 * in JSON. Other lines are signs of life. Positions need not be told, because it always begins with
 * the reply.
 */
final class RelayedLine {
    /** More text. */
    static final char TEXT = 't';

    /** An item has begun, see {@link RelayedItem}. */
    static final char BEGUN = 'b';

    /** More of the reasoning that has begun. */
    static final char REASONING = 'r';

    /** The item that has begun is whole. */
    static final char WHOLE = 'w';

    /** The reply is over, and the log has its end. */
    static final char END = 'e';

    private RelayedLine() {}

    /**
     * @throws IOException if it is not such a line
     */
    static void read(Buffer line, ObjectMapper json, Draft to) throws IOException {
        switch (line.length() == 0 ? 0 : line.getByte(0)) {
            case TEXT -> to.text(value(line, json, String.class));
            case REASONING -> to.reasoning(value(line, json, String.class));
            case BEGUN -> to.begin(value(line, json, RelayedItem.class).item());
            case WHOLE -> to.whole(value(line, json, RelayedItem.class).item());
            default -> {} // a sign of life, or the end, after which nothing comes
        }
    }

    private static <T> T value(Buffer line, ObjectMapper json, Class<T> type) throws IOException {
        return json.readValue(line.getBytes(1, line.length()), type);
    }
}

package ai.konko.api;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.RefusedException;
import ai.konko.conversation.Position;
import ai.konko.http.RequestHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The id of an event of a stream: the reply's {@link Position} up to and with that event. It is the
 * length of the text in UTF-16 units, and after a point how many events of items and characters of
 * reasoning there are, if there are any. So ids are the same for everybody, live and afterwards.
 */
final class EventId {
    private static final Pattern POSITION = Pattern.compile("([0-9]{1,9})(?:\\.([0-9]{1,9}))?");

    private EventId() {}

    static void write(Position position, StringBuilder out) {
        out.append("id: ").append(position.length());
        if (position.events() > 0) {
            out.append('.').append(position.events());
        }
        out.append('\n');
    }

    /**
     * @param exists whether the reply has such a position
     * @return where a client that has lost its stream goes on; the start if it sends no {@code
     *     Last-Event-ID}
     * @throws RefusedException {@link ErrorCode#BAD_HEADER} unless it is one of the reply's ids
     */
    static Position resumeFrom(HttpServerRequest request, Predicate<Position> exists) {
        List<String> ids = RequestHeaders.values(request, "Last-Event-ID");
        if (ids.isEmpty()) {
            return Position.START;
        }
        Matcher id = POSITION.matcher(ids.getFirst());
        if (ids.size() == 1 && id.matches()) {
            int events = id.group(2) == null ? 0 : Integer.parseInt(id.group(2));
            Position position = new Position(Integer.parseInt(id.group(1)), events);
            if (exists.test(position)) {
                return position;
            }
        }
        throw RefusedException.of(
                ErrorCode.BAD_HEADER, "Last-Event-ID must be the id of an event of this reply.");
    }
}

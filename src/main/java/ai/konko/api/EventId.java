package ai.konko.api;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.RefusedException;
import ai.konko.http.RequestHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;

/**
 * The id of an event of a stream: the length of the reply's text up to and with that event, in
 * UTF-16 units. So ids are the same for everybody, live and afterwards.
 */
final class EventId {
    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,9}");

    private EventId() {}

    static void write(int length, StringBuilder out) {
        out.append("id: ").append(length).append('\n');
    }

    /**
     * @param exists whether the reply has such a length
     * @return where a client that has lost its stream goes on; 0 if it sends no {@code
     *     Last-Event-ID}
     * @throws RefusedException {@link ErrorCode#BAD_HEADER} unless it is one of the reply's ids
     */
    static int resumeFrom(HttpServerRequest request, IntPredicate exists) {
        List<String> ids = RequestHeaders.values(request, "Last-Event-ID");
        if (ids.isEmpty()) {
            return 0;
        }
        if (ids.size() > 1
                || !LENGTH.matcher(ids.getFirst()).matches()
                || !exists.test(Integer.parseInt(ids.getFirst()))) {
            throw RefusedException.of(
                    ErrorCode.BAD_HEADER,
                    "Last-Event-ID must be the id of an event of this reply.");
        }
        return Integer.parseInt(ids.getFirst());
    }
}

package ai.konko.api;

import ai.konko.chat.Turn;
import ai.konko.conversation.LiveReply;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jspecify.annotations.Nullable;

/**
 * A reply as server-sent events.
 *
 * @param accepted the turn that the client has posted; absent where it attaches to the reply
 * @param events what is sent instead of the native API's events
 * @param from how many UTF-16 units of the reply the client has already
 */
public record ReplyStream(
        @Nullable Turn accepted, @Nullable ReplyEvents events, LiveReply reply, int from) {

    ReplyStream(@Nullable Turn accepted, LiveReply reply, int from) {
        this(accepted, null, reply, from);
    }

    /** The reply as another API's events. */
    public static Response response(ReplyEvents events, LiveReply reply, int from) {
        return new ReplyStream(null, events, reply, from).response();
    }

    Response response() {
        return Response.ok(this)
                .type(MediaType.SERVER_SENT_EVENTS_TYPE)
                .header(HttpHeaders.CACHE_CONTROL, "no-cache")
                .header("X-Accel-Buffering", "no") // proxies such as nginx: pass each event on
                .build();
    }
}

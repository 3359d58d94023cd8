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
 * @param from how many UTF-16 units of the reply the client has already
 */
record ReplyStream(@Nullable Turn accepted, LiveReply reply, int from) {

    Response response() {
        return Response.ok(this)
                .type(MediaType.SERVER_SENT_EVENTS_TYPE)
                .header(HttpHeaders.CACHE_CONTROL, "no-cache")
                .header("X-Accel-Buffering", "no") // proxies such as nginx: pass each event on
                .build();
    }
}

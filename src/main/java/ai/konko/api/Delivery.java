package ai.konko.api;

import ai.konko.chat.RefusedException;
import ai.konko.http.RequestHeaders;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.core.MediaType;

/** How a client wants to get a turn's reply. */
enum Delivery {
    /** As a whole, when it is over. */
    WHOLE,
    /** As a stream, while it is written. */
    STREAM,
    /** Later; the answer comes when the turn is accepted. */
    ASYNC;

    /**
     * @throws RefusedException {@link ai.konko.chat.ErrorCode#NOT_ACCEPTABLE}
     */
    static Delivery of(HttpServerRequest request) {
        if (RequestHeaders.respondAsync(request)) {
            return ASYNC;
        }
        MediaType type =
                RequestHeaders.preferred(
                        request,
                        MediaType.APPLICATION_JSON_TYPE,
                        MediaType.SERVER_SENT_EVENTS_TYPE);
        return type.equals(MediaType.SERVER_SENT_EVENTS_TYPE) ? STREAM : WHOLE;
    }

    /** A client that does not wait for the end may want to see how far the reply has come. */
    boolean streamed() {
        return this != WHOLE;
    }
}

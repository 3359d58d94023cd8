package ai.konko.http;

import io.vertx.core.buffer.Buffer;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;

/**
 * The body of an answer that is given out part by part, when the client's connection has room for
 * more. Used by one thread at a time.
 */
public interface StreamedBody {

    /**
     * Begins.
     *
     * @param more is run, on any thread, when there is more
     */
    void open(Runnable more);

    /**
     * @return what is ready, or some of it; empty if nothing is
     */
    Buffer next();

    /** Whether there may be more at once. */
    boolean hasMore();

    /** Whether the last part is out. */
    boolean over();

    /**
     * Whether nothing more comes, although the last part is not out. Then the last {@link #next} is
     * not sent, and the connection is closed.
     */
    boolean left();

    /** Whether a comment may come after the last {@link #next}, if there is silence. */
    boolean takesComments();

    /** Nobody takes parts any more. */
    void close();

    /** The client has gone before the last part. */
    default void abandoned() {}

    /** An answer that is this body, of server-sent events. */
    default Response events(String mediaType) {
        return Response.ok(this)
                .type(mediaType)
                .header(HttpHeaders.CACHE_CONTROL, "no-cache")
                .header("X-Accel-Buffering", "no") // proxies such as nginx: pass each event on
                .build();
    }
}

package ai.konko.http;

import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;

/** What a client takes of what is there for it. */
final class Progress {
    private final HttpServerRequest request;
    private final Duration unread;

    /** How many bytes had left this process when that last grew. */
    private long taken;

    private long lastTaken = System.nanoTime();

    /**
     * @param unread see {@link HttpLimits#unread}
     */
    Progress(HttpServerRequest request, Duration unread) {
        this.request = request;
        this.unread = unread;
    }

    /**
     * Whether the client has taken nothing for too long, though there is something for it.
     *
     * @param written how many bytes were written for it
     * @param full whether the connection has no room for more
     */
    boolean isStuck(long written, boolean full) {
        long now = System.nanoTime();
        long sent = written - Unsent.bytes(request);
        if (sent != taken || !full) {
            taken = sent;
            lastTaken = now;
        }
        return now - lastTaken >= Unsent.patience(request, unread);
    }
}

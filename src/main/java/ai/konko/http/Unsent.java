package ai.konko.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpServerConnection;
import java.time.Duration;

/**
 * Tells what was written for a client and is not sent yet. Vert.x calls an answer ended once it is
 * written, and closes a connection only after all is sent, which a client that does not read can
 * delay for ever.
 */
final class Unsent {
    /**
     * How much more patience there is in HTTP/2, where nobody here sees how much of an answer a
     * client has taken.
     */
    private static final int UNSEEN = 10;

    private Unsent() {}

    /**
     * @return whether the answer is over, because all of it is sent to the system, or its client is
     *     gone
     */
    static boolean isNone(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        if (request.version() == HttpVersion.HTTP_2) {
            return response.closed(); // ended, and all frames are out
        }
        return response.closed() || (response.ended() && bytes(request) == 0);
    }

    /**
     * @return how many bytes of answers wait in the connection, in HTTP/1
     */
    static long bytes(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            return 0;
        }
        return bytes(channel(request));
    }

    static long bytes(Channel channel) {
        ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
        return waiting == null ? 0 : waiting.totalPendingWriteBytes();
    }

    /** Runs the action once all that was written before is in the connection. */
    static void afterWrites(HttpServerRequest request, Runnable action) {
        channel(request).eventLoop().execute(action);
    }

    /** Breaks the answer off, even if some of it waits to be sent. */
    static void drop(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            boolean _ = request.response().reset();
        } else {
            Channel channel = channel(request);
            channel.eventLoop().execute(() -> channel.unsafe().close(channel.voidPromise()));
        }
    }

    /**
     * @param unread see {@link HttpLimits#unread}
     * @return for how many nanoseconds a client may take nothing of this answer
     */
    static long patience(HttpServerRequest request, Duration unread) {
        return request.version() == HttpVersion.HTTP_2
                ? UNSEEN * unread.toNanos()
                : unread.toNanos();
    }

    static Channel channel(HttpServerRequest request) {
        return ((HttpServerConnection) request.connection()).channel();
    }
}

package ai.konko.http;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Streams to connections. */
@Singleton
public class EventStreams {
    private final HttpLimits limits;

    EventStreams(HttpLimits limits) {
        this.limits = limits;
    }

    /**
     * Answers with these events. This is called on the request's event loop.
     *
     * @param heartbeat after how long a silence there is a comment
     */
    public void send(RoutingContext routing, ServerSentEvents events, Duration heartbeat) {
        send(routing, new EventsBody(events), heartbeat);
    }

    void send(RoutingContext routing, StreamedBody body, Duration heartbeat) {
        Context context = Vertx.currentContext();
        if (context == null) {
            throw new IllegalStateException("a request has a context");
        }
        StreamConnection connection =
                new StreamConnection(context, routing, body, heartbeat, limits.unread());
        context.runOnContext(_ -> start(connection, routing));
    }

    private static void start(StreamConnection connection, RoutingContext routing) {
        try {
            connection.start();
        } catch (RuntimeException | Error failed) {
            routing.request().connection().close(); // which ends the listener too
            throw failed;
        }
    }
}

package ai.konko.offline;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.Iterator;

/**
 * Sends events to one client at the pace of a fast talker. Runs on the connection's event loop
 * alone.
 */
final class CompletionStream {

    /** The time from one event to the next; it is longer if the client reads more slowly. */
    static final Duration PACE = Duration.ofMillis(20);

    private final Vertx vertx;
    private final HttpServerResponse response;
    private final Iterator<String> events;
    private final Promise<Void> outcome = Promise.promise();

    CompletionStream(Vertx vertx, HttpServerResponse response, Iterator<String> events) {
        this.vertx = vertx;
        this.response = response;
        this.events = events;
    }

    /** Succeeds when the last event is written; fails if the client disconnects before. */
    Future<Void> start() {
        response.putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                .setChunked(true);
        long timer = vertx.setPeriodic(PACE.toMillis(), this::sendNext);
        response.exceptionHandler(cause -> stop(timer, cause));
        response.closeHandler(_ -> stop(timer, new IllegalStateException("the client has left")));
        return outcome.future();
    }

    private void sendNext(long timer) {
        if (response.writeQueueFull()) {
            return;
        }
        response.write("data: " + events.next() + "\n\n");
        if (!events.hasNext()) {
            vertx.cancelTimer(timer);
            response.end().onSuccess(outcome::tryComplete).onFailure(outcome::tryFail);
        }
    }

    private void stop(long timer, Throwable cause) {
        vertx.cancelTimer(timer);
        outcome.tryFail(cause);
    }
}

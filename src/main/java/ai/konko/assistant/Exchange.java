package ai.konko.assistant;

import ai.konko.assistant.AnswerReader.Progress;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One request to the provider and its answer, over a connection that is this call's own and closed
 * at its end.
 *
 * <p>{@code over} is the one truth about the end: whoever completes it first decides, from
 * whichever thread. All else, the timer too, happens on the event loop of {@code lane}.
 */
final class Exchange {
    /** How long what can be done without may take to come. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final Context lane;
    private final Clock clock;
    private final Timeouts timeouts;
    private final Buffer body;
    private final AnswerReader reader;
    private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();

    private final long begun = System.nanoTime();
    private long lastToken = begun;
    private Duration patience;
    private long timer;

    Exchange(Context lane, Clock clock, Timeouts timeouts, Buffer body, AnswerReader reader) {
        this.lane = lane;
        this.clock = clock;
        this.timeouts = timeouts;
        this.body = body;
        this.reader = reader;
        this.patience = timeouts.firstToken();
    }

    /**
     * @return completes when the reader has all; fails with a {@link ModelException}, or with what
     *     the reader threw; cancelling it stops the call
     */
    CompletableFuture<@Nullable Void> over() {
        return over;
    }

    /** Must be called first. */
    void begin() {
        watch();
        CompletableFuture<@Nullable Void> _ =
                over.whenComplete(
                        (_, _) -> lane.runOnContext(_ -> lane.owner().cancelTimer(timer)));
    }

    /** Sleeps until the call would be too late if nothing came, and looks again then. */
    private void watch() {
        long now = System.nanoTime();
        long left =
                Math.min(
                        timeouts.total().toNanos() - (now - begun),
                        patience.toNanos() - (now - lastToken));
        if (left <= 0) {
            over.completeExceptionally(ModelException.timedOut("The model took too long."));
        } else {
            long millis = TimeUnit.NANOSECONDS.toMillis(left) + 1;
            timer = lane.owner().setTimer(millis, _ -> watch());
        }
    }

    void unreachable() {
        over.completeExceptionally(
                ModelException.unavailable(
                        "The model's provider can't be reached.", RetryAfter.DEFAULT));
    }

    void send(HttpClientRequest request) {
        CompletableFuture<@Nullable Void> _ =
                over.whenComplete((_, _) -> lane.runOnContext(_ -> request.connection().close()));
        request.exceptionHandler(_ -> brokeOff()); // also where this closes the connection itself
        if (over.isDone()) {
            return;
        }
        request.send(body).onSuccess(this::receive).onFailure(_ -> brokeOff());
    }

    private void receive(HttpClientResponse response) {
        response.exceptionHandler(_ -> brokeOff());
        if (response.statusCode() != 200) {
            over.completeExceptionally(refusal(response));
            return;
        }
        response.handler(part -> unlessOver(() -> note(reader.read(part))));
        response.endHandler(
                _ ->
                        unlessOver(
                                () -> {
                                    reader.end();
                                    over.complete(null);
                                }));
    }

    private void unlessOver(Runnable step) {
        if (over.isDone()) {
            return;
        }
        try {
            step.run();
        } catch (RuntimeException | Error unusable) {
            over.completeExceptionally(unusable);
        }
    }

    private void note(Progress progress) {
        switch (progress) {
            case NONE -> {}
            case TOKEN -> {
                lastToken = System.nanoTime();
                bePatientFor(timeouts.idle());
            }
            case ENDING -> bePatientFor(GRACE);
            case WHOLE -> over.complete(null);
        }
    }

    /** The timer looks again late enough, unless there is less patience now than before. */
    private void bePatientFor(Duration silence) {
        boolean less = silence.compareTo(patience) < 0;
        patience = silence;
        if (less) {
            lane.owner().cancelTimer(timer);
            watch();
        }
    }

    private ModelException refusal(HttpClientResponse response) {
        int status = response.statusCode();
        if (status == 429 || status == 503) {
            Duration retryAfter =
                    RetryAfter.parse(response.getHeader(HttpHeaders.RETRY_AFTER), clock.instant());
            return ModelException.unavailable(
                    "The model's provider has no room at the moment.", retryAfter);
        }
        return ModelException.failed("The model's provider answered with status " + status + ".");
    }

    private void brokeOff() {
        over.completeExceptionally(ModelException.brokeOff());
    }
}

package ai.konko.assistant;

import ai.konko.assistant.AnswerReader.Progress;
import ai.konko.chat.Owner;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.impl.HttpClientConnection;
import io.vertx.core.impl.ContextInternal;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request to the provider and its answer, over a connection that is this call's own from when
 * it is taken until the whole answer has been read. Then it is given back; a call that is over
 * before that closes it, which stops the model.
 *
 * <p>{@code over} is the one truth about the end: whoever completes it first decides, from
 * whichever thread. All else, the timer too, happens on the event loop of {@code loop}, a context
 * of this call's own.
 */
final class Exchange implements Connections.Taker {
    /**
     * How long optional steps may take: the end of an answer that is whole, or the text of a
     * refusal.
     */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private static final int OK = 200;

    private final ContextInternal loop;
    private final Lane lane;
    private final Clock clock;
    private final Timeouts timeouts;
    private final Consumer<HttpClientRequest> head;
    private final TextAllowance allowance;
    private final int mostBytes;
    private AnswerReader reader;
    private @Nullable Refusal refusal;
    private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();

    private final long begun = System.nanoTime();
    private long lastToken = begun;
    private Duration patience;
    private long timer;
    private @Nullable HttpClientConnection connection;

    /** Of an answer that is not read at the moment, because nobody takes what was read. */
    private @Nullable HttpClientResponse paused;

    /** The body, until it is sent. */
    private @Nullable Buffer body;

    /**
     * @param head writes the request's method, target and headers
     * @param mostBytes the longest answer
     */
    Exchange(
            ContextInternal loop,
            Lane lane,
            Clock clock,
            Timeouts timeouts,
            Consumer<HttpClientRequest> head,
            Buffer body,
            AnswerReader reader,
            TextAllowance allowance,
            int mostBytes) {
        this.loop = loop;
        this.lane = lane;
        this.clock = clock;
        this.timeouts = timeouts;
        this.head = head;
        this.body = body;
        this.reader = reader;
        this.allowance = allowance;
        this.mostBytes = mostBytes;
        this.patience = timeouts.firstToken();
    }

    /**
     * @return completes when the reader has all; fails with a {@link ModelException}, or with what
     *     the reader threw; cancelling it stops the call
     */
    CompletableFuture<@Nullable Void> over() {
        return over;
    }

    void begin() {
        if (over.isDone()) {
            return;
        }
        watch();
        CompletableFuture<@Nullable Void> _ =
                over.whenComplete((_, failed) -> loop.emit(_ -> settle(failed == null)));
        lane.connections().take(this);
    }

    /** Looks again when the call would be too late if nothing came until then. */
    private void watch() {
        long now = System.nanoTime();
        lastToken = paused == null ? lastToken : now; // the model is not the one who is late
        long left =
                Math.min(
                        timeouts.total().toNanos() - (now - begun),
                        patience.toNanos() - (now - lastToken));
        if (left <= 0) {
            over.completeExceptionally(
                    refusal == null
                            ? ModelException.timedOut("The model took too long.")
                            : refusal.failure());
        } else {
            timer = loop.setTimer(TimeUnit.NANOSECONDS.toMillis(left) + 1, _ -> watch());
        }
    }

    /**
     * Ends the call. An answer that is whole may take a moment to end, so that its connection can
     * serve others.
     */
    private void settle(boolean whole) {
        loop.owner().cancelTimer(timer);
        body = null; // it may be large, and is not sent any more
        reader.close();
        resume();
        if (connection != null && whole) {
            timer = loop.setTimer(GRACE.toMillis(), _ -> close());
        } else {
            close();
        }
    }

    private void close() {
        if (connection != null) {
            Future<Void> _ = connection.close();
            connection = null;
        }
    }

    @Override
    public Owner owner() {
        return allowance.owner();
    }

    @Override
    public boolean waits() {
        return !over.isDone();
    }

    @Override
    public void unreachable() {
        loop.emit(_ -> over.completeExceptionally(ModelException.unreachable()));
    }

    @Override
    public void take(HttpClientConnection taken) {
        connection = taken;
        taken.createRequest(loop).onComplete(this::send, _ -> brokeOff());
    }

    private void send(HttpClientRequest request) {
        request.exceptionHandler(_ -> brokeOff()); // also if it is closed here
        if (over.isDone()) {
            close();
            return;
        }
        Buffer whole = Objects.requireNonNull(body);
        body = null;
        unlessOver(
                () -> {
                    head.accept(request);
                    request.response().onComplete(this::receive, _ -> brokeOff());
                    Future<Void> sent = request.end(whole);
                    if (allowance.hasAttached()) {
                        sent.onComplete(_ -> allowance.detach());
                    }
                });
        request.headers().clear(); // written by now, and nothing to keep until the answer is there
    }

    private void receive(HttpClientResponse response) {
        response.exceptionHandler(_ -> brokeOff());
        if (response.statusCode() == OK) {
            reader.begin(response, new Flow(response));
        } else {
            refusal = new Refusal(response, clock.instant(), reader.explains());
            if (!refusal.isToBeRead()) {
                brokeOff();
                return;
            }
            lastToken = System.nanoTime();
            bePatientFor(GRACE);
        }
        unlessOver(
                () ->
                        reader =
                                Unpacked.of(
                                        response.getHeader(HttpHeaders.CONTENT_ENCODING),
                                        refusal == null ? reader : refusal,
                                        mostBytes));
        response.handler(part -> unlessOver(() -> read(part)));
        response.endHandler(_ -> end());
    }

    private void read(Buffer part) {
        Progress progress = reader.read(part);
        allowance.hold(reader.held());
        note(progress);
    }

    private void end() {
        HttpClientConnection free = connection;
        connection = null;
        unlessOver(
                () -> {
                    reader.end();
                    over.complete(null);
                });
        if (free == null) { // closed, because what came was unusable
            return;
        }
        loop.owner().cancelTimer(timer);
        if (over.isCompletedExceptionally()) {
            Future<Void> _ = free.close();
        } else { // once Vert.x is through with this answer; it closes what is not to be kept
            loop.runOnContext(_ -> lane.connections().giveBack(free));
        }
    }

    /** While it is stopped, the bound of silence does not run; the total one does. */
    private final class Flow implements AnswerReader.Flow {
        private final HttpClientResponse response;

        Flow(HttpClientResponse response) {
            this.response = response;
        }

        @Override
        public void pause() {
            if (connection != null) {
                paused = response;
                Connections.reader(connection).hold();
                response.pause();
            }
        }

        @Override
        public void resume() {
            loop.runOnContext(_ -> Exchange.this.resume());
        }
    }

    private void resume() {
        if (paused != null) {
            HttpClientResponse response = paused;
            paused = null;
            lastToken = System.nanoTime();
            response.resume();
            if (connection != null) {
                Connections.reader(connection).release();
            }
        }
    }

    private void unlessOver(Runnable step) {
        if (over.isDone()) {
            return;
        }
        try {
            step.run();
        } catch (RuntimeException | Error unusable) {
            over.completeExceptionally(refusal == null ? unusable : refusal.failure());
        }
    }

    private void note(Progress progress) {
        switch (progress) {
            case NONE -> {}
            case TOKEN -> {
                lastToken = System.nanoTime();
                lane.coalescing().tokensRead();
                bePatientFor(timeouts.idle());
            }
            case ENDING -> {
                if (!patience.equals(GRACE)) {
                    lastToken = System.nanoTime();
                    bePatientFor(GRACE);
                }
            }
            case WHOLE -> over.complete(null);
        }
    }

    /** Sets the timer anew only if the call has less time now than before. */
    private void bePatientFor(Duration silence) {
        boolean less = silence.compareTo(patience) < 0;
        patience = silence;
        if (less) {
            loop.owner().cancelTimer(timer);
            watch();
        }
    }

    private void brokeOff() {
        over.completeExceptionally(refusal == null ? ModelException.brokeOff() : refusal.failure());
    }
}

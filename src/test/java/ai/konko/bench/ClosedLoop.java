package ai.konko.bench;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.parsetools.RecordParser;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A load on one event loop: connections of which each posts, reads the answer, and posts again. A
 * connection has chats of its own, so that no two posts meet in one.
 */
public final class ClosedLoop {
    private static final Vertx VERTX = Vertx.vertx();
    private static final Buffer BODY =
            Buffer.buffer("{\"content\":\"A question of some length, as people ask them.\"}");

    private final Load load;
    private final Target target;
    private final HttpClient client;
    private final RequestOptions options;
    private final Promise<Void> drained = Promise.promise();

    private Percentiles times = new Percentiles();
    private long errors;
    private int open;
    private boolean over;

    /**
     * What is done to whoever answers.
     *
     * @param delayMillis of the model before a plain answer; latencies are told without it
     * @param gapMillis of the model between two deltas of a stream; 0: not streamed
     * @param settle before it is measured
     */
    public record Load(
            String name,
            int connections,
            int chats,
            long delayMillis,
            int gapMillis,
            Duration settle,
            Duration measured) {

        public boolean streams() {
            return gapMillis > 0;
        }
    }

    /**
     * What came of it.
     *
     * @param cpu of the service, in seconds per 1,000 messages, or 100,000 deltas
     * @param cpuOfAll the same with its database's
     * @param rate messages, or deltas, per second
     * @param p50 of the latency of messages, or the transit of deltas, in milliseconds
     */
    public record Figures(
            double cpu, double cpuOfAll, double rate, double p50, double p99, long errors) {

        /** Of two rounds, figure by figure. */
        public Figures best(Figures other) {
            return new Figures(
                    Math.min(cpu, other.cpu),
                    Math.min(cpuOfAll, other.cpuOfAll),
                    Math.max(rate, other.rate),
                    Math.min(p50, other.p50),
                    Math.min(p99, other.p99),
                    errors + other.errors);
        }
    }

    private ClosedLoop(Load load, Target target) {
        this.load = load;
        this.target = target;
        this.client =
                VERTX.createHttpClient(
                        new HttpClientOptions()
                                .setDefaultHost("127.0.0.1")
                                .setDefaultPort(target.port())
                                .setMaxPoolSize(load.connections()));
        this.options =
                new RequestOptions()
                        .setMethod(HttpMethod.POST)
                        .putHeader("Content-Type", "application/json")
                        .putHeader("Authorization", "Bearer " + target.credential())
                        .putHeader(
                                "Accept",
                                load.streams() ? "text/event-stream" : "application/json");
    }

    /** Whom it is put on: the addresses of its chats, and what it has used so far. */
    public interface Target {
        int port();

        String credential();

        List<String> paths();

        Cpu cpu();
    }

    /**
     * @param own of the service
     * @param all with its database's
     */
    public record Cpu(Duration own, Duration all) {

        private Cpu since(Cpu before) {
            return new Cpu(own.minus(before.own), all.minus(before.all));
        }
    }

    public static Figures run(Load load, Target target) throws InterruptedException {
        return new ClosedLoop(load, target).run();
    }

    private Figures run() throws InterruptedException {
        Context loop = VERTX.getOrCreateContext();
        loop.runOnContext(_ -> begin());
        NANOSECONDS.sleep(load.settle().toNanos());
        Cpu before = target.cpu();
        long start = System.nanoTime();
        on(loop, this::forget);
        NANOSECONDS.sleep(load.measured().toNanos());
        Percentiles measured = on(loop, this::end);
        Cpu used = target.cpu().since(before);
        double seconds = (System.nanoTime() - start) / 1e9;
        drained.future().toCompletionStage().toCompletableFuture().orTimeout(60, SECONDS).join();
        client.close().toCompletionStage().toCompletableFuture().join();
        double unit = measured.total() / (load.streams() ? 100_000.0 : 1000.0);
        return new Figures(
                used.own().toNanos() / 1e9 / unit,
                used.all().toNanos() / 1e9 / unit,
                measured.total() / seconds,
                measured.millis(50),
                measured.millis(99),
                errors);
    }

    private void begin() {
        open = load.connections();
        for (int i = 0; i < load.connections(); i++) {
            post(i, i);
        }
    }

    private Percentiles end() {
        over = true;
        return forget();
    }

    /** What follows is counted anew. */
    private Percentiles forget() {
        Percentiles before = times;
        times = new Percentiles();
        return before;
    }

    private static <T> T on(Context loop, Supplier<T> step) {
        CompletableFuture<T> done = new CompletableFuture<>();
        loop.runOnContext(_ -> done.complete(step.get()));
        return done.orTimeout(60, SECONDS).join();
    }

    private void post(int connection, int chat) {
        if (over) {
            open--;
            if (open == 0) {
                drained.complete();
            }
            return;
        }
        int next = chat + load.connections();
        long start = System.nanoTime();
        client.request(new RequestOptions(options).setURI(target.paths().get(chat)))
                .compose(request -> request.send(BODY))
                .compose(answer -> load.streams() ? stream(answer) : whole(answer, start))
                .onFailure(_ -> errors++)
                .onComplete(_ -> post(connection, next < load.chats() ? next : connection));
    }

    private Future<Void> whole(HttpClientResponse answer, long start) {
        return answer.end()
                .onSuccess(
                        _ -> {
                            count(answer.statusCode() / 100 == 2);
                            times.add(
                                    (System.nanoTime() - start) / 1000 - load.delayMillis() * 1000);
                        });
    }

    private Future<Void> stream(HttpClientResponse answer) {
        int[] deltas = {0};
        answer.handler(
                RecordParser.newDelimited(
                        "\n\n",
                        event -> {
                            if (isDelta(event)) {
                                Stamp.ages(
                                        event,
                                        age -> {
                                            times.add(age);
                                            deltas[0]++;
                                        });
                            }
                        }));
        return answer.end().onSuccess(_ -> count(deltas[0] == SimulatedModel.DELTAS));
    }

    /** As the service names them, or the model, which does not; the last event has it all again. */
    static boolean isDelta(Buffer event) {
        return event.length() > 8 && (event.getByte(0) == 'd' || event.getByte(7) == 'd');
    }

    private void count(boolean right) {
        if (!right) {
            errors++;
        }
    }
}

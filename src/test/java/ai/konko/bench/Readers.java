package ai.konko.bench;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.parsetools.RecordParser;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Those who follow running replies at one service, on one event loop, and how old deltas are. */
public final class Readers implements AutoCloseable {
    private static final Vertx VERTX = Vertx.vertx();
    private static final int OK = 200;

    private final Context loop = VERTX.getOrCreateContext();
    private final HttpClient client;
    private final AtomicInteger attached = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private Percentiles ages = new Percentiles();

    /**
     * @param paths of the replies, one for each reader
     */
    public Readers(int port, String credential, List<String> paths) {
        this.client =
                VERTX.createHttpClient(
                        new HttpClientOptions()
                                .setDefaultHost("127.0.0.1")
                                .setDefaultPort(port)
                                .setMaxPoolSize(paths.size()));
        RequestOptions options =
                new RequestOptions()
                        .setMethod(HttpMethod.GET)
                        .putHeader("Accept", "text/event-stream")
                        .putHeader("Authorization", "Bearer " + credential);
        loop.runOnContext(
                _ ->
                        paths.forEach(
                                path ->
                                        client.request(new RequestOptions(options).setURI(path))
                                                .compose(request -> request.send())
                                                .onSuccess(this::read)
                                                .onFailure(_ -> failed.incrementAndGet())));
    }

    /** What was written before one listened is no measure. */
    private void read(HttpClientResponse answer) {
        if (answer.statusCode() != OK) {
            failed.incrementAndGet();
            return;
        }
        attached.incrementAndGet();
        answer.endHandler(_ -> ended.incrementAndGet());
        long since = System.nanoTime();
        answer.handler(
                RecordParser.newDelimited(
                        "\n\n",
                        event -> {
                            if (ClosedLoop.isDelta(event)) {
                                long listening = (System.nanoTime() - since) / 1000;
                                Stamp.ages(event, age -> count(age, listening));
                            }
                        }));
    }

    private void count(long age, long listening) {
        if (age < listening) {
            ages.add(age);
        }
    }

    /** How many are sent their reply. */
    public int attached() {
        return attached.get();
    }

    /** How many were sent it to its end. */
    public int ended() {
        return ended.get();
    }

    /** How many were refused, or not answered at all. */
    public int failed() {
        return failed.get();
    }

    /** The ages since this was asked last. */
    public Percentiles ages() {
        CompletableFuture<Percentiles> taken = new CompletableFuture<>();
        loop.runOnContext(
                _ -> {
                    taken.complete(ages);
                    ages = new Percentiles();
                });
        return taken.orTimeout(60, TimeUnit.SECONDS).join();
    }

    @Override
    public void close() {
        client.close().toCompletionStage().toCompletableFuture().join();
    }
}

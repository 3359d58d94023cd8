package ai.konko.assistant;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.impl.VertxInternal;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Posts to the provider over HTTP/1.1, a connection a call, so that closing the connection stops
 * the model and nobody else. Nothing is sent twice, no redirect is followed. Each lane has one
 * event loop.
 */
@ApplicationScoped
class ModelClient {
    private final ModelEndpoint endpoint;
    private final ModelConfig.Model config;
    private final Clock clock;
    private final List<Lane> lanes;
    private final AtomicInteger next = new AtomicInteger();

    private record Lane(Context context, HttpClient http) {}

    ModelClient(ModelEndpoint endpoint, ModelConfig config, Clock clock, Vertx vertx) {
        this.endpoint = endpoint;
        this.config = config.model();
        this.clock = clock;
        int count =
                Math.min(Runtime.getRuntime().availableProcessors(), this.config.maxConnections());
        this.lanes = IntStream.range(0, count).mapToObj(_ -> lane(vertx, count)).toList();
    }

    private Lane lane(Vertx vertx, int count) {
        HttpClientOptions options =
                new HttpClientOptions()
                        .setProtocolVersion(HttpVersion.HTTP_1_1)
                        .setKeepAlive(false)
                        .setConnectTimeout((int) config.connectTimeout().toMillis());
        PoolOptions pool = new PoolOptions().setHttp1MaxSize(config.maxConnections() / count);
        return new Lane(
                ((VertxInternal) vertx).createEventLoopContext(),
                vertx.createHttpClient(options, pool));
    }

    @PreDestroy
    void close() {
        lanes.forEach(lane -> lane.http().close());
    }

    /**
     * Sends a request; its answer goes to the reader, on one event loop.
     *
     * @return completes when the reader has all of a successful answer; fails with a {@link
     *     ModelException} if there is none within the call's timeouts, with a {@link
     *     CancellationException} on cancel, or with what the reader threw. Whatever comes first is
     *     the end, and closes the connection.
     */
    CompletableFuture<@Nullable Void> send(Buffer body, ModelCall call, AnswerReader reader) {
        Lane lane = lanes.get(Math.floorMod(next.getAndIncrement(), lanes.size()));
        Exchange exchange = new Exchange(lane.context(), clock, call.timeouts(), body, reader);
        call.cancellation().onCancel(() -> exchange.over().cancel(false));
        lane.context()
                .runOnContext(
                        _ -> {
                            if (exchange.over().isDone()) {
                                return;
                            }
                            exchange.begin();
                            lane.http()
                                    .request(request())
                                    .onSuccess(exchange::send)
                                    .onFailure(_ -> exchange.unreachable());
                        });
        return exchange.over();
    }

    private RequestOptions request() {
        RequestOptions options =
                new RequestOptions()
                        .setMethod(HttpMethod.POST)
                        .setAbsoluteURI(endpoint.completions().toString())
                        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                        .putHeader(HttpHeaders.ACCEPT, "application/json, text/event-stream");
        endpoint.apiKey()
                .ifPresent(key -> options.putHeader(HttpHeaders.AUTHORIZATION, "Bearer " + key));
        return options;
    }
}

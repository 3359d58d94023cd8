package ai.konko.assistant;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.impl.VertxInternal;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

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
     * Sends a request and waits for the whole answer.
     *
     * @return the body of a successful answer
     * @throws ModelException if there is none within the call's timeout
     * @throws CancellationException on cancel, with the connection closed
     */
    Buffer post(Buffer body, ModelCall call) {
        CompletableFuture<Buffer> answer = new CompletableFuture<>();
        call.cancellation().onCancel(() -> answer.cancel(false));
        Lane lane = lanes.get(Math.floorMod(next.getAndIncrement(), lanes.size()));
        lane.context()
                .runOnContext(
                        _ ->
                                lane.http()
                                        .request(request())
                                        .onSuccess(
                                                request ->
                                                        send(request, body, answer, lane.context()))
                                        .onFailure(
                                                _ -> answer.completeExceptionally(unreachable())));
        return await(answer, call.timeout());
    }

    private RequestOptions request() {
        RequestOptions options =
                new RequestOptions()
                        .setMethod(HttpMethod.POST)
                        .setAbsoluteURI(endpoint.completions().toString())
                        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                        .putHeader(HttpHeaders.ACCEPT, "application/json");
        endpoint.apiKey()
                .ifPresent(key -> options.putHeader(HttpHeaders.AUTHORIZATION, "Bearer " + key));
        return options;
    }

    private void send(
            HttpClientRequest request,
            Buffer body,
            CompletableFuture<Buffer> answer,
            Context lane) {
        if (answer.isDone()) {
            request.connection().close();
            return;
        }
        answer.exceptionally(
                _ -> {
                    lane.runOnContext(_ -> request.connection().close());
                    return null;
                });
        request.exceptionHandler(_ -> answer.completeExceptionally(brokeOff()));
        request.send(body)
                .onSuccess(response -> receive(response, answer))
                .onFailure(_ -> answer.completeExceptionally(brokeOff()));
    }

    private void receive(HttpClientResponse response, CompletableFuture<Buffer> answer) {
        response.exceptionHandler(_ -> answer.completeExceptionally(brokeOff()));
        Buffer body = Buffer.buffer();
        if (response.statusCode() != 200) {
            answer.completeExceptionally(refusal(response));
            return;
        }
        response.endHandler(_ -> answer.complete(body));
        response.handler(
                part -> {
                    if (body.length() + part.length() > config.maxAnswerBytes()) {
                        answer.completeExceptionally(
                                ModelException.failed("The model's answer is too long."));
                    } else {
                        body.appendBuffer(part);
                    }
                });
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

    private static ModelException unreachable() {
        return ModelException.unavailable(
                "The model's provider can't be reached.", RetryAfter.DEFAULT);
    }

    private static ModelException brokeOff() {
        return ModelException.failed("The model's provider broke off.");
    }

    private Buffer await(CompletableFuture<Buffer> answer, Duration timeout) {
        try {
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            ModelException timedOut = ModelException.timedOut("The model took too long.");
            answer.completeExceptionally(timedOut);
            throw timedOut;
        } catch (InterruptedException _) {
            answer.cancel(false);
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof ModelException known
                    ? known
                    : new IllegalStateException(
                            "a model call failed for no known reason", failed.getCause());
        }
    }
}

package ai.konko.assistant;

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
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Posts to the provider, one HTTP/1.1 connection a call, so that closing the connection stops the
 * model. Nothing is sent twice, no redirect is followed.
 */
@ApplicationScoped
class ModelClient {
    private final ModelEndpoint endpoint;
    private final ModelConfig.Model config;
    private final Clock clock;
    private final HttpClient http;

    ModelClient(ModelEndpoint endpoint, ModelConfig config, Clock clock, Vertx vertx) {
        this.endpoint = endpoint;
        this.config = config.model();
        this.clock = clock;
        this.http =
                vertx.createHttpClient(
                        new HttpClientOptions()
                                .setProtocolVersion(HttpVersion.HTTP_1_1)
                                .setConnectTimeout((int) this.config.connectTimeout().toMillis()),
                        new PoolOptions().setHttp1MaxSize(this.config.maxConnections()));
    }

    @PreDestroy
    void close() {
        http.close();
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
        http.request(request())
                .onSuccess(request -> send(request, body, answer))
                .onFailure(
                        _ ->
                                answer.completeExceptionally(
                                        ModelException.unavailable(
                                                "The model's provider can't be reached.",
                                                RetryAfter.DEFAULT)));
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

    private void send(HttpClientRequest request, Buffer body, CompletableFuture<Buffer> answer) {
        request.exceptionHandler(_ -> answer.completeExceptionally(brokeOff()));
        answer.exceptionally(
                _ -> {
                    request.reset();
                    return null;
                });
        if (answer.isDone()) {
            return;
        }
        request.send(body)
                .onSuccess(response -> receive(response, answer))
                .onFailure(_ -> answer.completeExceptionally(brokeOff()));
    }

    private void receive(HttpClientResponse response, CompletableFuture<Buffer> answer) {
        response.exceptionHandler(_ -> answer.completeExceptionally(brokeOff()));
        if (response.statusCode() != 200) {
            answer.completeExceptionally(refusal(response));
            return;
        }
        Buffer body = Buffer.buffer();
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

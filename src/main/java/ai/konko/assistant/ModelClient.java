package ai.konko.assistant;

import ai.konko.chat.ChatLimits;
import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Asks the provider over HTTP/1.1, one call at a time on a connection, so that closing the
 * connection stops the model and nobody else. Nothing is sent twice, no redirect is followed.
 *
 * <p>Each event loop is a lane of its own. A call that is made on one stays on it, if there is a
 * connection to be had, so that a request, its turn and the model's answer need not change threads.
 */
@Singleton
class ModelClient {
    private static final String PROXY_AUTHORIZATION = "proxy-authorization";

    private final Clock clock;
    private final Connector connector;
    private final AnswerBounds bounds;
    private final String completions;
    private final List<Header> headers;
    private final List<Lane> lanes = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();

    private record Header(CharSequence name, String value) {}

    ModelClient(
            ModelEndpoint endpoint,
            ModelConfig config,
            ChatLimits limits,
            Clock clock,
            Vertx vertx) {
        this.clock = clock;
        this.bounds = AnswerBounds.of(config.model(), limits);
        VertxInternal internal = (VertxInternal) vertx;
        this.connector = new Connector(endpoint, config.model(), internal);
        this.completions = target(ProviderResource.CHAT_COMPLETIONS.path());
        this.headers = headers(endpoint, config.model(), connector);
        int all = config.model().maxConnections();
        List<ContextInternal> loops = loops(internal).stream().limit(all).toList();
        int most = all / loops.size();
        Duration coalescing = config.model().tokenCoalescing();
        for (ContextInternal loop : loops) {
            lanes.add(
                    new Lane(
                            loop,
                            new Connections(loop, connector, most),
                            new TokenCoalescing(
                                    (SingleThreadEventLoop) loop.nettyEventLoop(), coalescing)));
        }
    }

    private static List<Header> headers(
            ModelEndpoint endpoint, ModelConfig.Model config, Connector connector) {
        ModelAddress address = endpoint.completions();
        List<Header> headers = new ArrayList<>();
        headers.add(new Header(HttpHeaders.HOST, address.authority()));
        headers.add(new Header(HttpHeaders.CONTENT_TYPE, "application/json"));
        headers.add(new Header(HttpHeaders.ACCEPT, "application/json, text/event-stream"));
        headers.add(new Header(HttpHeaders.ACCEPT_ENCODING, "identity"));
        endpoint.apiKey()
                .map(
                        key ->
                                config.apiKeyHeader()
                                        .map(name -> new Header(name, key))
                                        .orElse(
                                                new Header(
                                                        HttpHeaders.AUTHORIZATION,
                                                        "Bearer " + key)))
                .ifPresent(headers::add);
        if (address.user() != null) {
            headers.add(new Header(HttpHeaders.AUTHORIZATION, Connector.basic(address.user())));
        }
        if (connector.proxyAuthorization() != null) {
            headers.add(new Header(PROXY_AUTHORIZATION, connector.proxyAuthorization()));
        }
        return List.copyOf(headers);
    }

    private static List<ContextInternal> loops(VertxInternal vertx) {
        List<ContextInternal> loops = new ArrayList<>();
        for (EventExecutor each : vertx.getEventLoopGroup()) {
            loops.add(
                    vertx.createEventLoopContext(
                            (EventLoop) each,
                            null,
                            Thread.currentThread().getContextClassLoader()));
        }
        return loops;
    }

    @PreDestroy
    void close() {
        connector.close();
    }

    /** How long an answer may be. */
    AnswerBounds bounds() {
        return bounds;
    }

    /**
     * Sends a request; its answer goes to the reader, on one event loop: the calling one, if it is
     * called on one.
     *
     * @return completes when the reader has all of a successful answer; fails with a {@link
     *     ModelException} if there is none within the call's timeouts, with a {@link
     *     CancellationException} on cancel, or with what the reader threw. Whatever comes first is
     *     the end; but no failure of the model is one if the answer is {@linkplain
     *     AnswerReader#finished whole} by then.
     */
    CompletableFuture<@Nullable Void> send(Buffer body, ModelParameters call, AnswerReader reader) {
        return send(
                HttpMethod.POST,
                completions,
                body,
                call.timeouts(),
                call.cancellation(),
                call.allowance(),
                reader);
    }

    /**
     * The same, for whatever the provider has.
     *
     * @param target see {@link #target}
     */
    CompletableFuture<@Nullable Void> send(
            HttpMethod method,
            String target,
            Buffer body,
            Timeouts timeouts,
            Cancellation cancellation,
            TextAllowance allowance,
            AnswerReader reader) {
        Lane lane = lane();
        ContextInternal own = lane.loop().duplicate(); // what is noted for the log is the call's
        Exchange exchange =
                new Exchange(
                        own,
                        lane,
                        clock,
                        timeouts,
                        request -> head(request, method, target),
                        body,
                        reader,
                        allowance,
                        bounds.bytes());
        cancellation.onCancel(() -> exchange.over().cancel(false));
        own.emit(_ -> exchange.begin());
        CompletableFuture<@Nullable Void> read = new CompletableFuture<>();
        CompletableFuture<@Nullable Void> _ =
                exchange.over()
                        .whenComplete(
                                (_, failed) -> {
                                    if (failed == null
                                            || (failed instanceof ModelException
                                                    && reader.finished())) {
                                        read.complete(null);
                                    } else {
                                        read.completeExceptionally(failed);
                                    }
                                });
        return read;
    }

    /**
     * @param path behind the base URL, such as {@code embeddings}
     * @return the target of requests for that
     */
    String target(String path) {
        return connector.target(path);
    }

    private Lane lane() {
        for (Lane each : lanes) {
            if (each.loop().nettyEventLoop().inEventLoop() && !each.connections().full()) {
                return each;
            }
        }
        Lane other = null;
        for (int i = 0; i < lanes.size() && (other == null || other.connections().full()); i++) {
            other = lanes.get(Math.floorMod(next.getAndIncrement(), lanes.size()));
        }
        return Objects.requireNonNull(other);
    }

    private void head(HttpClientRequest request, HttpMethod method, String target) {
        request.setMethod(method).setURI(target);
        for (Header each : headers) {
            request.putHeader(each.name(), each.value());
        }
    }
}

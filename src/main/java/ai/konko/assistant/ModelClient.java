package ai.konko.assistant;

import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpClientInternal;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.net.SocketAddress;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URI;
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
 * Posts to the provider over HTTP/1.1, one call at a time on a connection, so that closing the
 * connection stops the model and nobody else. Nothing is sent twice, no redirect is followed.
 *
 * <p>Each event loop is a lane of its own. A call that is made on one stays on it, if there is a
 * connection to be had, so that a request, its turn and the model's answer need not change threads.
 */
@ApplicationScoped
class ModelClient {
    private static final int HTTPS = 443;
    private static final int HTTP = 80;

    /** Content delivery networks put several KB of cookies and policies before an answer. */
    private static final int MOST_HEADER_BYTES = 64 * 1024;

    private final Clock clock;
    private final int mostBytes;
    private final String target;
    private final String host;
    private final @Nullable String authorization;
    private final HttpClientInternal http;
    private final List<Lane> lanes = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();

    ModelClient(ModelEndpoint endpoint, ModelConfig config, Clock clock, Vertx vertx) {
        this.clock = clock;
        this.mostBytes = config.model().maxAnswerBytes();
        URI address = endpoint.completions();
        boolean tls = address.getScheme().equals("https");
        int port = address.getPort() > 0 ? address.getPort() : tls ? HTTPS : HTTP;
        this.target =
                address.getRawPath()
                        + (address.getRawQuery() == null ? "" : "?" + address.getRawQuery());
        this.host = address.getHost() + (address.getPort() > 0 ? ":" + port : "");
        this.authorization = endpoint.apiKey().map(key -> "Bearer " + key).orElse(null);
        HttpClientOptions options =
                new HttpClientOptions()
                        .setProtocolVersion(HttpVersion.HTTP_1_1)
                        .setSsl(tls)
                        .setMaxHeaderSize(MOST_HEADER_BYTES)
                        .setKeepAliveTimeout(Connections.KEPT_SECONDS)
                        .setConnectTimeout((int) config.model().connectTimeout().toMillis());
        this.http = (HttpClientInternal) vertx.createHttpClient(options);
        SocketAddress server =
                SocketAddress.inetSocketAddress(port, withoutBrackets(address.getHost()));
        int all = config.model().maxConnections();
        List<ContextInternal> loops = loops((VertxInternal) vertx).stream().limit(all).toList();
        int most = all / loops.size();
        Duration coalescing = config.model().tokenCoalescing();
        for (ContextInternal loop : loops) {
            lanes.add(
                    new Lane(
                            loop,
                            new Connections(loop, http, server, most),
                            new TokenCoalescing(
                                    (SingleThreadEventLoop) loop.nettyEventLoop(), coalescing)));
        }
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
        http.close();
    }

    /**
     * Sends a request; its answer goes to the reader, on one event loop: the calling one, if it is
     * called on one.
     *
     * @return completes when the reader has all of a successful answer; fails with a {@link
     *     ModelException} if there is none within the call's timeouts, with a {@link
     *     CancellationException} on cancel, or with what the reader threw. Whatever comes first is
     *     the end.
     */
    CompletableFuture<@Nullable Void> send(Buffer body, ModelCall call, AnswerReader reader) {
        Lane lane = lane();
        ContextInternal own = lane.loop().duplicate(); // what is noted for the log is the call's
        Exchange exchange =
                new Exchange(
                        own,
                        lane,
                        clock,
                        call.timeouts(),
                        this::head,
                        body,
                        reader,
                        call.allowance(),
                        mostBytes);
        call.cancellation().onCancel(() -> exchange.over().cancel(false));
        own.emit(_ -> exchange.begin());
        return exchange.over();
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

    private void head(HttpClientRequest request) {
        request.setMethod(HttpMethod.POST)
                .setURI(target)
                .putHeader(HttpHeaders.HOST, host)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .putHeader(HttpHeaders.ACCEPT, "application/json, text/event-stream")
                .putHeader(HttpHeaders.ACCEPT_ENCODING, "identity");
        if (authorization != null) {
            request.putHeader(HttpHeaders.AUTHORIZATION, authorization);
        }
    }

    /** A URI has an IPv6 address in brackets (RFC 3986, 3.2.2). */
    private static String withoutBrackets(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }
}

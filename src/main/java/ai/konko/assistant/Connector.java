package ai.konko.assistant;

import io.quarkus.tls.runtime.config.TlsConfigUtils;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.impl.HttpChannelConnector;
import io.vertx.core.http.impl.HttpClientConnection;
import io.vertx.core.http.impl.HttpClientImpl;
import io.vertx.core.http.impl.HttpClientInternal;
import io.vertx.core.impl.CloseFuture;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.NetClientImpl;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Opens connections to the provider over HTTP/1.1: straight, or through a proxy. An HTTP proxy is
 * asked for each plain request itself, and for a tunnel to a provider with TLS; a SOCKS proxy for a
 * tunnel in any case.
 */
final class Connector {
    /**
     * Headers may be long, because content delivery networks add several KB of cookies and
     * policies.
     */
    private static final int MOST_HEADER_BYTES = 64 * 1024;

    private final HttpClientInternal http;

    /** Null if connections go to the provider, or to a proxy that gets the requests itself. */
    private final @Nullable HttpChannelConnector tunnel;

    private final SocketAddress server;
    private final ModelAddress provider;

    /** Whether an HTTP proxy is asked for each request. */
    private final boolean asked;

    private final @Nullable String proxyAuthorization;

    Connector(ModelEndpoint endpoint, ModelConfig.Model config, VertxInternal vertx) {
        ModelAddress address = endpoint.completions();
        ProxyOptions proxy = endpoint.proxy().orElse(null);
        HttpClientOptions options = options(endpoint, config);
        SocketAddress there = SocketAddress.inetSocketAddress(address.port(), address.host());
        this.provider = address;
        this.asked = proxy != null && proxy.getType() == ProxyType.HTTP && !address.tls();
        if (proxy == null || asked) {
            this.http = (HttpClientInternal) vertx.createHttpClient(options);
            this.tunnel = null;
            this.server =
                    proxy == null
                            ? there
                            : SocketAddress.inetSocketAddress(proxy.getPort(), proxy.getHost());
            this.proxyAuthorization = proxy == null ? null : authorization(proxy);
            return;
        }
        HttpClientImpl own =
                new HttpClientImpl(vertx, options, new PoolOptions(), new CloseFuture());
        this.http = own;
        this.server = there;
        this.proxyAuthorization = null; // the tunnel's request has it
        this.tunnel =
                new HttpChannelConnector(
                        own,
                        (NetClientImpl) own.netClient(),
                        new ProxyOptions(proxy).setConnectTimeout(config.connectTimeout()),
                        null,
                        HttpVersion.HTTP_1_1,
                        address.tls(),
                        false,
                        there,
                        there);
    }

    private static HttpClientOptions options(ModelEndpoint endpoint, ModelConfig.Model config) {
        HttpClientOptions options =
                new HttpClientOptions()
                        .setProtocolVersion(HttpVersion.HTTP_1_1)
                        .setMaxHeaderSize(MOST_HEADER_BYTES)
                        .setKeepAliveTimeout(Connections.KEPT_SECONDS)
                        .setConnectTimeout((int) config.connectTimeout().toMillis());
        endpoint.tls().ifPresent(tls -> TlsConfigUtils.configure(options, tls));
        options.setSsl(endpoint.completions().tls());
        config.ca().ifPresent(pem -> options.setTrustOptions(Authorities.with(Path.of(pem))));
        return options;
    }

    private static @Nullable String authorization(ProxyOptions proxy) {
        return proxy.getUsername() == null
                ? null
                : basic(proxy.getUsername() + ":" + proxy.getPassword());
    }

    /** The credentials of RFC 7617. */
    static String basic(String user) {
        return "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * @param path behind the base URL
     * @return the target in the request line
     */
    String target(String path) {
        ModelAddress address = provider.at(path);
        return asked ? address.absolute() : address.target();
    }

    @Nullable String proxyAuthorization() {
        return proxyAuthorization;
    }

    /** A connection on the event loop of {@code loop}, on which this is called. */
    Future<HttpClientConnection> connect(ContextInternal loop) {
        if (tunnel == null) {
            return http.connect(server, server);
        }
        Promise<HttpClientConnection> connected = loop.promise();
        tunnel.httpConnect(loop, connected);
        return connected.future();
    }

    void close() {
        Future<Void> _ = http.close();
    }
}

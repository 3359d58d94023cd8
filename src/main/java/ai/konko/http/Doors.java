package ai.konko.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ServerChannel;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.quarkus.vertx.http.HttpServerStart;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.impl.VertxInternal;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Puts a {@link RequestGate} before each connection, before anybody reads from it. Vert.x has no
 * setting for that, so it is done on the channels that listen, see {@code
 * src/docs/adr/0015-a-gate-before-the-server.md}.
 */
@ApplicationScoped
class Doors implements HttpServerOptionsCustomizer {
    private static final String NAME = "konko.doors";

    /** Vert.x counts slightly differently, and the gate must be the first to refuse. */
    private static final int LESS = 16;

    /** How many requests a client may have under way on one connection of HTTP/2. */
    private static final int STREAMS = 100;

    /**
     * Netty refuses a head without a problem document, so it may refuse only those that are far too
     * long.
     */
    private static final long TOO_LONG_A_HEAD = 2;

    /** How long a client may take to close a WebSocket that the service has closed. */
    private static final int CLOSING_SECONDS = 5;

    private final Vertx vertx;
    private final GateRules rules;
    private final int longestMessage;

    Doors(
            Vertx vertx,
            HttpLimits limits,
            @ConfigProperty(name = "quarkus.http.limits.max-initial-line-length") int longestLine,
            @ConfigProperty(name = "quarkus.http.limits.max-header-size") MemorySize longestHead,
            Refusals refusals) {
        this.vertx = vertx;
        this.longestMessage = new BodyLimit(limits).longest();
        this.rules =
                new GateRules(
                        longestLine - LESS,
                        Math.toIntExact(longestHead.asLongValue()) - LESS,
                        limits.requestTime().toNanos(),
                        limits.idleTime().toNanos(),
                        refusals);
    }

    @Override
    public void customizeHttpServer(HttpServerOptions options) {
        bound(options);
    }

    @Override
    public void customizeHttpsServer(HttpServerOptions options) {
        bound(options);
    }

    private void bound(HttpServerOptions options) {
        Http2Settings settings = options.getInitialSettings();
        settings.setMaxConcurrentStreams(STREAMS)
                .setMaxHeaderListSize(TOO_LONG_A_HEAD * rules.longestHead());
        options.setInitialSettings(settings)
                .setSslHandshakeTimeout(rules.requestTime())
                .setSslHandshakeTimeoutUnit(TimeUnit.NANOSECONDS)
                .setWebSocketClosingTimeout(CLOSING_SECONDS)
                .setMaxWebSocketFrameSize(longestMessage)
                .setMaxWebSocketMessageSize(longestMessage)
                // A few bytes could become very many.
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false);
    }

    /** In dev mode the server keeps listening while the service restarts. */
    void again(@Observes StartupEvent event) {
        guard();
    }

    void opened(@ObservesAsync HttpServerStart event) {
        guard();
    }

    private void guard() {
        for (EventExecutor loop : ((VertxInternal) vertx).getAcceptorEventLoopGroup()) {
            if (loop instanceof SingleThreadEventLoop listening) {
                listening.execute(
                        () -> listening.registeredChannelsIterator().forEachRemaining(this::guard));
            }
        }
    }

    private void guard(Channel channel) {
        if (channel instanceof ServerChannel) {
            if (channel.pipeline().get(NAME) != null) {
                channel.pipeline().remove(NAME);
            }
            channel.pipeline().addFirst(NAME, new Door(rules));
        }
    }

    /** A channel that listens reads connections. */
    @Sharable
    private static final class Door extends ChannelInboundHandlerAdapter {
        private final GateRules rules;

        Door(GateRules rules) {
            this.rules = rules;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object connection) {
            if (connection instanceof Channel channel) {
                RequestGate.guard(channel.pipeline(), rules);
            }
            context.fireChannelRead(connection);
        }
    }
}

package ai.konko.relay;

import ai.konko.chat.Fault;
import ai.konko.chat.Message;
import ai.konko.chat.Writer;
import ai.konko.conversation.Relayed;
import ai.konko.conversation.ReplyRelay;
import ai.konko.http.ReplicaDoor;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.parsetools.RecordParser;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.WeakHashMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Asks other replicas for replies that they run, over HTTP/2, so that many replies share a few
 * connections. Everything but {@link #open} happens on one event loop, that of {@code loop}: what
 * it does for a piece of text is little, and those who listen are served on loops of their own.
 */
@ApplicationScoped
class RelayClient implements ReplyRelay {
    private static final Logger LOG = Logger.getLogger(RelayClient.class);
    private static final int CONNECT_MILLIS = 2000;
    private static final int MOST_CONNECTIONS = 100;
    private static final int WINDOW_BYTES = 1 << 20;
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;
    private static final int OK = 200;

    private final ObjectMapper json;
    private final Context loop;
    private final HttpClient http;

    /** When something came last, by {@link System#nanoTime}. */
    private final Map<HttpConnection, Long> heard = new WeakHashMap<>();

    RelayClient(Vertx vertx, ObjectMapper json) {
        this.json = json;
        this.loop = ((VertxInternal) vertx).createEventLoopContext();
        this.http =
                vertx.createHttpClient(
                        new HttpClientOptions()
                                .setProtocolVersion(HttpVersion.HTTP_2)
                                .setHttp2ClearTextUpgrade(false)
                                .setUseAlpn(true)
                                .setHttp2ConnectionWindowSize(WINDOW_BYTES)
                                .setHttp2MaxPoolSize(MOST_CONNECTIONS)
                                .setConnectTimeout(CONNECT_MILLIS));
    }

    @PreDestroy
    void close() {
        Future<Void> _ = http.close();
    }

    @Override
    public Call open(Writer writer, Message reply, Relayed to) {
        Asked asked = new Asked(writer, to);
        RequestOptions options =
                options(writer.address(), RelayEndpoint.of(reply.id(), reply.attempt()))
                        .putHeader(HttpHeaders.AUTHORIZATION, ReplicaDoor.credential(writer));
        loop.runOnContext(_ -> asked.ask(options));
        return asked;
    }

    /** The host of an IPv6 address has brackets in a request, and none where it is connected to. */
    private static RequestOptions options(URI address, String target) {
        boolean tls = "https".equals(address.getScheme());
        int port = address.getPort() >= 0 ? address.getPort() : tls ? HTTPS_PORT : HTTP_PORT;
        String host = address.getHost();
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        return new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setServer(SocketAddress.inetSocketAddress(port, bare))
                .setHost(host)
                .setPort(port)
                .setSsl(tls)
                .setURI(target);
    }

    /** One reply that another replica is asked for. */
    private final class Asked implements Call {
        private final Writer writer;
        private final Relayed to;
        private @Nullable HttpClientRequest request;
        private long last = System.nanoTime();
        private boolean over;

        Asked(Writer writer, Relayed to) {
            this.writer = writer;
            this.to = to;
        }

        void ask(RequestOptions options) {
            Future<HttpClientResponse> _ =
                    http.request(options)
                            .compose(this::send)
                            .onSuccess(this::answered)
                            .onFailure(_ -> end());
        }

        private Future<HttpClientResponse> send(HttpClientRequest opened) {
            request = opened;
            return over ? Future.failedFuture("not needed any more") : opened.send();
        }

        private void answered(HttpClientResponse answer) {
            answer.exceptionHandler(_ -> end()); // first, or Vert.x logs a reset as an error
            heard(answer.request());
            if (over || answer.statusCode() != OK || !ReplicaDoor.isFrom(writer, answer)) {
                end();
                return;
            }
            answer.handler(RecordParser.newDelimited("\n", line -> line(answer.request(), line)));
            answer.endHandler(_ -> end());
        }

        private void heard(HttpClientRequest from) {
            last = System.nanoTime();
            heard.put(from.connection(), last);
        }

        private void line(HttpClientRequest from, Buffer line) {
            if (over) {
                return;
            }
            heard(from);
            to.heard();
            try {
                RelayedLine.read(line, json, to.draft());
            } catch (IOException | RuntimeException unreadable) {
                LOG.debugf(Fault.of(unreadable), "A relayed reply can't be read");
                end();
            }
        }

        private void end() {
            boolean first = !over;
            over = true;
            if (request != null) {
                boolean _ = request.reset(); // nothing, if it has ended
            }
            if (first) {
                to.over();
            }
        }

        @Override
        public void stop() {
            loop.runOnContext(_ -> end());
        }

        @Override
        public void giveUp() {
            loop.runOnContext(
                    _ -> {
                        end();
                        if (request != null) {
                            closeIfSilent(request.connection());
                        }
                    });
        }

        /** Others may hear something over the same connection; then only this reply is silent. */
        private void closeIfSilent(HttpConnection connection) {
            Long any = heard.get(connection);
            if (any == null || any - last <= 0) {
                Future<Void> _ = connection.close();
            }
        }
    }
}

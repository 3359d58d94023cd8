package ai.konko.offline;

import io.quarkus.arc.Unremovable;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.net.URI;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The built-in model's server, on loopback only. It starts when its address is first needed. */
@ApplicationScoped
class OfflineModel {

    private static final String LOOPBACK = "127.0.0.1";

    private static final FileSystemOptions NO_FILES =
            new FileSystemOptions()
                    .setFileCachingEnabled(false)
                    .setClassPathResolvingEnabled(false);

    private final Vertx vertx;

    /** Set by the caller that starts the server; all others wait for the same promise. */
    private final AtomicReference<@Nullable Promise<HttpServer>> server = new AtomicReference<>();

    /**
     * With a Vert.x of its own, because on the service's, this server's metrics would pass for the
     * service's, and keep the service's own server from starting.
     */
    @Inject
    OfflineModel() {
        this(
                Vertx.vertx(
                        new VertxOptions()
                                .setEventLoopPoolSize(1)
                                .setWorkerPoolSize(1)
                                .setInternalBlockingPoolSize(1)
                                .setFileSystemOptions(NO_FILES)));
    }

    OfflineModel(Vertx vertx) {
        this.vertx = vertx;
    }

    /** {@link #baseUrl()} for other rooms, which must not import this class. */
    @Produces
    @Named("offline-model")
    @Unremovable
    Supplier<URI> address() {
        return this::baseUrl;
    }

    /**
     * The first call starts the server, and blocks until it listens.
     *
     * @return the base URL for OpenAI's clients
     */
    URI baseUrl() {
        if (Context.isOnEventLoopThread()) {
            throw new IllegalStateException(
                    "The offline model cannot be started from an event loop.");
        }
        HttpServer listening = started().future().toCompletionStage().toCompletableFuture().join();
        return URI.create("http://" + LOOPBACK + ":" + listening.actualPort() + "/v1");
    }

    private Promise<HttpServer> started() {
        Promise<HttpServer> mine = Promise.promise();
        Promise<HttpServer> earlier = server.compareAndExchange(null, mine);
        if (earlier != null) {
            return earlier;
        }
        // HTTP/1.1 alone, because on loopback an upgrade to HTTP/2 gains nothing.
        var options =
                new HttpServerOptions()
                        .setHost(LOOPBACK)
                        .setPort(0)
                        .setHttp2ClearTextEnabled(false);
        vertx.createHttpServer(options)
                .requestHandler(new OfflineEndpoint(vertx)::handle)
                .listen()
                .onComplete(mine);
        return mine;
    }

    /** Stops the server, and cuts off the replies that it writes. */
    @PreDestroy
    void close() {
        vertx.close();
    }
}

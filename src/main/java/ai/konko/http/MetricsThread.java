package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Fault;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Collects the metrics on a thread of their own, so that they come also while the worker threads
 * are all taken. All requests that wait for the thread get the same metrics.
 */
@ApplicationScoped
@SuppressWarnings("deprecation") // the one registry that Quarkus has for Prometheus
class MetricsThread {
    private static final Logger LOG = Logger.getLogger(MetricsThread.class);
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String OPEN_METRICS =
            "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private final PrometheusMeterRegistry registry;
    private final Refusals refusals;
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("metrics").factory());

    /** Metrics that the thread has not begun to collect, by media type. */
    private final Map<String, CompletableFuture<Buffer>> next = new ConcurrentHashMap<>();

    MetricsThread(PrometheusMeterRegistry registry, Refusals refusals) {
        this.registry = registry;
        this.refusals = refusals;
    }

    void register(@Observes Router router) {
        router.get("/q/metrics").order(0).handler(this::hand);
    }

    @PreDestroy
    void stop() {
        thread.shutdown();
    }

    private void hand(RoutingContext request) {
        String type = type(request.request().getHeader(HttpHeaders.ACCEPT));
        CompletableFuture<Void> _ =
                metrics(type)
                        .handleAsync(
                                (metrics, failed) -> {
                                    answer(request, type, metrics, failed);
                                    return null;
                                },
                                ThisRequest.executor());
    }

    private CompletableFuture<Buffer> metrics(String type) {
        CompletableFuture<Buffer> mine = new CompletableFuture<>();
        CompletableFuture<Buffer> others = next.putIfAbsent(type, mine);
        if (others != null) {
            return others;
        }
        thread.execute(() -> collect(type, mine));
        return mine;
    }

    private void collect(String type, CompletableFuture<Buffer> metrics) {
        next.remove(type);
        try {
            metrics.complete(Buffer.buffer(registry.scrape(type)));
        } catch (RuntimeException | Error failed) {
            LOG.error("The metrics can't be collected", Fault.of(failed));
            metrics.completeExceptionally(failed);
        }
    }

    private void answer(
            RoutingContext request,
            String type,
            @Nullable Buffer metrics,
            @Nullable Throwable failed) {
        HttpServerResponse response = request.response();
        if (response.closed()) {
            return;
        }
        if (metrics == null || failed != null) {
            refusals.send(Problem.of(ErrorCode.INTERNAL, "The service failed."), request.request());
        } else {
            response.putHeader(HttpHeaders.CONTENT_TYPE, type).end(metrics);
        }
    }

    /** Chosen as Quarkus does. */
    private static String type(@Nullable String accept) {
        boolean plain =
                accept != null && (accept.contains("text/plain") || accept.contains("text/html"));
        return plain ? TEXT : OPEN_METRICS;
    }
}

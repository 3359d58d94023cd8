package ai.konko.api;

import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Gives out the metrics from a thread of their own, so that whoever watches the service sees it
 * also while its worker threads are all taken.
 */
@ApplicationScoped
@SuppressWarnings("deprecation") // the one registry that Quarkus has for Prometheus
class MetricsThread {
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String OPEN_METRICS =
            "application/openmetrics-text; version=1.0.0; charset=utf-8";
    private static final int WAITING = 16;
    private static final int UNAVAILABLE = 503;

    private final PrometheusMeterRegistry registry;
    private final ExecutorService thread =
            new ThreadPoolExecutor(
                    1,
                    1,
                    0,
                    TimeUnit.SECONDS,
                    new LinkedBlockingQueue<>(WAITING),
                    Thread.ofPlatform().daemon().name("metrics").factory());

    MetricsThread(PrometheusMeterRegistry registry) {
        this.registry = registry;
    }

    void register(@Observes Router router) {
        router.get("/q/metrics").order(0).handler(this::hand);
    }

    @PreDestroy
    void stop() {
        thread.shutdown();
    }

    private void hand(RoutingContext request) {
        Executor context = ThisRequest.executor();
        String type = type(request.request().getHeader(HttpHeaders.ACCEPT));
        try {
            thread.execute(() -> scrape(request.response(), context, type));
        } catch (RejectedExecutionException _) {
            request.response().setStatusCode(UNAVAILABLE).end();
        }
    }

    private void scrape(HttpServerResponse response, Executor context, String type) {
        String metrics = registry.scrape(type);
        context.execute(
                () -> {
                    if (!response.closed()) {
                        response.putHeader(HttpHeaders.CONTENT_TYPE, type).end(metrics);
                    }
                });
    }

    /** As Quarkus chooses it. */
    private static String type(@Nullable String accept) {
        boolean plain =
                accept != null && (accept.contains("text/plain") || accept.contains("text/html"));
        return plain ? TEXT : OPEN_METRICS;
    }
}

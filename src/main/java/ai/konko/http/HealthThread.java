package ai.konko.http;

import io.smallrye.health.AsyncHealthCheckFactory;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Priority;
import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Singleton;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/**
 * Runs health checks on a thread of their own. Quarkus runs them on worker threads, and the service
 * would look dead while these are all taken.
 */
@Singleton
@Alternative
@Priority(1)
class HealthThread extends AsyncHealthCheckFactory {
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("health").factory());

    @PreDestroy
    void stop() {
        thread.shutdown();
    }

    @Override
    public Uni<HealthCheckResponse> callSync(HealthCheck check) {
        return super.callSync(check).runSubscriptionOn(thread);
    }

    @Override
    public Uni<HealthCheckResponse> callAsync(AsyncHealthCheck check) {
        return super.callAsync(check).runSubscriptionOn(thread);
    }
}

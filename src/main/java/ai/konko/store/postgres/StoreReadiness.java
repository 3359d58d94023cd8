package ai.konko.store.postgres;

import ai.konko.store.StoreConfig;
import ai.konko.store.StoreConfig.Kind;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jspecify.annotations.Nullable;

/**
 * Not ready while the log can't be reached. A thread of its own asks the database, once for all
 * checks that come at the same time.
 */
@Readiness
@ApplicationScoped
class StoreReadiness implements AsyncHealthCheck {
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final StoreConfig config;
    private final Instance<PostgresStore> store;
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("readiness").factory());
    private final AtomicReference<@Nullable Uni<Boolean>> asking = new AtomicReference<>();

    StoreReadiness(StoreConfig config, Instance<PostgresStore> store) {
        this.config = config;
        this.store = store;
    }

    @PreDestroy
    void stop() {
        thread.shutdown();
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        Uni<Boolean> reachable =
                config.store() == Kind.MEMORY ? Uni.createFrom().item(true) : asked();
        return reachable.map(up -> HealthCheckResponse.builder().name("store").status(up).build());
    }

    private Uni<Boolean> asked() {
        Uni<Boolean> mine =
                Uni.createFrom()
                        .item(() -> store.get().reachable())
                        .runSubscriptionOn(thread)
                        .onTermination()
                        .invoke(() -> asking.set(null))
                        .memoize()
                        .indefinitely();
        Uni<Boolean> others = asking.compareAndExchange(null, mine);
        return (others == null ? mine : others).ifNoItem().after(PATIENCE).recoverWithItem(false);
    }
}

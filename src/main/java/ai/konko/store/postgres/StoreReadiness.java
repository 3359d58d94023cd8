package ai.konko.store.postgres;

import ai.konko.store.StoreConfig;
import ai.konko.store.StoreConfig.Kind;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Not ready while the log can't be reached. */
@Readiness
@ApplicationScoped
class StoreReadiness implements HealthCheck {
    private final StoreConfig config;
    private final Instance<PostgresStore> store;

    StoreReadiness(StoreConfig config, Instance<PostgresStore> store) {
        this.config = config;
        this.store = store;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.builder()
                .name("store")
                .status(config.store() == Kind.MEMORY || store.get().reachable())
                .build();
    }
}

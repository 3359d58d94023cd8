package ai.konko.store.postgres;

import ai.konko.store.StoreConfig;
import ai.konko.store.StoreConfig.Kind;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Not live if the embedded database server could not be restarted for long. Without any other
 * database, the service is not ready, but live, because to restart the service would not help.
 */
@Liveness
@ApplicationScoped
class StoreLiveness implements HealthCheck {
    private final StoreConfig config;
    private final Instance<PostgresStore> store;

    StoreLiveness(StoreConfig config, Instance<PostgresStore> store) {
        this.config = config;
        this.store = store;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.builder()
                .name("embedded server")
                .status(config.store() != Kind.EMBEDDED || store.get().isAlive())
                .build();
    }
}

package ai.konko.store.postgres;

import ai.konko.store.DatabaseUrl;
import ai.konko.store.StoreConfig;
import ai.konko.store.StoreConfig.Kind;
import io.agroal.api.configuration.AgroalConnectionFactoryConfiguration;
import io.agroal.api.security.SimplePassword;
import io.quarkus.runtime.configuration.ConfigurationException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/**
 * A way to the database beside the pool, because LISTEN does not last behind a pooler. User,
 * password and bounds of time are the pool's, unless the address has its own.
 */
final class DirectConnection {
    private final String jdbc;
    private final Properties properties = new Properties();

    /**
     * @param pool how the pool connects
     */
    DirectConnection(DatabaseUrl url, AgroalConnectionFactoryConfiguration pool) {
        this.jdbc = url.jdbc();
        properties.putAll(pool.jdbcProperties());
        put("user", pool.principal() == null ? null : pool.principal().getName());
        for (Object each : pool.credentials()) {
            put("password", each instanceof SimplePassword secret ? secret.getWord() : null);
        }
        put("user", url.username());
        put("password", url.password());
    }

    private void put(String name, @Nullable String value) {
        if (value != null) {
            properties.setProperty(name, value);
        }
    }

    /**
     * The one that is set; null if none is.
     *
     * @throws ConfigurationException if the setting has no address
     */
    static @Nullable DirectConnection of(
            StoreConfig config, AgroalConnectionFactoryConfiguration pool) {
        if (config.store() != Kind.POSTGRES || config.database().listenUrl().isEmpty()) {
            return null;
        }
        try {
            return new DirectConnection(DatabaseUrl.of(config.database().listenUrl().get()), pool);
        } catch (IllegalArgumentException wrong) {
            throw new ConfigurationException(
                    "KONKO_DATABASE_LISTEN_URL has to be as postgresql://host:port/database; it "
                            + wrong.getMessage()
                            + ".");
        }
    }

    Connection open() throws SQLException {
        Connection connection = new Driver().connect(jdbc, properties);
        if (connection == null) {
            throw new IllegalStateException("the driver does not take the address");
        }
        return connection;
    }
}

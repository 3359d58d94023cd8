package ai.konko.store.postgres;

import ai.konko.chat.RefusedException;
import ai.konko.store.DatabaseUrl;
import ai.konko.store.StoreConfig;
import ai.konko.store.StoreConfig.DatabaseConfig;
import ai.konko.store.StoreConfig.Kind;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.enterprise.inject.Instance;
import java.sql.Connection;
import java.sql.SQLException;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.exception.FlywayValidateException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Joins this replica to the log in the database: brings the schema up to date, then takes a lease.
 * A failure that may pass by itself is logged, once as long as it stays the same.
 */
final class DatabaseJoin {
    private static final Logger LOG = Logger.getLogger(DatabaseJoin.class);

    private static final int MOST_UNEXPLAINED = 3;

    private final Instance<Flyway> flyway;
    private final Database database;
    private final Replica replica;
    private final @Nullable DirectConnection direct;
    private final String hint;

    /** The failure that was logged last. */
    private @Nullable String logged;

    /** How often Flyway has failed without saying that the database has. */
    private int unexplained;

    /**
     * @param hint see {@link #hint}
     * @param direct see {@link ChangeNotifier}
     */
    DatabaseJoin(
            String hint,
            Instance<Flyway> flyway,
            Database database,
            Replica replica,
            @Nullable DirectConnection direct) {
        this.hint = hint;
        this.flyway = flyway;
        this.database = database;
        this.replica = replica;
        this.direct = direct;
    }

    /**
     * Comes before the first connection.
     *
     * @return what is often the reason why a database can't be used, to be added to a message
     * @throws ConfigurationException if the setting of the database's address has none
     */
    static String hint(StoreConfig config) {
        if (config.store() != Kind.POSTGRES) {
            return "";
        }
        DatabaseConfig database = config.database();
        DatabaseUrl url = address(database);
        boolean whole =
                (database.username().isPresent() || url.username() != null)
                        && (database.password().isPresent() || url.password() != null);
        return whole ? "" : " (KONKO_DATABASE_USERNAME or KONKO_DATABASE_PASSWORD is not set)";
    }

    private static DatabaseUrl address(DatabaseConfig config) {
        try {
            return DatabaseUrl.of(config.url().orElse(""));
        } catch (IllegalArgumentException wrong) {
            throw new ConfigurationException(
                    "KONKO_STORE=postgres needs KONKO_DATABASE_URL as"
                            + " postgresql://host:port/database; it "
                            + wrong.getMessage()
                            + ".");
        }
    }

    /**
     * @return whether the replica has joined; if not, it may be tried again
     * @throws ConfigurationException if the database refuses the service
     */
    boolean attempt() {
        try {
            migrate();
            replica.join(direct);
            return true;
        } catch (SQLException | FlywayException failed) {
            logIfPassing(failed);
            return false;
        } catch (RefusedException _) {
            return false;
        }
    }

    private void migrate() throws SQLException {
        try (Connection connection = database.connection()) {
            new Schema(flyway.get()).migrate(new Session(connection));
        }
        database.reconnect();
    }

    private void logIfPassing(Exception failed) {
        SQLException cause = cause(failed);
        String message = firstLine(cause == null ? failed.getMessage() : cause.getMessage());
        if (!mayPass(failed, cause)) {
            throw new ConfigurationException(
                    "The database refuses the service (%s): check KONKO_DATABASE_URL,"
                                    .formatted(message)
                            + " KONKO_DATABASE_USERNAME and KONKO_DATABASE_PASSWORD, and what the"
                            + " role may do there.");
        }
        if (!message.equals(logged)) {
            logged = message;
            LOG.warnf("The database can't be used yet%s: %s", hint, message);
        }
    }

    /**
     * If replicas start at the same time on a database without tables, all but one may find
     * Flyway's own table half made.
     */
    private boolean mayPass(Exception failed, @Nullable SQLException cause) {
        return cause == null
                ? !(failed instanceof FlywayValidateException) && ++unexplained <= MOST_UNEXPLAINED
                : SqlState.isPassing(cause);
    }

    /** The other lines may quote the statement. */
    private static String firstLine(@Nullable String message) {
        return message == null ? "" : message.lines().findFirst().orElse("");
    }

    private static @Nullable SQLException cause(Throwable failed) {
        Throwable cause = failed;
        while (cause != null && !(cause instanceof SQLException)) {
            cause = cause.getCause();
        }
        return (SQLException) cause;
    }
}

package ai.konko.store.postgres;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.Fault;
import ai.konko.chat.RefusedException;
import ai.konko.store.DatabaseUrl;
import ai.konko.store.StoreConfig;
import ai.konko.store.StoreConfig.Kind;
import io.agroal.api.AgroalDataSource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Supplier;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The log in PostgreSQL, from its start to its end: the server, if it is our own, then the schema,
 * then the lease. A database that can't be reached at the start is waited for; a server of our own
 * that ends by itself is started again.
 */
@ApplicationScoped
public class PostgresStore {
    private static final Logger LOG = Logger.getLogger(PostgresStore.class);
    private static final Duration AGAIN = Duration.ofSeconds(1);

    /** A server of our own that was not to be started for so long may need another process. */
    private static final Duration HOPELESS = Duration.ofMinutes(2);

    private final Instance<Flyway> flyway;
    private final Replica replica;
    private final PostgresChatRepository repository;
    private final Database database;
    private final @Nullable EmbeddedServer server;
    private final String hint;
    private volatile boolean joined;
    private @Nullable Loop joining;
    private @Nullable Loop keeping;

    /** Since when our own server is not there, by {@link System#nanoTime}; absent while it is. */
    private volatile @Nullable Long gone;

    /** Why the database can't be used yet. */
    private @Nullable String reason;

    /** Why the database could not be joined when it was there at last. */
    private @Nullable String refusal;

    PostgresStore(
            StoreConfig config,
            ChatLimits limits,
            Supplier<UUID> ids,
            Instance<AgroalDataSource> source,
            Instance<Flyway> flyway) {
        requireAddress(config);
        this.hint = hint(config);
        UUID me = UUID.randomUUID();
        boolean embedded = config.store() == Kind.EMBEDDED;
        this.flyway = flyway;
        this.server = embedded ? new EmbeddedServer(config.data(), EmbeddedServer.port()) : null;
        this.database =
                new Database(
                        source::get,
                        source.get().getConfiguration().connectionPoolConfiguration().maxSize(),
                        config.database().maxWaiting());
        Drafts drafts = new Drafts(me);
        this.replica =
                new Replica(
                        me,
                        database,
                        drafts,
                        config.database().lease(),
                        embedded,
                        config.database().flushInterval());
        this.repository = new PostgresChatRepository(limits, ids, database, replica, drafts);
    }

    private static void requireAddress(StoreConfig config) {
        if (config.store() == Kind.POSTGRES) {
            try {
                DatabaseUrl _ = DatabaseUrl.of(config.database().url().orElse(""));
            } catch (IllegalArgumentException wrong) {
                throw new ConfigurationException(
                        "KONKO_STORE=postgres needs KONKO_DATABASE_URL as"
                                + " postgresql://host:port/database; it "
                                + wrong.getMessage()
                                + ".");
            }
        }
    }

    /** What is often the reason why a database can't be reached. */
    private static String hint(StoreConfig config) {
        if (config.store() != Kind.POSTGRES) {
            return "";
        }
        DatabaseUrl url = DatabaseUrl.of(config.database().url().orElse(""));
        boolean whole =
                (config.database().username().isPresent() || url.username() != null)
                        && (config.database().password().isPresent() || url.password() != null);
        return whole ? "" : " (KONKO_DATABASE_USERNAME or KONKO_DATABASE_PASSWORD is not set)";
    }

    public ChatRepository repository() {
        return repository;
    }

    /** Whether the log can be used at this moment. */
    boolean reachable() {
        try {
            return joined && database.isWritable();
        } catch (RefusedException _) {
            return false;
        }
    }

    /**
     * Whether there is hope: false once a server of our own could not be started again for long.
     */
    boolean isAlive() {
        Long since = gone;
        return since == null || System.nanoTime() - since < HOPELESS.toNanos();
    }

    /** Only of a store that is used; an unused one is never made. */
    void start() throws IOException {
        if (server != null) {
            server.start();
            keeping = new Loop("embedded server", AGAIN, () -> keep(server));
        }
        if (!join()) {
            LOG.warn("The service waits for the database");
            joining = new Loop("join", AGAIN, this::joinAtLast);
        }
    }

    private void keep(EmbeddedServer own) {
        try {
            if (own.runs()) {
                gone = null;
                return;
            }
            if (gone == null) {
                gone = System.nanoTime();
                LOG.warn("The embedded database server has ended by itself and is started again");
            }
            own.startAgain();
        } catch (IOException | RuntimeException failed) {
            gone = gone == null ? Long.valueOf(System.nanoTime()) : gone;
            LOG.warnf(
                    "The embedded database server does not start: see postgresql.log in KONKO_DATA (%s)",
                    failed.getClass().getSimpleName());
            return;
        }
        LOG.info("The embedded database server is there again");
        database.reconnect();
        gone = null;
    }

    private void joinAtLast() throws InterruptedException {
        try {
            if (joined || join()) {
                throw new InterruptedException("joined");
            }
        } catch (ConfigurationException refused) {
            if (!Objects.equals(refusal, refused.getMessage())) {
                refusal = refused.getMessage();
                LOG.error(refusal);
            }
        }
    }

    private boolean join() {
        try {
            migrate();
            replica.join();
            joined = true;
            return true;
        } catch (SQLException failed) {
            return waits(failed);
        } catch (FlywayException failed) {
            SQLException cause = cause(failed);
            return cause == null ? refused(String.valueOf(failed.getMessage())) : waits(cause);
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

    /**
     * @return false if it is a failure that may be over by itself
     * @throws ConfigurationException for any other one
     */
    private boolean waits(SQLException failed) {
        String message = firstLine(failed.getMessage());
        if (!SqlState.isPassing(failed)) {
            return refused(message);
        }
        if (!message.equals(reason)) {
            reason = message;
            LOG.warnf("The database can't be used yet%s: %s", hint, message);
        }
        return false;
    }

    private static boolean refused(String message) {
        throw new ConfigurationException(
                "The database refuses the service (%s): check KONKO_DATABASE_URL,"
                                .formatted(firstLine(message))
                        + " KONKO_DATABASE_USERNAME and KONKO_DATABASE_PASSWORD, and what the role"
                        + " may do there.");
    }

    /** What follows may be the statement. */
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

    void stop() throws IOException {
        if (joining != null) {
            joining.close();
        }
        try {
            replica.leave();
        } catch (RuntimeException failed) {
            LOG.debug("The lease could not be given back, so it runs out", Fault.of(failed));
        }
        if (keeping != null) {
            keeping.close();
        }
        if (server != null) {
            server.close();
        }
    }

    /** Starts the store before, and stops it after, all that use it. */
    @ApplicationScoped
    static class Lifecycle {
        private final StoreConfig config;
        private final Instance<PostgresStore> store;

        Lifecycle(StoreConfig config, Instance<PostgresStore> store) {
            this.config = config;
            this.store = store;
        }

        void start(@Observes @Priority(1) StartupEvent event) throws IOException {
            if (config.store() != Kind.MEMORY) {
                store.get().start();
            }
        }

        void stop(@Observes @Priority(10_000) ShutdownEvent event) throws IOException {
            if (config.store() != Kind.MEMORY) {
                store.get().stop();
            }
        }
    }
}

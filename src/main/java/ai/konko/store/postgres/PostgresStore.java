package ai.konko.store.postgres;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.Fault;
import ai.konko.chat.RefusedException;
import ai.konko.store.StoreConfig;
import ai.konko.store.StoreConfig.Kind;
import ai.konko.store.postgres.Database.StoreException;
import io.agroal.api.AgroalDataSource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Supplier;
import org.flywaydb.core.Flyway;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The log in PostgreSQL, from its start to its end: the server, if it is our own, then the schema,
 * then the lease. A database that can't be reached at the start is waited for.
 */
@ApplicationScoped
public class PostgresStore {
    private static final Logger LOG = Logger.getLogger(PostgresStore.class);
    private static final Duration AGAIN = Duration.ofSeconds(1);

    private final Instance<Flyway> flyway;
    private final Replica replica;
    private final PostgresChatRepository repository;
    private final Database database;
    private final @Nullable EmbeddedServer server;
    private final String hint;
    private volatile boolean joined;
    private @Nullable Loop joining;

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
        if (config.store() == Kind.POSTGRES
                && !config.database().url().orElse("").matches("postgres(ql)?://[^/]+/.+")) {
            throw new ConfigurationException(
                    "KONKO_STORE=postgres needs KONKO_DATABASE_URL as postgresql://host:port/database.");
        }
    }

    /** What is often the reason why a database can't be reached. */
    private static String hint(StoreConfig config) {
        return config.store() == Kind.POSTGRES
                        && (config.database().username().isEmpty()
                                || config.database().password().isEmpty())
                ? " (KONKO_DATABASE_USERNAME or KONKO_DATABASE_PASSWORD is not set)"
                : "";
    }

    public ChatRepository repository() {
        return repository;
    }

    /** Whether the log can be used at this moment. */
    boolean reachable() {
        try {
            return joined
                    && database.urgent( // not behind whoever has all the others
                            session -> session.first("select true", _ -> true).orElse(false));
        } catch (RefusedException _) {
            return false;
        }
    }

    /** Only of a store that is used; an unused one is never made. */
    void start() throws IOException {
        if (server != null) {
            server.start();
        }
        if (!join()) {
            LOG.warnf("The database can't be reached%s; the service waits for it", hint);
            joining = new Loop("join", AGAIN, this::joinAtLast);
        }
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

    /** In any other encoding there are texts that can't be kept. */
    private void requireUtf8() {
        String encoding =
                database.statement(
                        session ->
                                session.first(
                                                "select current_setting('server_encoding')",
                                                row -> row.getString(1))
                                        .orElse(""));
        if (!encoding.equals("UTF8")) {
            throw new ConfigurationException(
                    "The database that KONKO_DATABASE_URL names is encoded in %s, and must be in UTF8."
                            .formatted(encoding));
        }
    }

    private boolean join() {
        try {
            requireUtf8();
            flyway.get().migrate();
            replica.join();
            joined = true;
            return true;
        } catch (RefusedException _) {
            return false;
        } catch (StoreException refused) {
            throw new ConfigurationException(
                    "The database refuses the service ("
                            + refused.getMessage()
                            + "): check KONKO_DATABASE_URL, KONKO_DATABASE_USERNAME and"
                            + " KONKO_DATABASE_PASSWORD.");
        }
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

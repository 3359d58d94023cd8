package ai.konko.store.postgres;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.Fault;
import ai.konko.chat.RefusedException;
import ai.konko.chat.SearchConfig;
import ai.konko.store.StoreConfig;
import ai.konko.store.StoreConfig.Kind;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.AgroalConnectionPoolConfiguration;
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
 * Starts and stops the log in PostgreSQL: first the server, if it is embedded, then this replica's
 * part in the log. If the database can't be reached at the start, the store waits for it. If the
 * embedded server ends by itself, the store restarts it.
 */
@ApplicationScoped
public class PostgresStore {
    private static final Logger LOG = Logger.getLogger(PostgresStore.class);
    private static final Duration AGAIN = Duration.ofSeconds(1);

    /** If the embedded server could not be restarted for so long, a new process may help. */
    private static final Duration HOPELESS = Duration.ofMinutes(2);

    private final Replica replica;
    private final PostgresChatRepository repository;
    private final Database database;
    private final DatabaseJoin join;
    private final SearchFiller filler;
    private final @Nullable EmbeddedServer server;
    private volatile boolean joined;
    private @Nullable BackgroundTask joining;
    private @Nullable BackgroundTask restarting;

    /** When the embedded server was found ended, by {@link System#nanoTime}; null while it runs. */
    private volatile @Nullable Long ended;

    /** The refusal of the database that was logged last. */
    private @Nullable String logged;

    PostgresStore(
            StoreConfig config,
            ChatLimits limits,
            SearchConfig search,
            Supplier<UUID> ids,
            Instance<AgroalDataSource> source,
            Instance<Flyway> flyway) {
        String hint = DatabaseJoin.hint(config);
        UUID me = UUID.randomUUID();
        boolean embedded = config.store() == Kind.EMBEDDED;
        this.server = embedded ? new EmbeddedServer(config.data(), EmbeddedServer.PORT) : null;
        AgroalConnectionPoolConfiguration pool =
                source.get().getConfiguration().connectionPoolConfiguration();
        DirectConnection direct =
                DirectConnection.of(config, pool.connectionFactoryConfiguration());
        this.database = new Database(source::get, pool.maxSize(), config.database().maxWaiting());
        RunningReplies running = new RunningReplies(me);
        this.replica =
                new Replica(
                        me,
                        database,
                        running,
                        config.database().lease(),
                        embedded,
                        config.database().flushInterval(),
                        ReplicaAddress.of(me, config.replica().address().orElse(null)));
        this.repository = new PostgresChatRepository(limits, ids, database, replica, running);
        this.join = new DatabaseJoin(hint, flyway, database, replica, direct);
        this.filler = new SearchFiller(database, search.search());
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

    /** False if the embedded server could not be restarted for long. */
    boolean isAlive() {
        Long since = ended;
        return since == null || System.nanoTime() - since < HOPELESS.toNanos();
    }

    void start() throws IOException {
        if (server != null) {
            server.start();
            restarting = new BackgroundTask("embedded server", AGAIN, () -> restart(server));
        }
        join();
        if (!joined) {
            LOG.warn("The service waits for the database");
            joining = new BackgroundTask("join", AGAIN, this::joinAtLast);
        }
    }

    /** Does nothing if it runs. */
    private void restart(EmbeddedServer embedded) {
        try {
            if (embedded.runs()) {
                ended = null;
                return;
            }
            if (ended == null) {
                ended = System.nanoTime();
                LOG.warn("The embedded database server has ended by itself and is started again");
            }
            embedded.startAgain();
        } catch (IOException | RuntimeException failed) {
            ended = ended == null ? Long.valueOf(System.nanoTime()) : ended;
            LOG.warnf(
                    "The embedded database server does not start: see postgresql.log in KONKO_DATA (%s)",
                    failed.getClass().getSimpleName());
            return;
        }
        LOG.info("The embedded database server is there again");
        database.reconnect();
        ended = null;
    }

    private void join() {
        joined = join.attempt();
        if (joined) {
            filler.start();
        }
    }

    private void joinAtLast() throws InterruptedException {
        try {
            join();
        } catch (ConfigurationException refused) {
            if (!Objects.equals(logged, refused.getMessage())) {
                logged = refused.getMessage();
                LOG.error(logged);
            }
        }
        if (joined) {
            throw new InterruptedException("joined"); // ends the task
        }
    }

    void stop() throws IOException {
        if (joining != null) {
            joining.close();
        }
        filler.close();
        try {
            replica.handOver();
        } catch (RuntimeException failed) {
            LOG.debug("The lease could not be given back, so it runs out", Fault.of(failed));
        }
        if (restarting != null) {
            restarting.close();
        }
        if (server != null) {
            server.close();
        }
    }

    /** Starts the store, if it is used, before all that use it, and stops it after them. */
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

package ai.konko.store.postgres;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.AgroalPoolInterceptor;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.postgresql.PGConnection;

/**
 * The connections of the pool. Each is given its settings when it is made, because defaults of the
 * server, the database or the role must not change the store's behaviour. Those that may be broken
 * are doubted, and not used again.
 *
 * <p>A pooler in transaction mode gives a connection another server process for each transaction.
 * Neither prepared statements nor settings nor LISTEN last there. The mark of such a connection is
 * a threshold for prepared statements of 0 (see {@link #isShared}); each of its transactions sets
 * its settings itself.
 */
final class Sessions implements AgroalPoolInterceptor {
    /** The gap is for nothing, or for "local": for one transaction alone. */
    private static final String SETTINGS =
            """
            set %1$s statement_timeout = '5s';
            set %1$s lock_timeout = 0;
            set %1$s idle_in_transaction_session_timeout = '10s';
            set %1$s gin_fuzzy_search_limit = 0;
            set %1$s array_nulls = on\
            """;

    /** What is committed must be on the disk; a setting that is safer than that is kept. */
    private static final String DURABLE =
            """
            select set_config('synchronous_commit', 'on', false)
                where current_setting('synchronous_commit') = 'off'\
            """;

    private static final String LASTING =
            SETTINGS.formatted("")
                    + "; set default_transaction_isolation = 'read committed'; "
                    + DURABLE;

    /** The isolation has to come before any query, because some transactions set it once more. */
    private static final String FOR_ONE_TRANSACTION =
            "set transaction isolation level read committed; set local synchronous_commit = on; "
                    + SETTINGS.formatted("local");

    /** A younger connection is kept even if its server only reads. */
    private static final Duration FRESH = Duration.ofSeconds(1);

    private final Supplier<AgroalDataSource> source;

    /** All connections, and when they were made, by {@link System#nanoTime}. */
    private final Map<Connection, Long> made = new ConcurrentHashMap<>();

    /** Those that are not used again. */
    private final Set<Connection> doubted = ConcurrentHashMap.newKeySet();

    /** Why a new one could not be given its settings, and so is doubted. */
    private final Map<Connection, SQLException> failures = new ConcurrentHashMap<>();

    private volatile boolean pooler;

    /**
     * @param source has no connections yet
     */
    Sessions(Supplier<AgroalDataSource> source) {
        this.source = source;
        source.get().setPoolInterceptors(List.of(this));
    }

    /**
     * A connection that is not doubted.
     *
     * @throws SQLException also if a new one could not be given its settings
     */
    Connection open() throws SQLException {
        while (true) {
            Connection connection = source.get().getConnection();
            Connection raw = raw(connection);
            if (doubted.isEmpty() || !doubted.remove(raw)) {
                return connection;
            }
            SQLException failed = failures.remove(raw);
            try (connection) {
                raw.abort(Runnable::run); // the pool drops closed connections
            }
            if (failed != null) {
                throw failed;
            }
        }
    }

    /**
     * Doubts the connections that a failure casts doubt on.
     *
     * @return whether work that has failed so, before its commit, can succeed on a new connection
     */
    boolean doubtAfter(SQLException failed) {
        if (SqlState.isUnprepared(failed)) {
            pooler |= !failed.getSQLState().startsWith("0A");
            doubtAll();
        } else if (SqlState.isBroken(failed)) {
            doubtAll();
        } else if (SqlState.isReadOnly(failed)) {
            doubtAged();
        } else {
            return false;
        }
        return true;
    }

    /** From now on, no connection of today is used. */
    void doubtAll() {
        doubted.addAll(made.keySet());
    }

    /** Doubts all but fresh ones: the server may have been demoted, and another be in its place. */
    void doubtAged() {
        long now = System.nanoTime();
        made.forEach(
                (connection, when) -> {
                    if (now - when > FRESH.toNanos()) {
                        doubted.add(connection);
                    }
                });
    }

    /** Whether the connection leads through a pooler, which keeps nothing between transactions. */
    static boolean isShared(Connection connection) {
        return ((PGConnection) raw(connection)).getPrepareThreshold() == 0;
    }

    /** Comes first in each transaction of a shared connection. */
    static void applySettings(Connection connection) throws SQLException {
        execute(connection, FOR_ONE_TRANSACTION);
    }

    @Override
    public void onConnectionCreate(Connection connection) {
        Connection raw = raw(connection);
        made.put(raw, System.nanoTime());
        try {
            PGConnection postgres = (PGConnection) raw;
            int threshold = postgres.getPrepareThreshold();
            postgres.setPrepareThreshold(0);
            if (threshold != 0 && !pooler && !hasPooler(raw, postgres)) {
                postgres.setPrepareThreshold(threshold);
                execute(raw, LASTING);
            }
        } catch (SQLException failed) {
            failures.put(raw, failed);
            doubted.add(raw);
        }
    }

    /**
     * When a connection is made, a pooler names a process of its own; a query for the process gets
     * the server's.
     */
    private static boolean hasPooler(Connection connection, PGConnection postgres)
            throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select pg_backend_pid()")) {
            return row.next() && row.getInt(1) != postgres.getBackendPID();
        }
    }

    @Override
    public void onConnectionDestroy(Connection connection) {
        Connection raw = raw(connection);
        made.remove(raw);
        doubted.remove(raw);
        failures.remove(raw);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The driver's connection, because the pool wraps it anew each time. */
    private static Connection raw(Connection connection) {
        try {
            return (Connection) connection.unwrap(PGConnection.class);
        } catch (SQLException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}

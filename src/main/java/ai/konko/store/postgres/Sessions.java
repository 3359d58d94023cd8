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
 * The connections of the pool: what is set when one is made, so that no default of a server, a
 * database or a role changes what the store does, and which of them are given up.
 *
 * <p>A pooler in transaction mode gives a connection another server process for each transaction.
 * Neither prepared statements nor settings nor LISTEN last there. Such a connection is known by its
 * threshold for prepared statements, which is 0 (see {@link #isShared}); each of its transactions
 * brings its settings along.
 */
final class Sessions implements AgroalPoolInterceptor {
    /** To be filled in with nothing, or with "local" for the time of one transaction. */
    private static final String SETTINGS =
            """
            set %1$s statement_timeout = '5s';
            set %1$s lock_timeout = 0;
            set %1$s idle_in_transaction_session_timeout = '10s';
            set %1$s gin_fuzzy_search_limit = 0\
            """;

    /** What is committed is on the disk; how much safer than that, is for the database to say. */
    private static final String DURABLE =
            """
            select set_config('synchronous_commit', 'on', false)
                where current_setting('synchronous_commit') = 'off'\
            """;

    private static final String LASTING =
            SETTINGS.formatted("")
                    + "; set default_transaction_isolation = 'read committed'; "
                    + DURABLE;

    /** No question may come before the isolation, which some transactions set once more. */
    private static final String FOR_ONE_TRANSACTION =
            "set transaction isolation level read committed; set local synchronous_commit = on; "
                    + SETTINGS.formatted("local");

    /** A connection that is younger is kept although its server only reads. */
    private static final Duration FRESH = Duration.ofSeconds(1);

    private final Supplier<AgroalDataSource> source;

    /** The connections there are, and when they were made. */
    private final Map<Connection, Long> made = new ConcurrentHashMap<>();

    /** Those of them that are not used again. */
    private final Set<Connection> doubted = ConcurrentHashMap.newKeySet();

    /** Why new ones are doubted. */
    private final Map<Connection, SQLException> unfits = new ConcurrentHashMap<>();

    private volatile boolean pooler;

    /**
     * @param source has no connections yet
     */
    Sessions(Supplier<AgroalDataSource> source) {
        this.source = source;
        source.get().setPoolInterceptors(List.of(this));
    }

    /**
     * A connection that nothing is known against.
     *
     * @throws SQLException also if a new one can't be had as it has to be
     */
    Connection open() throws SQLException {
        while (true) {
            Connection connection = source.get().getConnection();
            Connection raw = raw(connection);
            if (doubted.isEmpty() || !doubted.remove(raw)) {
                return connection;
            }
            SQLException unfit = unfits.remove(raw);
            try (connection) {
                raw.abort(Runnable::run); // the pool drops what it gets back closed
            }
            if (unfit != null) {
                throw unfit;
            }
        }
    }

    /**
     * Learns from a failure.
     *
     * @return whether work that has failed so, and was not being committed, can succeed on a
     *     connection that is made anew
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

    /** None of the connections there are is used again. */
    void doubtAll() {
        doubted.addAll(made.keySet());
    }

    /** The server may have been demoted, and another be in its place. */
    void doubtAged() {
        long now = System.nanoTime();
        made.forEach(
                (connection, when) -> {
                    if (now - when > FRESH.toNanos()) {
                        doubted.add(connection);
                    }
                });
    }

    /**
     * Whether there is a pooler in between, which keeps nothing from one transaction to the next.
     */
    static boolean isShared(Connection connection) {
        return ((PGConnection) raw(connection)).getPrepareThreshold() == 0;
    }

    /** To be called first in a transaction of a shared connection. */
    static void settle(Connection connection) throws SQLException {
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
            unfits.put(raw, failed);
            doubted.add(raw);
        }
    }

    /**
     * A pooler names a process of its own when a connection is made, and passes the question for
     * the server's on.
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
        unfits.remove(raw);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The driver's own, which the pool wraps anew each time. */
    private static Connection raw(Connection connection) {
        try {
            return (Connection) connection.unwrap(PGConnection.class);
        } catch (SQLException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}

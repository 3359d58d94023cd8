package ai.konko.store.postgres;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Fault;
import ai.konko.chat.RefusedException;
import io.agroal.api.AgroalDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The way to PostgreSQL. If the database is gone or too slow, work is refused with {@link
 * ErrorCode#STORE_UNAVAILABLE}. It then has had no effect, unless the answer to its commit was
 * lost.
 *
 * <p>Everything is bounded: how many may wait for a connection, and for how long; how long a
 * statement may take (see {@link Sessions}).
 */
final class Database {
    private static final Duration RETRY = Duration.ofSeconds(2);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(3);

    /**
     * How often work is repeated after a deadlock or a failed serialization, of which a sharded
     * database has more. All pauses together are 1.3 s in the mean, and 2 s at most.
     */
    private static final int CONFLICTS = 8;

    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(5);

    /** Connections for {@link #urgent} work: the lease, the flush, the notifications. */
    private static final int KEPT_FREE = 3;

    private final Sessions sessions;

    /** How many more may use the database or wait for it. */
    private final Semaphore places;

    /** The connections that are not kept free; they are given out in the order of the requests. */
    private final Semaphore connections;

    /** Some work on one connection. It may be repeated until it is committed. */
    @FunctionalInterface
    interface Work<T extends @Nullable Object> {
        T in(Session session) throws SQLException;
    }

    /**
     * @param source has no connections yet
     * @param connections how many it may have
     * @param most how many may use the database or wait for it at any time; one more is refused
     */
    Database(Supplier<AgroalDataSource> source, int connections, int most) {
        this.sessions = new Sessions(source);
        this.places = new Semaphore(most);
        this.connections = new Semaphore(Math.max(1, connections - KEPT_FREE), true);
    }

    /** One statement that does not wait for other work, and that may be run twice. */
    <T extends @Nullable Object> T urgent(Work<T> work) {
        return attempt(false, work);
    }

    /** One statement that reads, or that may be run twice. */
    <T extends @Nullable Object> T statement(Work<T> work) {
        return bounded(false, work);
    }

    /** All of it or nothing. */
    <T extends @Nullable Object> T transaction(Work<T> work) {
        return bounded(true, work);
    }

    /** A connection beside those that are counted. */
    Connection connection() throws SQLException {
        return sessions.open();
    }

    /**
     * Whether the log can be written. A server that only reads may have been demoted, and its name
     * may lead to another one by now: so connections are made anew then.
     */
    boolean isWritable() {
        return urgent(
                session -> {
                    boolean writable =
                            session.first(
                                            "select current_setting('transaction_read_only')",
                                            row -> row.getString(1).equals("off"))
                                    .orElse(false);
                    if (!writable) {
                        sessions.doubtAged();
                    }
                    return writable;
                });
    }

    /** From now on only connections that are made anew are used. */
    void reconnect() {
        sessions.doubtAll();
    }

    /** The refusal for a failure on a {@link #connection()}. */
    RuntimeException refusalAfter(SQLException failed) {
        boolean _ = sessions.doubtAfter(failed);
        return refusal(failed);
    }

    /** The refusal for a failure of another connection to the database. */
    static RuntimeException refusal(SQLException failed) {
        return SqlState.isPassing(failed) || SqlState.isNoEntry(failed)
                ? unavailable("The store can't be reached at the moment.")
                : new StoreException(failed);
    }

    private <T extends @Nullable Object> T bounded(boolean transaction, Work<T> work) {
        return inPlace(() -> connected(transaction, work));
    }

    /**
     * Takes a place among those that use the database or wait for it.
     *
     * @throws RefusedException if there is none
     */
    <T extends @Nullable Object> T inPlace(Supplier<T> use) {
        if (!places.tryAcquire()) {
            throw unavailable("The store has as many requests waiting as it may.");
        }
        try {
            return use.get();
        } finally {
            places.release();
        }
    }

    /** A {@link #transaction} of somebody who is {@link #inPlace}. */
    <T extends @Nullable Object> T transactionInPlace(Work<T> work) {
        return connected(true, work);
    }

    private <T extends @Nullable Object> T connected(boolean transaction, Work<T> work) {
        try {
            if (!connections.tryAcquire(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw tooSlow();
            }
            try {
                return attempt(transaction, work);
            } finally {
                connections.release();
            }
        } catch (InterruptedException _) {
            throw interrupted();
        }
    }

    private <T extends @Nullable Object> T attempt(boolean transaction, Work<T> work) {
        boolean reconnected = false;
        int conflicts = 0;
        while (true) {
            boolean[] committing = {false};
            try (Connection connection = sessions.open()) {
                return transaction || Sessions.isShared(connection)
                        ? committed(connection, work, committing)
                        : work.in(new Session(connection));
            } catch (SQLException failed) {
                if (SqlState.isConflict(failed) && conflicts < CONFLICTS) {
                    pause(conflicts++);
                } else if (sessions.doubtAfter(failed)
                        && !reconnected
                        && !(transaction && committing[0])) {
                    reconnected = true;
                } else {
                    throw refusal(failed);
                }
            }
        }
    }

    /** Longer each time, and random, so that those who met do not meet again. */
    private static void pause(int conflicts) {
        long most = SHORTEST_PAUSE.toMillis() << conflicts;
        try {
            Thread.sleep(most / 2 + ThreadLocalRandom.current().nextLong(most));
        } catch (InterruptedException _) {
            throw interrupted();
        }
    }

    static RefusedException interrupted() {
        Thread.currentThread().interrupt();
        return unavailable("The service is stopping.");
    }

    private static <T extends @Nullable Object> T committed(
            Connection connection, Work<T> work, boolean[] committing) throws SQLException {
        connection.setAutoCommit(false);
        try {
            if (Sessions.isShared(connection)) {
                Sessions.applySettings(connection);
            }
            Session session = new Session(connection);
            T result = work.in(session);
            committing[0] = true;
            session.commit();
            return result;
        } catch (SQLException | RuntimeException | Error failed) {
            rollBack(connection, failed);
            throw failed;
        } finally {
            if (!connection.isClosed()) {
                connection.setAutoCommit(true);
            }
        }
    }

    private static void rollBack(Connection connection, Throwable reason) {
        try {
            connection.rollback();
        } catch (SQLException alsoFailed) {
            reason.addSuppressed(alsoFailed);
        }
    }

    static RefusedException tooSlow() {
        return unavailable("The store is too slow at the moment.");
    }

    private static RefusedException unavailable(String detail) {
        return RefusedException.forNow(ErrorCode.STORE_UNAVAILABLE, detail, RETRY);
    }

    /** A fault in our use of the database. The driver's message is left out: it may hold text. */
    static final class StoreException extends RuntimeException {
        private static final long serialVersionUID = 1;

        StoreException(SQLException failed) {
            super("SQL state " + failed.getSQLState(), Fault.of(failed));
        }
    }
}

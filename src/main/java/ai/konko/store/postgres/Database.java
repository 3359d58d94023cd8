package ai.konko.store.postgres;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Fault;
import ai.konko.chat.RefusedException;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.AgroalDataSource.FlushMode;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The way to PostgreSQL. What fails because the database is gone, or too slow, is refused with
 * {@link ErrorCode#STORE_UNAVAILABLE}; work that is refused so has had no effect, unless the answer
 * to its commit was lost.
 *
 * <p>Everything is bounded: how many may wait for a connection, and for how long; how long a
 * statement may take (see {@code new-connection-sql} in application.properties).
 */
final class Database {
    private static final Duration RETRY = Duration.ofSeconds(2);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(3);

    /** Deadlocks and failed serializations, which a sharded database has more of. */
    private static final int CONFLICTS = 5;

    /** Connections for what keeps the others going: the lease, the flush, the notifications. */
    private static final int KEPT_FREE = 3;

    private final Supplier<AgroalDataSource> source;

    /** How many more may use the database or wait for it. */
    private final Semaphore places;

    /** The connections that are not kept free, in the order in which they are asked for. */
    private final Semaphore turns;

    /** Some work on one connection. It may run more than once, until it is committed. */
    @FunctionalInterface
    interface Work<T extends @Nullable Object> {
        T in(Session session) throws SQLException;
    }

    /**
     * @param connections how many the source has
     * @param most how many may use the database or wait for it at any time; one more is refused
     */
    Database(Supplier<AgroalDataSource> source, int connections, int most) {
        this.source = source;
        this.places = new Semaphore(most);
        this.turns = new Semaphore(Math.max(1, connections - KEPT_FREE), true);
    }

    /** One statement that does not wait behind the others. */
    <T extends @Nullable Object> T urgent(Work<T> work) {
        return attempt(false, work);
    }

    /** One statement that reads, or changes one thing. */
    <T extends @Nullable Object> T statement(Work<T> work) {
        return run(false, work);
    }

    /** All of it or nothing. */
    <T extends @Nullable Object> T transaction(Work<T> work) {
        return run(true, work);
    }

    /** A connection of one's own, for as long as it is open. */
    Connection connection() throws SQLException {
        return source.get().getConnection();
    }

    /** What a failure that the caller met by itself means. */
    RuntimeException refusal(SQLException failed) {
        return isOutage(failed)
                ? unavailable("The store can't be reached at the moment.")
                : new StoreException(failed);
    }

    private <T extends @Nullable Object> T run(boolean transaction, Work<T> work) {
        if (!places.tryAcquire()) {
            throw unavailable("The store has as many requests waiting as it may.");
        }
        try {
            return inTurn(transaction, work);
        } finally {
            places.release();
        }
    }

    private <T extends @Nullable Object> T inTurn(boolean transaction, Work<T> work) {
        try {
            if (!turns.tryAcquire(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw unavailable("The store is too slow at the moment.");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw unavailable("The service is stopping.");
        }
        try {
            return attempt(transaction, work);
        } finally {
            turns.release();
        }
    }

    private <T extends @Nullable Object> T attempt(boolean transaction, Work<T> work) {
        boolean reconnected = false;
        int conflicts = 0;
        while (true) {
            boolean[] committing = {false};
            try (Connection connection = source.get().getConnection()) {
                return transaction
                        ? committed(connection, work, committing)
                        : work.in(new Session(connection));
            } catch (SQLException failed) {
                if (isConflict(failed) && conflicts++ < CONFLICTS) {
                    continue;
                }
                if (isBroken(failed)) {
                    source.get().flush(FlushMode.IDLE); // what is left of before the outage
                }
                if (reconnected || committing[0] || !isBroken(failed)) {
                    throw refusal(failed);
                }
                reconnected = true;
            }
        }
    }

    private static <T extends @Nullable Object> T committed(
            Connection connection, Work<T> work, boolean[] committing) throws SQLException {
        connection.setAutoCommit(false);
        try {
            T result = work.in(new Session(connection));
            committing[0] = true;
            connection.commit();
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

    /** See the table of error codes in PostgreSQL's documentation, appendix A. */
    private static boolean isOutage(SQLException failed) {
        String state = failed.getSQLState();
        return state == null // of the pool: no connection in time
                || isBroken(failed)
                || state.startsWith("53") // insufficient resources
                || state.startsWith("58") // system error
                || state.equals("57014") // statement timeout
                || state.equals("25006") // read only: a standby
                || state.equals("55P03"); // lock timeout
    }

    private static boolean isBroken(SQLException failed) {
        String state = failed.getSQLState();
        return state != null
                && (state.startsWith("08") || state.startsWith("57P") || state.equals("25P03"));
    }

    private static boolean isConflict(SQLException failed) {
        return "40001".equals(failed.getSQLState()) || "40P01".equals(failed.getSQLState());
    }

    private static RefusedException unavailable(String detail) {
        return RefusedException.forNow(ErrorCode.STORE_UNAVAILABLE, detail, RETRY);
    }

    /** A fault in our own use of the database. Its message may hold text, so it has none. */
    static final class StoreException extends RuntimeException {
        private static final long serialVersionUID = 1;

        StoreException(SQLException failed) {
            super("SQL state " + failed.getSQLState(), Fault.of(failed));
        }
    }
}

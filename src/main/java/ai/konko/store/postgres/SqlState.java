package ai.konko.store.postgres;

import java.sql.SQLException;
import org.postgresql.util.PSQLException;

/** Kinds of failures by their SQL state: see PostgreSQL's documentation, appendix A. */
final class SqlState {
    private SqlState() {}

    /** Another transaction was in the way: this one has had no effect, and may be repeated. */
    static boolean isConflict(SQLException failed) {
        String state = of(failed);
        return state.equals("40001") || state.equals("40P01"); // serialization, deadlock
    }

    /** The connection is over. */
    static boolean isBroken(SQLException failed) {
        String state = of(failed);
        return state.startsWith("08")
                || state.startsWith("57P") // shut down, crashed, can't connect now, idle for long
                || state.equals("25P03") // idle in a transaction
                || state.equals("25P04"); // a transaction that took too long
    }

    /** The server only reads, because it is a standby. */
    static boolean isReadOnly(SQLException failed) {
        return of(failed).equals("25006");
    }

    /**
     * A prepared statement is gone or another one, because a pooler gives the connection another
     * server process each time, or because a table has changed. The statement has had no effect.
     */
    static boolean isUnprepared(SQLException failed) {
        String state = of(failed);
        return state.equals("26000") // it is not there
                || state.equals("42P05") // there is another one
                || (state.equals("0A000") && isCachedPlan(failed));
    }

    /**
     * Asks for the routine, because the state has other meanings too, and messages are translated.
     */
    private static boolean isCachedPlan(SQLException failed) {
        return failed instanceof PSQLException server
                && server.getServerErrorMessage() != null
                && "RevalidateCachedQuery".equals(server.getServerErrorMessage().getRoutine());
    }

    /** The failure may pass by itself. */
    static boolean isPassing(SQLException failed) {
        String state = of(failed);
        return state.isEmpty() // the pool's: no connection in time
                || isBroken(failed)
                || isConflict(failed)
                || isReadOnly(failed)
                || isUnprepared(failed)
                || state.startsWith("53") // insufficient resources
                || state.startsWith("58") // system error
                || state.equals("57014") // statement timeout
                || state.equals("55P03"); // lock timeout
    }

    /** The server does not let the service in: its role, its password, its database. */
    static boolean isNoEntry(SQLException failed) {
        String state = of(failed);
        return state.startsWith("28") || state.startsWith("3D");
    }

    private static String of(SQLException failed) {
        String state = failed.getSQLState();
        return state == null ? "" : state;
    }
}

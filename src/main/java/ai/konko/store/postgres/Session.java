package ai.konko.store.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One connection while it is used: runs statements with their parameters, and maps rows. Statements
 * that go together take one round trip, see {@link #run(List)} and {@link #atCommit}.
 */
final class Session {
    /** Between statements that are sent together. */
    static final String AND_THEN = ";\n";

    private static final Query<Boolean> COMMIT = Query.command("commit");

    private static final String SLOWEST = "set local statement_timeout = '2min'";

    /** In milliseconds: the server's own bound comes first. */
    private static final int SLOWEST_ANSWER = 130_000;

    private final Connection connection;
    private final List<Query<?>> last = new ArrayList<>();

    Session(Connection connection) {
        this.connection = connection;
    }

    Connection connection() {
        return connection;
    }

    <T> List<T> list(String sql, Query.Mapping<T> mapping, @Nullable Object... parameters)
            throws SQLException {
        try (PreparedStatement statement = prepared(sql, parameters);
                ResultSet rows = statement.executeQuery()) {
            List<T> found = new ArrayList<>();
            while (rows.next()) {
                found.add(mapping.of(rows));
            }
            return found;
        }
    }

    <T> Optional<T> first(String sql, Query.Mapping<T> mapping, @Nullable Object... parameters)
            throws SQLException {
        return list(sql, mapping, parameters).stream().findFirst();
    }

    /** How many rows it has changed. */
    int update(String sql, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepared(sql, parameters)) {
            return statement.executeUpdate();
        }
    }

    /**
     * Runs statements one after the other, in one round trip. Each sees what those before it have
     * done, and what others have committed until then.
     */
    void run(List<Query<?>> queries) throws SQLException {
        StringBuilder sql = new StringBuilder();
        List<@Nullable Object> parameters = new ArrayList<>();
        for (Query<?> each : queries) {
            sql.append(sql.isEmpty() ? "" : AND_THEN).append(each.sql);
            for (Object parameter : each.parameters) {
                parameters.add(parameter);
            }
        }
        try (PreparedStatement statement = prepared(sql.toString(), parameters.toArray())) {
            boolean found = statement.execute();
            for (Query<?> each : queries) {
                if (found) {
                    try (ResultSet rows = statement.getResultSet()) {
                        each.read(rows);
                    }
                }
                found = statement.getMoreResults();
            }
        }
    }

    /**
     * Lets statements take longer than others may, on the connection too: one that is broken off
     * would cast doubt on all. Comes last in its transaction.
     */
    <T extends @Nullable Object> T slowly(Database.Work<T> work) throws SQLException {
        int before = connection.getNetworkTimeout();
        connection.setNetworkTimeout(Runnable::run, SLOWEST_ANSWER);
        try {
            int _ = update(SLOWEST);
            return work.in(this);
        } finally {
            if (!connection.isClosed()) {
                connection.setNetworkTimeout(Runnable::run, before);
            }
        }
    }

    /** Has a statement run with the commit, in one round trip: nothing is read after it. */
    void atCommit(List<Query<?>> queries) {
        last.addAll(queries);
    }

    /** Ends the transaction. */
    void commit() throws SQLException {
        if (last.isEmpty()) {
            connection.commit();
        } else {
            last.add(COMMIT);
            run(last);
        }
    }

    /** Comes first in a transaction: all that it reads is as it was at one moment. */
    void readAtOneMoment() throws SQLException {
        int _ = update("set transaction isolation level repeatable read");
    }

    private PreparedStatement prepared(String sql, @Nullable Object... parameters)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            switch (parameters[i]) {
                case Instant instant ->
                        statement.setObject(i + 1, instant.atOffset(ZoneOffset.UTC));
                case Enum<?> value -> statement.setString(i + 1, value.name());
                case Object[] array ->
                        statement.setArray(
                                i + 1, connection.createArrayOf(elementType(array), array));
                case null -> statement.setNull(i + 1, Types.NULL);
                case Object other -> statement.setObject(i + 1, other);
            }
        }
        return statement;
    }

    private static String elementType(Object[] array) {
        return switch (array) {
            case Integer[] _ -> "int4";
            case Long[] _ -> "int8";
            case Boolean[] _ -> "bool";
            case UUID[] _ -> "uuid";
            default -> "text";
        };
    }
}

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

/** One connection while it is used: runs statements with their parameters, and maps rows. */
record Session(Connection connection) {

    /** Makes a value of the row that the result set is at. */
    @FunctionalInterface
    interface Mapping<T> {
        T of(ResultSet row) throws SQLException;
    }

    <T> List<T> list(String sql, Mapping<T> mapping, @Nullable Object... parameters)
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

    <T> Optional<T> first(String sql, Mapping<T> mapping, @Nullable Object... parameters)
            throws SQLException {
        return list(sql, mapping, parameters).stream().findFirst();
    }

    /** How many rows it has changed. */
    int update(String sql, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepared(sql, parameters)) {
            return statement.executeUpdate();
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
            case UUID[] _ -> "uuid";
            default -> "text";
        };
    }
}

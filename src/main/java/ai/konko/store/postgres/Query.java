package ai.konko.store.postgres;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A statement with its parameters, to be sent together with others, and the rows that it finds. */
final class Query<T> {
    final String sql;
    final @Nullable Object[] parameters;
    private final Mapping<T> mapping;
    private List<T> rows = List.of();

    /** Makes a value of the row that the result set is at. */
    @FunctionalInterface
    interface Mapping<T> {
        T of(ResultSet row) throws SQLException;
    }

    Query(String sql, Mapping<T> mapping, @Nullable Object... parameters) {
        this.sql = sql;
        this.mapping = mapping;
        this.parameters = parameters;
    }

    /** A statement of which only the effect is wanted. */
    static Query<Boolean> command(String sql, @Nullable Object... parameters) {
        return new Query<>(sql, _ -> true, parameters);
    }

    void read(ResultSet found) throws SQLException {
        List<T> read = new ArrayList<>();
        while (found.next()) {
            read.add(mapping.of(found));
        }
        rows = read;
    }

    /** Those that it has found once it was run. */
    List<T> rows() {
        return rows;
    }
}

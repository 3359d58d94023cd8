package ai.konko.store.postgres;

import io.agroal.api.AgroalDataSource;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Connections that ask PostgreSQL, before they run a statement, how it runs it. Those that change
 * something are explained, and undone, first.
 */
final class Explained {
    private static final String ANALYZE = "explain (analyze, buffers off, timing off) ";

    private final AgroalDataSource source;
    private final List<String> plans = new ArrayList<>();

    Explained(AgroalDataSource source) {
        this.source = source;
    }

    /** What it said, a statement each. */
    List<String> plans() {
        return plans;
    }

    AgroalDataSource source() {
        return proxy(
                AgroalDataSource.class,
                (_, method, arguments) -> {
                    Object result = call(source, method, arguments);
                    return result instanceof Connection connection
                            ? explaining(connection)
                            : result;
                });
    }

    private Connection explaining(Connection connection) {
        return proxy(
                Connection.class,
                (_, method, arguments) -> {
                    Object result = call(connection, method, arguments);
                    return result instanceof PreparedStatement statement
                            ? explaining(connection, statement, (String) arguments[0])
                            : result;
                });
    }

    private PreparedStatement explaining(
            Connection connection, PreparedStatement statement, String sql) {
        List<Set> parameters = new ArrayList<>();
        return proxy(
                PreparedStatement.class,
                (_, method, arguments) -> {
                    if (method.getName().startsWith("set")) {
                        parameters.add(new Set(method, Arrays.asList(arguments)));
                    } else if (method.getName().startsWith("execute") && isPlanned(sql)) {
                        explain(connection, sql, parameters);
                    }
                    return call(statement, method, arguments);
                });
    }

    /** A call that sets a parameter. */
    private record Set(Method method, List<Object> arguments) {}

    /** Explains each of the statements that are run together, then undoes all of them. */
    private void explain(Connection connection, String sql, List<Set> parameters) throws Throwable {
        boolean alone = connection.getAutoCommit();
        connection.setAutoCommit(false);
        var before = connection.setSavepoint();
        int first = 0;
        for (String each : List.of(sql.split(Session.AND_THEN, -1))) {
            int count = (int) each.chars().filter(c -> c == '?').count();
            if (isPlanned(each)) {
                try (PreparedStatement explain = connection.prepareStatement(ANALYZE + each)) {
                    for (int i = 0; i < count; i++) {
                        Set set = parameters.get(first + i);
                        List<Object> arguments = new ArrayList<>(set.arguments());
                        arguments.set(0, i + 1);
                        Object _ = call(explain, set.method(), arguments.toArray());
                    }
                    plans.add(plan(explain));
                }
            }
            first += count;
        }
        connection.rollback(before);
        connection.setAutoCommit(alone);
    }

    private static boolean isPlanned(String sql) {
        return List.of("select", "update", "insert", "delete", "with")
                .contains(sql.strip().split("\\s", 2)[0].toLowerCase(Locale.ROOT));
    }

    private static String plan(PreparedStatement explain) throws SQLException {
        StringBuilder plan = new StringBuilder();
        try (ResultSet rows = explain.executeQuery()) {
            while (rows.next()) {
                plan.append(rows.getString(1)).append('\n');
            }
        }
        return plan.toString();
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException failed) {
            throw failed.getCause();
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(
                Proxy.newProxyInstance(
                        Explained.class.getClassLoader(), new Class<?>[] {type}, handler));
    }
}

package ai.konko.store.postgres;

import io.agroal.api.AgroalDataSource;
import java.lang.StackWalker.StackFrame;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Connections that take note of the statements that the store runs, and of where they come from.
 */
final class Recorded {
    private static final StackWalker STACK =
            StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);
    private static final URL MAIN = location(Session.class);

    /** So many runs of a statement are kept; further ones cost the tests nothing. */
    private static final int ENOUGH = 20;

    private final AgroalDataSource source;
    private final Map<String, Set<Run>> runs = new ConcurrentHashMap<>();

    /**
     * A statement that was run.
     *
     * @param origin the method that has it, as {@code ChatRows.lock}
     * @param parameters those that are ids, and the types of those that are arrays; by their
     *     numbers, from 1
     */
    record Run(String origin, String sql, Map<Integer, Object> parameters) {}

    Recorded(AgroalDataSource source) {
        this.source = source;
    }

    /** Some of each statement, of those of the store and none of the tests. */
    Collection<Run> runs() {
        return runs.values().stream().flatMap(Set::stream).toList();
    }

    AgroalDataSource source() {
        return proxy(
                AgroalDataSource.class,
                (_, method, arguments) -> {
                    Object result = call(source, method, arguments);
                    return result instanceof Connection connection ? recording(connection) : result;
                });
    }

    private Connection recording(Connection connection) {
        return proxy(
                Connection.class,
                (_, method, arguments) -> {
                    Object result = call(connection, method, arguments);
                    if (result instanceof PreparedStatement statement) {
                        String sql = (String) arguments[0];
                        Set<Run> known = runs.getOrDefault(sql, Set.of());
                        String origin = known.size() < ENOUGH ? origin() : "";
                        return origin.isEmpty() ? result : recording(statement, origin, sql);
                    }
                    return result;
                });
    }

    private PreparedStatement recording(PreparedStatement statement, String origin, String sql) {
        Map<Integer, Object> parameters = new TreeMap<>();
        return proxy(
                PreparedStatement.class,
                (_, method, arguments) -> {
                    String name = method.getName();
                    if (name.startsWith("set")
                            && arguments.length > 1
                            && arguments[1] instanceof UUID id) {
                        parameters.put((Integer) arguments[0], id);
                    } else if (name.equals("setArray")) {
                        String type = ((Array) arguments[1]).getBaseTypeName();
                        parameters.put((Integer) arguments[0], type + "[]");
                    } else if (name.startsWith("execute") || name.equals("addBatch")) {
                        record(origin, sql, parameters);
                    }
                    return call(statement, method, arguments);
                });
    }

    /** Those that are sent together are taken apart. */
    private void record(String origin, String sql, Map<Integer, Object> parameters) {
        int first = 0;
        for (String each : List.of(sql.split(Session.AND_THEN, -1))) {
            Map<Integer, Object> own = new TreeMap<>();
            int count = (int) each.chars().filter(c -> c == '?').count();
            for (int i = 1; i <= count; i++) {
                if (parameters.containsKey(first + i)) {
                    own.put(i, parameters.get(first + i));
                }
            }
            first += count;
            Set<Run> known = runs.computeIfAbsent(each, _ -> ConcurrentHashMap.newKeySet());
            if (known.size() < ENOUGH) {
                known.add(new Run(origin, each, Map.copyOf(own)));
            }
        }
    }

    /** Empty if it is a test. */
    private static String origin() {
        return STACK.walk(
                frames ->
                        frames.filter(each -> isOfTheStore(each.getDeclaringClass()))
                                .findFirst()
                                .filter(each -> MAIN.equals(location(each.getDeclaringClass())))
                                .map(Recorded::name)
                                .orElse(""));
    }

    private static boolean isOfTheStore(Class<?> type) {
        return type.getPackage().equals(Session.class.getPackage())
                && type != Session.class
                && type.getNestHost() != Recorded.class;
    }

    private static String name(StackFrame frame) {
        String method = frame.getMethodName();
        return frame.getDeclaringClass().getNestHost().getSimpleName()
                + "."
                + (method.startsWith("lambda$") ? method.split("\\$", 3)[1] : method);
    }

    private static URL location(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
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
                        Recorded.class.getClassLoader(), new Class<?>[] {type}, handler));
    }
}

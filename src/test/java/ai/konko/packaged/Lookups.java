package ai.konko.packaged;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.RandomAccessFile;
import java.lang.StackWalker.StackFrame;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URL;
import java.nio.MappedByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.Selector;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.Timer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a process that {@link LookupAgent} watches has looked up by name: a line for each of what
 * kind, what, who, and which classes were being initialised, with tabs between them.
 */
public final class Lookups {
    private static final Set<String> SEEN = ConcurrentHashMap.newKeySet();
    private static final StackWalker STACK =
            StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    /** Whatever static fields were seen to hold: it is looked at once. */
    private static final Set<Object> WALKED =
            Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));

    private static final int DEPTH = 30;

    /** What a binary can't start with a copy of, as it was when the binary was built. */
    private static final List<Class<?>> OF_ONE_PROCESS =
            List.of(
                    Random.class,
                    SplittableRandom.class,
                    Thread.class,
                    Timer.class,
                    Clock.class,
                    FileDescriptor.class,
                    FileInputStream.class,
                    FileOutputStream.class,
                    RandomAccessFile.class,
                    Channel.class,
                    Selector.class,
                    Socket.class,
                    ServerSocket.class,
                    DatagramSocket.class,
                    MappedByteBuffer.class,
                    Process.class);

    private Lookups() {}

    static Set<String> seen() {
        return SEEN;
    }

    static void notWatched(String name, Throwable e) {
        SEEN.add("unwatched\t" + name.replace('/', '.') + "\t" + e + "\t-");
    }

    private static void add(String kind, String what, String caller) {
        SEEN.add(kind + "\t" + what + "\t" + caller + "\t" + initializing());
    }

    /** The classes that are being initialised, with commas between them. */
    private static String initializing() {
        return STACK.walk(
                frames ->
                        frames.filter(frame -> frame.getMethodName().equals("<clinit>"))
                                .map(StackFrame::getClassName)
                                .collect(Collectors.joining(",")));
    }

    /** The agent has it called after each call that looks something up. */
    public static void found(@Nullable Object result, String caller) {
        switch (result) {
            case null -> {}
            case Class<?> type -> add("type", element(type).getName(), caller);
            case Constructor<?> constructor ->
                    add("constructor", constructor.getDeclaringClass().getName(), caller);
            case Field field -> add("field", member(field), caller);
            case Member method -> add("method", member(method), caller);
            case MethodHandle constructor ->
                    add("constructor", constructor.type().returnType().getName(), caller);
            case Member[] members -> Arrays.stream(members).forEach(each -> found(each, caller));
            case ServiceLoader<?> loader ->
                    add("service", loader.toString().replaceAll(".*\\[|\\]", ""), caller);
            case Proxy proxy ->
                    add(
                            "proxy",
                            Arrays.stream(proxy.getClass().getInterfaces())
                                    .map(Class::getName)
                                    .collect(Collectors.joining(",")),
                            caller);
            default -> add("constructor", result.getClass().getName(), caller);
        }
    }

    private static Class<?> element(Class<?> type) {
        return type.isArray() ? element(type.getComponentType()) : type;
    }

    private static String member(Member member) {
        return member.getDeclaringClass().getName() + "#" + member.getName();
    }

    /** The agent has it called before each call for a resource. */
    public static void resource(Object from, String name, String caller) {
        URL found =
                from instanceof Class<?> type
                        ? type.getResource(name)
                        : ((ClassLoader) from).getResource(name);
        if (found != null && found.getProtocol().equals("jar")) {
            add("resource", found.getPath().replaceFirst(".*!/", ""), caller);
        }
    }

    /** The agent has it called before a thread starts. */
    public static void started(Object thread, String caller) {
        if (!initializing().isEmpty()) {
            add("state", thread.getClass().getName(), caller);
        }
    }

    /** The agent has it called at the end of each class' initialization. */
    public static void initialized(Class<?> type) {
        try {
            for (Field field : type.getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
                    String root = type.getName() + "#" + field.getName();
                    walk(value(field, null), DEPTH, root);
                }
            }
        } catch (LinkageError | RuntimeException e) { // of a class that is optional, mostly
            notWatched(type.getName(), e);
        }
    }

    private static void walk(@Nullable Object value, int depth, String root) {
        if (value == null || depth == 0 || isLogger(value) || !WALKED.add(value)) {
            return;
        }
        if (isOfOneProcess(value)) {
            add("state", value.getClass().getName(), root);
            return;
        }
        for (Object each : inside(value)) {
            walk(each, depth - 1, root);
        }
    }

    /** Every class has one; behind it is all logging, whose own classes are looked at. */
    private static boolean isLogger(Object value) {
        return value.getClass().getName().startsWith("org.jboss.log");
    }

    private static boolean isOfOneProcess(Object value) {
        return !(value instanceof ThreadLocalRandom)
                && OF_ONE_PROCESS.stream().anyMatch(type -> type.isInstance(value));
    }

    private static Collection<?> inside(Object value) {
        return switch (value) {
            case Map<?, ?> map when isJdks(map) -> Arrays.asList(map.values().toArray());
            case Collection<?> all when isJdks(all) -> Arrays.asList(all.toArray());
            case AtomicReference<?> reference -> Collections.singleton(reference.get());
            case Object[] array -> Arrays.asList(array);
            case Class<?> _ -> List.of();
            default -> isJdks(value) || value.getClass().isArray() ? List.of() : fields(value);
        };
    }

    private static boolean isJdks(Object value) {
        ClassLoader loader = value.getClass().getClassLoader();
        return loader == null || ClassLoader.getPlatformClassLoader().equals(loader);
    }

    private static List<Object> fields(Object value) {
        List<Object> values = new ArrayList<>();
        for (Class<?> type = value.getClass(); type != null; type = type.getSuperclass()) {
            if (type.getClassLoader() == null) {
                break;
            }
            for (Field field : type.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
                    Object inner = value(field, value);
                    if (inner != null) {
                        values.add(inner);
                    }
                }
            }
        }
        return values;
    }

    private static @Nullable Object value(Field field, @Nullable Object of) {
        try {
            field.setAccessible(true);
            return field.get(of);
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            return null;
        }
    }
}

package ai.konko.conversation;

import ai.konko.chat.ChatRepository;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A log that works, but for the operations that are to fail. */
final class FaultyLog {
    private final ChatRepository working;
    private final Map<String, Supplier<Throwable>> faults = new ConcurrentHashMap<>();
    private final Map<String, Integer> failed = new ConcurrentHashMap<>();

    FaultyLog(ChatRepository working) {
        this.working = working;
    }

    ChatRepository repository() {
        return (ChatRepository)
                Proxy.newProxyInstance(
                        FaultyLog.class.getClassLoader(),
                        new Class<?>[] {ChatRepository.class},
                        (_, method, arguments) -> call(method, arguments));
    }

    /** From now on this operation fails so each time, and has no effect. */
    void fail(String operation, Supplier<Throwable> fault) {
        faults.put(operation, fault);
    }

    void work() {
        faults.clear();
        failed.clear();
    }

    /** How often the operation has failed. */
    int failed(String operation) {
        return failed.getOrDefault(operation, 0);
    }

    private @Nullable Object call(Method method, Object[] arguments) throws Throwable {
        Supplier<Throwable> fault = faults.get(method.getName());
        if (fault != null) {
            failed.merge(method.getName(), 1, Integer::sum);
            throw fault.get();
        }
        try {
            return method.invoke(working, arguments);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }
}

package ai.konko.store.memory;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.runner.RunnerException;

/**
 * Locks that could guard the map of chats, and those that could guard a chat: all threads at the
 * same map, and all in the same chat, which is the worst case. The number is the reads among 100
 * operations.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class LockBenchmark {
    private static final int CHATS = 10_000;

    public static void main(String[] arguments) throws RunnerException {
        JmhTable.print(LockBenchmark.class);
    }

    /** Each thread's reads and writes in turn. */
    @State(Scope.Thread)
    public static class Mix {
        @Param({"99", "50"})
        int reads;

        private int operations;

        boolean isRead() {
            operations++;
            return Math.floorMod(operations * 37, 100) < reads;
        }
    }

    /** A way to keep readers and writers apart. */
    private interface Guard {
        <T> T read(Supplier<T> operation);

        <T> T write(Supplier<T> operation);

        static Guard of(String name) {
            return switch (name) {
                case "StampedLock" -> new Stamped();
                case "optimistic" -> new Optimistic();
                case "ReentrantLock" -> new Reentrant();
                case "synchronized" -> new Monitor();
                case "ConcurrentHashMap" -> new WritersOnly();
                default -> throw new IllegalArgumentException(name);
            };
        }
    }

    /** As the service does it. */
    private static class Stamped implements Guard {
        final StampedLock lock = new StampedLock();

        @Override
        public <T> T read(Supplier<T> operation) {
            long stamp = lock.readLock();
            try {
                return operation.get();
            } finally {
                lock.unlockRead(stamp);
            }
        }

        @Override
        public <T> T write(Supplier<T> operation) {
            long stamp = lock.writeLock();
            try {
                return operation.get();
            } finally {
                lock.unlockWrite(stamp);
            }
        }
    }

    /**
     * Of a map, this is not legal: a read of a {@code HashMap} that is being written may throw or
     * never end. It is here to see what it would be worth.
     */
    private static final class Optimistic extends Stamped {

        @Override
        public <T> T read(Supplier<T> operation) {
            long stamp = lock.tryOptimisticRead();
            if (stamp != 0) {
                try {
                    T seen = operation.get();
                    if (lock.validate(stamp)) {
                        return seen;
                    }
                } catch (RuntimeException _) {
                    // A torn state: once more, under the lock.
                }
            }
            return super.read(operation);
        }
    }

    private static class Reentrant implements Guard {
        private final ReentrantLock lock = new ReentrantLock();

        @Override
        public <T> T read(Supplier<T> operation) {
            return write(operation);
        }

        @Override
        public <T> T write(Supplier<T> operation) {
            lock.lock();
            try {
                return operation.get();
            } finally {
                lock.unlock();
            }
        }
    }

    /** The map needs no lock for its readers; the sorted one beside it does. */
    private static final class WritersOnly extends Reentrant {

        @Override
        public <T> T read(Supplier<T> operation) {
            return operation.get();
        }
    }

    private static final class Monitor implements Guard {

        @Override
        public synchronized <T> T read(Supplier<T> operation) {
            return operation.get();
        }

        @Override
        public synchronized <T> T write(Supplier<T> operation) {
            return operation.get();
        }
    }

    /** Chats by id, and sorted beside it, as the repository keeps them. */
    @State(Scope.Benchmark)
    public static class Chats {
        @Param({"StampedLock", "optimistic", "ReentrantLock", "synchronized", "ConcurrentHashMap"})
        String guard;

        private final UUID[] ids = new UUID[CHATS];
        private final NavigableMap<UUID, UUID> sorted = new TreeMap<>();
        private Map<UUID, UUID> chats = Map.of();
        private Guard by = new Monitor();

        @Setup
        public void fill() {
            by = Guard.of(guard);
            chats = guard.equals("ConcurrentHashMap") ? new ConcurrentHashMap<>() : new HashMap<>();
            for (int i = 0; i < CHATS; i++) {
                UUID id = UUID.randomUUID();
                ids[i] = new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits());
                chats.put(id, id);
                sorted.put(id, id);
            }
        }

        UUID find(UUID id) {
            return by.read(() -> chats.get(id));
        }

        /** Deletes it, or creates it again. */
        UUID change(UUID id) {
            return by.write(
                    () -> {
                        UUID known = chats.remove(id);
                        if (known == null) {
                            chats.put(id, id);
                            return sorted.put(id, id);
                        }
                        return sorted.remove(id);
                    });
        }
    }

    /** What is read and written of a chat, a field or two at a time. */
    @State(Scope.Benchmark)
    public static class Chat {
        @Param({"StampedLock", "optimistic", "ReentrantLock", "synchronized"})
        String guard;

        private final List<String> messages = new ArrayList<>(List.of("queued"));
        private Guard by = new Monitor();
        private Instant updatedAt = Instant.EPOCH;
        private String status = "idle";

        private record Snapshot(String status, Instant updatedAt) {}

        @Setup
        public void choose() {
            by = Guard.of(guard);
        }

        Object snapshot() {
            return by.read(() -> new Snapshot(status, updatedAt));
        }

        Object finish() {
            return by.write(
                    () -> {
                        status = status.equals("idle") ? "busy" : "idle";
                        updatedAt = updatedAt.plusMillis(1);
                        return messages.set(0, status);
                    });
        }
    }

    @Benchmark
    public Object map(Chats chats, Mix mix) {
        UUID id = chats.ids[ThreadLocalRandom.current().nextInt(CHATS)];
        return mix.isRead() ? chats.find(id) : chats.change(id);
    }

    @Benchmark
    public Object chat(Chat chat, Mix mix) {
        return mix.isRead() ? chat.snapshot() : chat.finish();
    }
}

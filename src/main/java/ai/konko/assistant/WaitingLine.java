package ai.konko.assistant;

import ai.konko.chat.Owner;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A line that serves owners in turn, one entry each, so that nobody waits behind all entries of
 * another owner. Not safe for use by several threads.
 */
final class WaitingLine<T> {
    private final Predicate<T> waits;

    /** Each owner's entries, oldest first, never empty. The owner whose turn it is comes first. */
    private final SequencedMap<Owner, Deque<T>> byOwner = new LinkedHashMap<>();

    /**
     * @param waits entries that do not wait any more are skipped
     */
    WaitingLine(Predicate<T> waits) {
        this.waits = waits;
    }

    void add(Owner owner, T one) {
        byOwner.computeIfAbsent(owner, _ -> new ArrayDeque<>()).addLast(one);
    }

    boolean isEmpty() {
        return byOwner.isEmpty();
    }

    int size() {
        return byOwner.values().stream().mapToInt(Deque::size).sum();
    }

    /**
     * @return the next entry that still waits; it is removed from the line
     */
    @Nullable T poll() {
        while (true) {
            Map.Entry<Owner, Deque<T>> first = byOwner.pollFirstEntry();
            if (first == null) {
                return null;
            }
            Deque<T> line = first.getValue();
            T next = waiting(line);
            if (!line.isEmpty()) {
                byOwner.putLast(first.getKey(), line);
            }
            if (next != null) {
                return next;
            }
        }
    }

    private @Nullable T waiting(Deque<T> line) {
        T next = line.pollFirst();
        while (next != null && !waits.test(next)) {
            next = line.pollFirst();
        }
        return next;
    }
}

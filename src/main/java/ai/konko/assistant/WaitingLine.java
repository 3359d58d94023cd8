package ai.konko.assistant;

import ai.konko.chat.Owner;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for a connection. Owners are served in turn, one call each, so that nobody waits behind
 * all the calls of another. Not safe for use by several threads.
 */
final class WaitingLine {
    /** Each owner's calls, oldest first, and never none; the owner whose turn it is comes first. */
    private final SequencedMap<Owner, Deque<Connections.Taker>> byOwner = new LinkedHashMap<>();

    void add(Connections.Taker taker) {
        byOwner.computeIfAbsent(taker.owner(), _ -> new ArrayDeque<>()).addLast(taker);
    }

    /**
     * @return the next that still waits, who is not in the line any more
     */
    Connections.@Nullable Taker poll() {
        while (true) {
            Map.Entry<Owner, Deque<Connections.Taker>> first = byOwner.pollFirstEntry();
            if (first == null) {
                return null;
            }
            Deque<Connections.Taker> line = first.getValue();
            Connections.Taker next = waiting(line);
            if (!line.isEmpty()) {
                byOwner.putLast(first.getKey(), line);
            }
            if (next != null) {
                return next;
            }
        }
    }

    private static Connections.@Nullable Taker waiting(Deque<Connections.Taker> line) {
        Connections.Taker next = line.pollFirst();
        while (next != null && !next.waits()) {
            next = line.pollFirst();
        }
        return next;
    }
}

package ai.konko.assistant;

import ai.konko.chat.WellFormed;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gives each call of a reply an id that no other call of its chat has: the provider's own, if it
 * has given a usable one, with a suffix if that is taken.
 */
final class CallIds {
    /** The longest id, in UTF-16 units. */
    static final int LONGEST = 128;

    private final int seq;
    private final @Nullable Set<String> taken;
    private Set<String> given = Set.of();

    /** The last suffix that was tried, by id. */
    private Map<String, Integer> suffixes = Map.of();

    private int count;

    /**
     * @param seq the reply's
     * @param taken the ids of the chat's other calls; null if they are not known: then each id gets
     *     the reply's place as suffix
     */
    CallIds(int seq, @Nullable Set<String> taken) {
        this.seq = seq;
        this.taken = taken;
    }

    /**
     * @param wanted the provider's id
     */
    String next(@Nullable String wanted) {
        if (count++ == 0) {
            given = new HashSet<>();
            suffixes = new HashMap<>();
        }
        if (wanted != null && isUsable(wanted)) {
            String free = free(taken == null ? wanted + "_" + seq : wanted);
            if (free.length() <= LONGEST) {
                given.add(free);
                return free;
            }
        }
        String made = free("call_%d_%d".formatted(seq, count));
        given.add(made);
        return made;
    }

    /** Clients put ids into headers, addresses and logs. */
    private static boolean isUsable(String id) {
        return !id.isBlank()
                && id.length() <= LONGEST
                && WellFormed.holds(id)
                && id.codePoints()
                        .noneMatch(
                                each ->
                                        Character.isISOControl(each)
                                                || Character.isSpaceChar(each));
    }

    private String free(String wanted) {
        String free = wanted;
        while (isTaken(free)) {
            free = wanted + "_" + suffixes.merge(wanted, 2, (last, _) -> last + 1);
        }
        return free;
    }

    private boolean isTaken(String id) {
        return given.contains(id) || (taken != null && taken.contains(id));
    }
}

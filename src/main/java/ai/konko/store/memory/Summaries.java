package ai.konko.store.memory;

import ai.konko.chat.MemorySummary;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A chat's summaries, each of more turns than the one before. Not safe for several threads. */
final class Summaries {
    private final List<MemorySummary> all = new ArrayList<>(0);

    void add(MemorySummary newest) {
        all.add(newest);
    }

    @Nullable MemorySummary last() {
        return all.isEmpty() ? null : all.getLast();
    }

    /** Up to where they reach; 0 if there are none. */
    int through() {
        return all.isEmpty() ? 0 : all.getLast().throughSeq();
    }

    List<MemorySummary> newest(int before, int most) {
        return all.reversed().stream()
                .filter(each -> each.throughSeq() < before)
                .limit(most)
                .toList();
    }

    /**
     * Removes those that take in this message.
     *
     * @return what was removed
     */
    List<MemorySummary> forget(int seq) {
        List<MemorySummary> gone = all.stream().filter(each -> each.throughSeq() >= seq).toList();
        all.removeAll(gone);
        return gone;
    }
}

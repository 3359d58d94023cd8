package ai.konko.assistant;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a chunk has beside the reply's text.
 *
 * @param reasoning what the provider tells of the model's thinking; may be empty
 * @param wholeReasoning whether that is of a message and not of a delta
 * @param calls pieces of calls
 */
record ChunkExtras(String reasoning, boolean wholeReasoning, List<CallPiece> calls) {

    ChunkExtras {
        calls = List.copyOf(calls);
    }

    /** Both, if a choice came in two parts. */
    static @Nullable ChunkExtras joined(@Nullable ChunkExtras one, @Nullable ChunkExtras other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        List<CallPiece> all = new ArrayList<>(one.calls);
        all.addAll(other.calls);
        return new ChunkExtras(
                one.reasoning + other.reasoning, one.wholeReasoning && other.wholeReasoning, all);
    }

    @Override
    public String toString() {
        return "ChunkExtras[calls=" + calls.size() + "]";
    }
}

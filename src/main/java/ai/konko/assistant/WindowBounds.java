package ai.konko.assistant;

import ai.konko.chat.Memory;
import org.jspecify.annotations.Nullable;

/**
 * How much of a chat the model sees, and how much of that a cut leaves.
 *
 * @param maxMessages see {@link MemoryConfig}
 * @param maxTokens see {@link MemoryConfig}
 * @param keep see {@link MemoryConfig}
 */
record WindowBounds(int maxMessages, int maxTokens, double keep) {

    /**
     * Those of a chat: what its client has chosen comes before the service's settings, as far as
     * these allow it.
     */
    static WindowBounds of(MemoryConfig config, Memory chosen) {
        return new WindowBounds(
                bound(chosen.maxMessages(), config.maxMessages(), config.mostMessages()),
                bound(chosen.maxTokens(), config.maxTokens(), config.mostTokens()),
                chosen.keep() == null ? config.keep() : chosen.keep());
    }

    private static int bound(@Nullable Integer chosen, int usual, int most) {
        return chosen == null ? usual : Math.min(chosen, Math.max(usual, most));
    }

    /** The new message takes one place, and a turn takes two. */
    int maxTurns() {
        return (maxMessages - 1) / 2;
    }

    /** How many turns a cut leaves at most; the newest is always one of them, if it fits at all. */
    int keptTurns() {
        int kept = ((int) Math.floor(maxMessages * keep) - 1) / 2;
        return Math.min(maxTurns(), Math.max(1, kept));
    }

    /** How many tokens a cut leaves at most, the new message counted. */
    int keptTokens() {
        return (int) Math.floor(maxTokens * keep);
    }

    /**
     * @return how many turns have to be read to know whether they are too many
     */
    int readTurns() {
        return maxTurns() == 0 ? 0 : maxTurns() + 1;
    }

    /**
     * @return how many bytes of text the window's tokens can have at most; turns before those are
     *     never sent
     */
    long mostBytes() {
        return Tokens.mostBytes(maxTokens);
    }
}

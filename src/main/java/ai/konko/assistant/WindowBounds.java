package ai.konko.assistant;

import ai.konko.chat.Memory;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How much of a chat the model sees, and how much of that a cut leaves.
 *
 * @param maxMessages see {@link MemoryConfig}
 * @param maxTokens see {@link MemoryConfig}
 * @param keep see {@link MemoryConfig}
 * @param summaryTokens the most tokens of a summary
 * @param compacts whether a summary tells of what cuts leave out
 */
record WindowBounds(
        int maxMessages, int maxTokens, double keep, int summaryTokens, boolean compacts) {
    /** How full a window is when its summary is made, ahead of the cut. */
    private static final double NEARLY_FULL = 0.75;

    /** What part of the window a summary takes at most. */
    private static final int SHARE = 4;

    /** A window without summaries. */
    WindowBounds(int maxMessages, int maxTokens, double keep) {
        this(maxMessages, maxTokens, keep, 0, false);
    }

    /**
     * Those of a chat: what its client has chosen comes before the service's settings, as far as
     * these allow it.
     */
    static WindowBounds of(MemoryConfig config, Memory chosen) {
        int maxTokens = bound(chosen.maxTokens(), config.maxTokens(), config.mostTokens());
        return new WindowBounds(
                bound(chosen.maxMessages(), config.maxMessages(), config.mostMessages()),
                maxTokens,
                chosen.keep() == null ? config.keep() : chosen.keep(),
                Math.min(config.summaryTokens(), Math.max(1, maxTokens / SHARE)),
                Objects.requireNonNullElse(chosen.compaction(), config.compaction())
                        == Memory.Compaction.SUMMARY);
    }

    /** What is left for turns if a summary goes with them. */
    WindowBounds besideSummary() {
        return new WindowBounds(
                maxMessages, Math.max(1, maxTokens - summaryTokens), keep, summaryTokens, compacts);
    }

    /** At three quarters it is time for a summary. */
    WindowBounds nearlyFull() {
        return part(NEARLY_FULL);
    }

    /**
     * What a summary leaves that is made at three quarters: so much that it is what a cut leaves
     * once the last quarter has come.
     */
    WindowBounds leftBySummary() {
        return part(Math.clamp(keep - (1 - NEARLY_FULL), 0, 0.5));
    }

    private WindowBounds part(double share) {
        return new WindowBounds(
                1 + 2 * (int) Math.floor(maxTurns() * share),
                (int) Math.floor(maxTokens * share),
                keep,
                summaryTokens,
                compacts);
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

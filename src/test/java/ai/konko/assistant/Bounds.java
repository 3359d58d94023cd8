package ai.konko.assistant;

import ai.konko.chat.Memory;
import java.time.Duration;
import java.util.Optional;

/** The settings of a window, with the usual bounds for those that chats may choose. */
record Bounds(int maxMessages, int maxTokens, double keep, Memory.Compaction compaction)
        implements MemoryConfig {

    /** Without summaries. */
    Bounds(int maxMessages, int maxTokens, double keep) {
        this(maxMessages, maxTokens, keep, Memory.Compaction.OFF);
    }

    @Override
    public int mostMessages() {
        return 1000;
    }

    @Override
    public int mostTokens() {
        return 128_000;
    }

    @Override
    public Optional<String> summaryModel() {
        return Optional.empty();
    }

    @Override
    public int summaryTokens() {
        return 1000;
    }

    @Override
    public Duration summaryTimeout() {
        return Duration.ofSeconds(10);
    }
}

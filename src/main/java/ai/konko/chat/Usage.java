package ai.konko.chat;

import org.jspecify.annotations.Nullable;

/**
 * Tokens as the model's provider counted them.
 *
 * @param inputTokens tokens sent to the model, at least 0
 * @param outputTokens tokens the model wrote, at least 0
 * @param cachedInputTokens how many of those sent came from the provider's cache; absent if it does
 *     not say
 * @param reasoningTokens how many of those written were reasoning; absent if it does not say
 */
public record Usage(
        long inputTokens,
        long outputTokens,
        @Nullable Long cachedInputTokens,
        @Nullable Long reasoningTokens) {
    public static final Usage NONE = new Usage(0, 0);

    public Usage {
        if (inputTokens < 0
                || outputTokens < 0
                || (cachedInputTokens != null && cachedInputTokens < 0)
                || (reasoningTokens != null && reasoningTokens < 0)) {
            throw new IllegalArgumentException("tokens must not be negative");
        }
    }

    public Usage(long inputTokens, long outputTokens) {
        this(inputTokens, outputTokens, null, null);
    }

    /** The same without what only some providers report. */
    public Usage plain() {
        return new Usage(inputTokens, outputTokens);
    }

    public long totalTokens() {
        return inputTokens + outputTokens;
    }

    public Usage plus(@Nullable Usage other) {
        return other == null
                ? this
                : new Usage(
                        inputTokens + other.inputTokens,
                        outputTokens + other.outputTokens,
                        sum(cachedInputTokens, other.cachedInputTokens),
                        sum(reasoningTokens, other.reasoningTokens));
    }

    private static @Nullable Long sum(@Nullable Long one, @Nullable Long other) {
        return one == null ? other : other == null ? one : Long.valueOf(one + other);
    }
}

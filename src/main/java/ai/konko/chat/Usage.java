package ai.konko.chat;

import org.jspecify.annotations.Nullable;

/**
 * Tokens as the model's provider counted them.
 *
 * @param inputTokens tokens sent to the model, at least 0
 * @param outputTokens tokens the model wrote, at least 0
 */
public record Usage(long inputTokens, long outputTokens) {
    public static final Usage NONE = new Usage(0, 0);

    public Usage {
        if (inputTokens < 0 || outputTokens < 0) {
            throw new IllegalArgumentException("tokens must not be negative");
        }
    }

    public long totalTokens() {
        return inputTokens + outputTokens;
    }

    public Usage plus(@Nullable Usage other) {
        return other == null
                ? this
                : new Usage(inputTokens + other.inputTokens, outputTokens + other.outputTokens);
    }
}

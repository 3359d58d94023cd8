package ai.konko.openai;

import ai.konko.chat.Usage;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/** The usage of a response. */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
record ResponseUsageView(
        long inputTokens,
        InputDetails inputTokensDetails,
        long outputTokens,
        OutputDetails outputTokensDetails,
        long totalTokens) {

    static @Nullable ResponseUsageView of(@Nullable Usage usage) {
        return usage == null
                ? null
                : new ResponseUsageView(
                        usage.inputTokens(),
                        new InputDetails(orNone(usage.cachedInputTokens()), 0),
                        usage.outputTokens(),
                        new OutputDetails(orNone(usage.reasoningTokens())),
                        usage.totalTokens());
    }

    /** 0 also if the provider does not say. */
    static long orNone(@Nullable Long tokens) {
        return tokens == null ? 0 : tokens;
    }

    /** What is written to a cache is not told apart here, so it is 0. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    record InputDetails(long cachedTokens, long cacheWriteTokens) {}

    /** Part of what was written. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    record OutputDetails(long reasoningTokens) {}
}

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
                        new InputDetails(0, 0),
                        usage.outputTokens(),
                        new OutputDetails(0),
                        usage.totalTokens());
    }

    /** Not told apart here, so 0. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    record InputDetails(long cachedTokens, long cacheWriteTokens) {}

    /** Not told apart here, so 0. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    record OutputDetails(long reasoningTokens) {}
}

package ai.konko.openai;

import ai.konko.chat.Usage;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What a response has used. */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
@Schema(name = "ResponseUsage")
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
    @Schema(name = "InputTokensDetails", description = "Not told apart here, so 0.")
    record InputDetails(long cachedTokens, long cacheWriteTokens) {}

    /** Not told apart here, so 0. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    @Schema(name = "OutputTokensDetails", description = "Not told apart here, so 0.")
    record OutputDetails(long reasoningTokens) {}
}

package ai.konko.api;

import ai.konko.chat.Usage;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/** Tokens as the provider counted them. */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
record UsageView(
        long inputTokens,
        long outputTokens,
        long totalTokens,
        @Nullable Long cachedInputTokens,
        @Nullable Long reasoningTokens) {

    static @Nullable UsageView of(@Nullable Usage usage) {
        return usage == null
                ? null
                : new UsageView(
                        usage.inputTokens(),
                        usage.outputTokens(),
                        usage.totalTokens(),
                        usage.cachedInputTokens(),
                        usage.reasoningTokens());
    }
}

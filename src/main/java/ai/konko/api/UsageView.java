package ai.konko.api;

import ai.konko.chat.Usage;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Tokens as the provider counted them. */
@Schema(
        name = "Usage",
        requiredProperties = {"inputTokens", "outputTokens", "totalTokens"})
record UsageView(long inputTokens, long outputTokens, long totalTokens) {

    static @Nullable UsageView of(@Nullable Usage usage) {
        return usage == null
                ? null
                : new UsageView(usage.inputTokens(), usage.outputTokens(), usage.totalTokens());
    }
}

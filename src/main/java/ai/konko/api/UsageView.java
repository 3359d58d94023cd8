package ai.konko.api;

import ai.konko.chat.Usage;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/** Tokens as the provider counted them. */
@RegisterForReflection
record UsageView(long inputTokens, long outputTokens, long totalTokens) {

    static @Nullable UsageView of(@Nullable Usage usage) {
        return usage == null
                ? null
                : new UsageView(usage.inputTokens(), usage.outputTokens(), usage.totalTokens());
    }
}

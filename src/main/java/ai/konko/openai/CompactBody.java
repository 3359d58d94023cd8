package ai.konko.openai;

import ai.konko.chat.ChatLimits;
import ai.konko.http.TextBound;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/** A request to summarize a dialogue. */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
record CompactBody(
        @Nullable String model,
        @Nullable JsonNode input,
        @Nullable String instructions,
        @Nullable String previousResponseId,
        @Nullable String promptCacheKey,
        @Nullable JsonNode promptCacheRetention,
        @Nullable JsonNode serviceTier) {

    void check(ChatLimits limits) {
        RequestParameters.text("model", model, TextBound.MODEL, limits);
    }

    boolean hasInput() {
        return RequestParameters.isGiven(input);
    }

    @Override
    public String toString() {
        return "CompactBody[]";
    }
}

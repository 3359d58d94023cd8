package ai.konko.openai;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;

/** How many tokens a response's prompt would have, by estimate. */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
record InputTokensView(String object, int inputTokens) {
    static InputTokensView of(int tokens) {
        return new InputTokensView("response.input_tokens", tokens);
    }
}

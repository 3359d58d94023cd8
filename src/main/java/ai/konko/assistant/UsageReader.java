package ai.konko.assistant;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.langchain4j.model.output.TokenUsage;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads how many tokens an answer has used, in the names that providers have for it. */
final class UsageReader extends ProviderJson {
    private @Nullable Integer input;
    private @Nullable Integer output;
    private @Nullable Integer cached;
    private @Nullable Integer reasoning;

    UsageReader(JsonParser json) {
        super(json);
    }

    /**
     * @return null if there is none; what is no object is none
     */
    @Nullable TokenUsage read() throws IOException {
        fields();
        return input == null && output == null
                ? null
                : ProviderUsage.of(input, output, cached, reasoning);
    }

    private void fields() throws IOException {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            json.skipChildren();
            return;
        }
        while (nextField()) {
            switch (json.currentName()) {
                case "prompt_tokens", "input_tokens" -> input = fuller(input);
                case "completion_tokens", "output_tokens" -> output = fuller(output);
                case "cached_tokens", "prompt_cache_hit_tokens" -> cached = fuller(cached);
                case "reasoning_tokens" -> reasoning = fuller(reasoning);
                case "prompt_tokens_details",
                        "input_tokens_details",
                        "completion_tokens_details",
                        "output_tokens_details" ->
                        details();
                default -> json.skipChildren();
            }
        }
    }

    private void details() throws IOException {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            json.skipChildren();
            return;
        }
        while (nextField()) {
            switch (json.currentName()) {
                case "cached_tokens" -> cached = fuller(cached);
                case "reasoning_tokens" -> reasoning = fuller(reasoning);
                default -> json.skipChildren();
            }
        }
    }

    private @Nullable Integer fuller(@Nullable Integer before) throws IOException {
        return ProviderUsage.fuller(before, count());
    }
}

package ai.konko.openai;

import static ai.konko.openai.RequestParameters.is;
import static ai.konko.openai.RequestParameters.isGiven;
import static ai.konko.openai.RequestParameters.nothing;
import static ai.konko.openai.RequestParameters.nothingIn;
import static ai.konko.openai.RequestParameters.oneOf;
import static ai.konko.openai.RequestParameters.orMissing;
import static ai.konko.openai.RequestParameters.require;
import static ai.konko.openai.RequestParameters.rule;

import ai.konko.chat.ChatLimits;
import ai.konko.http.TextBound;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.node.IntNode;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request for a chat completion, as OpenAI defines it. What clients have beside that changes
 * nothing.
 */
@RegisterForReflection
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonNaming(SnakeCaseStrategy.class)
record CompletionBody(
        @Nullable String model,
        @Nullable JsonNode messages,
        @Nullable Boolean stream,
        @Nullable JsonNode streamOptions,
        @Nullable Boolean store,
        @Nullable Map<String, @Nullable String> metadata,
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable Integer maxTokens,
        @Nullable Integer maxCompletionTokens,
        @Nullable Double presencePenalty,
        @Nullable Double frequencyPenalty,
        @Nullable Long seed,
        @Nullable JsonNode stop,
        @Nullable Map<String, Integer> logitBias,
        @Nullable JsonNode reasoningEffort,
        @Nullable JsonNode verbosity,
        @Nullable JsonNode tools,
        @Nullable JsonNode toolChoice,
        @Nullable Boolean parallelToolCalls,
        @Nullable JsonNode n,
        @Nullable JsonNode responseFormat,
        @Nullable JsonNode serviceTier,
        @Nullable String user,
        @Nullable String safetyIdentifier,
        @Nullable String promptCacheKey,
        @Nullable JsonNode modalities,
        @Nullable JsonNode audio,
        @Nullable JsonNode functions,
        @Nullable JsonNode functionCall,
        @Nullable Boolean logprobs,
        @Nullable JsonNode topLogprobs,
        @Nullable JsonNode prediction,
        @Nullable JsonNode webSearchOptions,
        @Nullable JsonNode promptCacheRetention,
        @Nullable JsonNode promptCacheOptions,
        @Nullable JsonNode moderation) {
    private static final ProviderForm FORM = new ProviderForm(false);

    boolean kept() {
        return is(store);
    }

    boolean streams() {
        return is(stream);
    }

    boolean includesUsage() {
        return orMissing(streamOptions).path("include_usage").asBoolean();
    }

    /** Checks the parameters that need no other knowledge. */
    void check(ChatLimits limits) {
        nothing("audio", audio);
        nothingIn("functions", functions);
        oneOf("function_call", functionCall, Set.of("none", "auto"));
        require(!is(logprobs), "logprobs", "is not supported here");
        nothing("top_logprobs", topLogprobs);
        nothing("prediction", prediction);
        nothing("web_search_options", webSearchOptions);
        nothing("moderation", moderation);
        require(
                !isGiven(n) || orMissing(n).equals(IntNode.valueOf(1)),
                "n",
                "is supported only as 1");
        orMissing(modalities).forEach(each -> oneOf("modalities", each, Set.of("text")));
        checkStreamOptions();
        rule(
                maxTokens == null || maxCompletionTokens == null,
                "max_tokens",
                "excludes max_completion_tokens");
        rule(kept() || metadata == null || metadata.isEmpty(), "metadata", "needs store");
        RequestParameters.text("model", model, TextBound.MODEL, limits);
        RequestParameters.text("user", user, TextBound.METADATA_VALUE, limits);
        RequestParameters.text(
                "safety_identifier", safetyIdentifier, TextBound.METADATA_VALUE, limits);
        RequestParameters.text(
                "prompt_cache_key", promptCacheKey, TextBound.METADATA_VALUE, limits);
    }

    private void checkStreamOptions() {
        JsonNode usage = orMissing(orMissing(streamOptions).get("include_usage"));
        require(
                usage.isMissingNode() || usage.isBoolean(),
                "stream_options.include_usage",
                "is supported only as true or false");
    }

    Map<String, Object> parameters() {
        Object given = FORM.tools(tools);
        return new Parameters()
                .number("temperature", temperature, 0, 2)
                .number("top_p", topP, 0, 1)
                .count("max_tokens", "max_tokens", maxTokens)
                .count("max_completion_tokens", "max_completion_tokens", maxCompletionTokens)
                .number("presence_penalty", presencePenalty, -2, 2)
                .number("frequency_penalty", frequencyPenalty, -2, 2)
                .any("seed", seed)
                .stop(stop)
                .bias(logitBias)
                .word("reasoning_effort", "reasoning_effort", reasoningEffort)
                .word("verbosity", "verbosity", verbosity)
                .any("tools", given)
                .any("tool_choice", FORM.toolChoice(toolChoice, given, false))
                .any("parallel_tool_calls", given == null ? null : parallelToolCalls)
                .any("response_format", FORM.format("response_format", responseFormat))
                .tier(serviceTier)
                .word("prompt_cache_retention", "prompt_cache_retention", promptCacheRetention)
                .object("prompt_cache_options", promptCacheOptions)
                .any("prompt_cache_key", promptCacheKey)
                .any("safety_identifier", safetyIdentifier)
                .any("user", user)
                .all();
    }

    @Override
    public String toString() {
        return "CompletionBody[]";
    }
}

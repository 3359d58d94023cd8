package ai.konko.openai;

import static ai.konko.openai.RequestParameters.is;
import static ai.konko.openai.RequestParameters.isGiven;
import static ai.konko.openai.RequestParameters.nothing;
import static ai.konko.openai.RequestParameters.nothingIn;
import static ai.konko.openai.RequestParameters.oneOf;
import static ai.konko.openai.RequestParameters.orMissing;
import static ai.konko.openai.RequestParameters.require;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.RefusedException;
import ai.konko.http.TextBound;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request for a response, as OpenAI defines it. Parameters that are not supported are listed so
 * that they can be refused.
 */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
record ResponseBody(
        @Nullable String model,
        @Nullable JsonNode input,
        @Nullable String instructions,
        @Nullable JsonNode conversation,
        @Nullable String previousResponseId,
        @Nullable Boolean store,
        @Nullable Boolean stream,
        @Nullable JsonNode streamOptions,
        @Nullable Boolean background,
        @Nullable Map<String, @Nullable String> metadata,
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable Integer maxOutputTokens,
        @Nullable JsonNode reasoning,
        @Nullable JsonNode text,
        @Nullable String whenBusy,
        @Nullable JsonNode tools,
        @Nullable JsonNode toolChoice,
        @Nullable Boolean parallelToolCalls,
        @Nullable JsonNode truncation,
        @Nullable JsonNode serviceTier,
        @Nullable String user,
        @Nullable String safetyIdentifier,
        @Nullable String promptCacheKey,
        @Nullable JsonNode include,
        @Nullable JsonNode topLogprobs,
        @Nullable JsonNode maxToolCalls,
        @Nullable JsonNode prompt,
        @Nullable JsonNode promptCacheRetention,
        @Nullable JsonNode promptCacheOptions,
        @Nullable JsonNode contextManagement,
        @Nullable JsonNode moderation) {

    boolean kept() {
        return store == null || store;
    }

    boolean streams() {
        return is(stream);
    }

    /**
     * @return the conversation's id
     */
    @Nullable String conversationId() {
        JsonNode given = orMissing(conversation);
        if (given.isMissingNode()) {
            return null;
        }
        JsonNode id = given.isObject() ? given.path("id") : given;
        if (!id.isTextual()) {
            throw RefusedException.invalid("conversation", "must be an id, or an object with one");
        }
        return id.textValue();
    }

    /** Checks the parameters that need no other knowledge. */
    void check(ChatLimits limits) {
        refuseTheUnsupported();
        require(
                !isGiven(conversation) || previousResponseId == null,
                "previous_response_id",
                "excludes conversation");
        require(!is(background) || kept(), "background", "needs store");
        RequestParameters.text("model", model, TextBound.MODEL, limits);
    }

    private void refuseTheUnsupported() {
        RequestParameters.noTools(tools, toolChoice);
        nothing("prompt", prompt);
        nothingIn("include", include);
        require(orMissing(topLogprobs).asInt(0) == 0, "top_logprobs", "is not supported here");
        nothing("max_tool_calls", maxToolCalls);
        nothing("prompt_cache_retention", promptCacheRetention);
        nothing("prompt_cache_options", promptCacheOptions);
        nothing("context_management", contextManagement);
        nothing("moderation", moderation);
        oneOf("truncation", truncation, Set.of("auto", "disabled"));
        oneOf("service_tier", serviceTier, Set.of("auto", "default"));
        RequestParameters.fields("stream_options", streamOptions, Set.of("include_obfuscation"));
        require(
                !orMissing(streamOptions).path("include_obfuscation").asBoolean(),
                "stream_options.include_obfuscation",
                "is not supported here");
        RequestParameters.fields("reasoning", reasoning, Set.of("effort"));
        RequestParameters.fields("text", text, Set.of("format", "verbosity"));
        JsonNode format = orMissing(orMissing(text).get("format"));
        require(
                format.isMissingNode() || "text".equals(format.path("type").textValue()),
                "text.format",
                "is supported only as text");
    }

    Map<String, Object> parameters() {
        return new Parameters()
                .number("temperature", temperature, 0, 2)
                .number("top_p", topP, 0, 1)
                .count("max_output_tokens", "max_completion_tokens", maxOutputTokens)
                .word("reasoning.effort", "reasoning_effort", field(reasoning, "effort"))
                .word("text.verbosity", "verbosity", field(text, "verbosity"))
                .all();
    }

    private static @Nullable JsonNode field(@Nullable JsonNode object, String name) {
        return orMissing(object).get(name);
    }

    @Override
    public String toString() {
        return "ResponseBody[]";
    }
}

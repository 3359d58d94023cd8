package ai.konko.openai;

import static ai.konko.openai.RequestParameters.is;
import static ai.konko.openai.RequestParameters.isGiven;
import static ai.konko.openai.RequestParameters.nothing;
import static ai.konko.openai.RequestParameters.oneOf;
import static ai.konko.openai.RequestParameters.orMissing;
import static ai.konko.openai.RequestParameters.require;
import static ai.konko.openai.RequestParameters.rule;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.Memory;
import ai.konko.chat.RefusedException;
import ai.konko.http.TextBound;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
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
        @Nullable List<String> include,
        @Nullable Integer topLogprobs,
        @Nullable Integer maxToolCalls,
        @Nullable JsonNode prompt,
        @Nullable JsonNode promptCacheRetention,
        @Nullable JsonNode promptCacheOptions,
        @Nullable JsonNode contextManagement,
        @Nullable JsonNode moderation,
        @Nullable Double presencePenalty,
        @Nullable Double frequencyPenalty,
        @Nullable JsonNode clientMetadata,
        @Nullable Boolean generate) {
    private static final ProviderForm FORM = new ProviderForm(true);
    private static final int MOST_LOGPROBS = 20;

    /** OpenAI's own. */
    private static final int LEAST_THRESHOLD = 1000;

    boolean kept() {
        return store == null || store;
    }

    /** Whether a model is to be asked. */
    boolean generates() {
        return generate == null || generate;
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

    /** Whether a chat is continued, which may have parameters of its own. */
    private boolean continues() {
        return isGiven(conversation) || previousResponseId != null;
    }

    /** Whether what does not fit is to be refused, not left out. */
    boolean refusesToCut() {
        return "disabled".equals(orMissing(truncation).textValue());
    }

    /**
     * What the response's chat does from now on with turns that the model sees no more.
     *
     * @return null if the request says nothing of it
     */
    @Nullable Memory memory() {
        JsonNode entries = orMissing(contextManagement);
        if (entries.isMissingNode() || entries.isEmpty()) {
            return null;
        }
        JsonNode entry = entries.path(0);
        require(
                entries.isArray()
                        && entries.size() == 1
                        && CompactionItem.TYPE.equals(entry.path("type").textValue()),
                "context_management",
                "is supported only as a list of one entry of type compaction");
        RequestParameters.fields(
                "context_management[0]", entry, Set.of("type", "compact_threshold"));
        require(kept(), "context_management", "is supported only with store: true");
        JsonNode threshold = orMissing(entry.get("compact_threshold"));
        rule(
                threshold.isMissingNode()
                        || (threshold.canConvertToExactIntegral()
                                && threshold.canConvertToInt()
                                && threshold.intValue() >= LEAST_THRESHOLD
                                && threshold.intValue() <= Memory.MOST_TOKENS),
                "context_management[0].compact_threshold",
                "must be an integer from %d to %d".formatted(LEAST_THRESHOLD, Memory.MOST_TOKENS));
        return new Memory(
                null,
                threshold.isMissingNode() ? null : threshold.intValue(),
                null,
                Memory.Compaction.SUMMARY);
    }

    /** Checks the parameters that need no other knowledge. */
    void check(ChatLimits limits) {
        refuseTheUnsupported();
        rule(
                !isGiven(conversation) || previousResponseId == null,
                "previous_response_id",
                "excludes conversation");
        rule(!is(background) || kept(), "background", "needs store");
        RequestParameters.text("model", model, TextBound.MODEL, limits);
        RequestParameters.text("user", user, TextBound.METADATA_VALUE, limits);
        RequestParameters.text(
                "safety_identifier", safetyIdentifier, TextBound.METADATA_VALUE, limits);
        RequestParameters.text(
                "prompt_cache_key", promptCacheKey, TextBound.METADATA_VALUE, limits);
    }

    private void refuseTheUnsupported() {
        nothing("prompt", prompt);
        nothing("moderation", moderation);
        Memory _ = memory();
        RequestParameters.include(include);
        oneOf("truncation", truncation, Set.of("auto", "disabled"));
        RequestParameters.fields("stream_options", streamOptions, Set.of("include_obfuscation"));
        require(
                !orMissing(streamOptions).path("include_obfuscation").asBoolean(),
                "stream_options.include_obfuscation",
                "is not supported here");
        require(
                !isGiven(clientMetadata) || orMissing(clientMetadata).isObject(),
                "client_metadata",
                "is supported only as an object");
        RequestParameters.fields(
                "reasoning", reasoning, Set.of("effort", "summary", "generate_summary"));
        RequestParameters.fields("text", text, Set.of("format", "verbosity"));
    }

    /** What is sent to the provider, by the names and in the form of chat completions. */
    Map<String, Object> parameters() {
        Object given = FORM.tools(tools);
        return new Parameters()
                .number("temperature", temperature, 0, 2)
                .number("top_p", topP, 0, 1)
                .number("presence_penalty", presencePenalty, -2, 2)
                .number("frequency_penalty", frequencyPenalty, -2, 2)
                .count("max_output_tokens", "max_completion_tokens", maxOutputTokens)
                .word("reasoning.effort", "reasoning_effort", field(reasoning, "effort"))
                .word("text.verbosity", "verbosity", field(text, "verbosity"))
                .any("tools", given)
                .any("tool_choice", FORM.toolChoice(toolChoice, given, continues()))
                .any("parallel_tool_calls", parallelToolCalls)
                .any("response_format", FORM.format("text.format", field(text, "format")))
                .tier(serviceTier)
                .word("prompt_cache_retention", "prompt_cache_retention", promptCacheRetention)
                .object("prompt_cache_options", promptCacheOptions)
                .any("prompt_cache_key", promptCacheKey)
                .any("safety_identifier", safetyIdentifier)
                .any("user", user)
                .all();
    }

    /** What chat completions have no name for, and is only shown again. */
    Map<String, Object> shown() {
        JsonNode summary = field(reasoning, "summary");
        return new Parameters()
                .count("max_tool_calls", "max_tool_calls", maxToolCalls)
                .count("top_logprobs", topLogprobs, MOST_LOGPROBS)
                .word("truncation", "truncation", truncation)
                .word(
                        "reasoning.summary",
                        "summary",
                        isGiven(summary) ? summary : field(reasoning, "generate_summary"))
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

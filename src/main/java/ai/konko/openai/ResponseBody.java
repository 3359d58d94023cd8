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
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A request for a response, as OpenAI has it. What is not supported is here to be refused. */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
@Schema(name = "NewResponse", additionalProperties = Schema.False.class)
record ResponseBody(
        @Schema(description = "The chat's, else the configured one, where absent.")
                @Nullable String model,
        @Schema(
                        implementation = Object.class,
                        required = true,
                        description =
                                "The user's message; or messages, the last one a user's. Those before it are taken into"
                                        + " the conversation, those of system or developer at the start are instructions.")
                @Nullable JsonNode input,
        @Schema(description = "For this response alone, in place of the conversation's.")
                @Nullable String instructions,
        @Schema(implementation = Object.class, description = "Its id, or an object with its id.")
                @Nullable JsonNode conversation,
        @Schema(
                        description =
                                "The response to go on from; where its conversation has gone on since, in a copy of it.")
                @Nullable String previousResponseId,
        @Schema(description = "With false, nothing is kept.", defaultValue = "true")
                @Nullable Boolean store,
        @Nullable Boolean stream,
        @Schema(implementation = Object.class) @Nullable JsonNode streamOptions,
        @Schema(description = "Answer at once, with the response queued or in_progress.")
                @Nullable Boolean background,
        @Nullable Map<String, @Nullable String> metadata,
        @Schema(minimum = "0", maximum = "2") @Nullable Double temperature,
        @Schema(minimum = "0", maximum = "1") @Nullable Double topP,
        @Schema(minimum = "1") @Nullable Integer maxOutputTokens,
        @Schema(implementation = Object.class, description = "effort is passed on.")
                @Nullable JsonNode reasoning,
        @Schema(implementation = Object.class, description = "format must be text.")
                @Nullable JsonNode text,
        @Schema(
                        description =
                                "This service's own: what happens while a turn of the conversation is unfinished.",
                        enumeration = {"enqueue", "reject", "interrupt"},
                        defaultValue = "enqueue")
                @Nullable String whenBusy,
        @Schema(implementation = Object[].class, description = "Must be empty.")
                @Nullable JsonNode tools,
        @Schema(implementation = Object.class) @Nullable JsonNode toolChoice,
        @Nullable Boolean parallelToolCalls,
        @Schema(implementation = String.class, enumeration = "disabled")
                @Nullable JsonNode truncation,
        @Schema(implementation = String.class, enumeration = "default")
                @Nullable JsonNode serviceTier,
        @Schema(description = "Changes nothing.") @Nullable String user,
        @Schema(description = "Changes nothing.") @Nullable String safetyIdentifier,
        @Schema(description = "Changes nothing.") @Nullable String promptCacheKey,
        @Schema(hidden = true) @Nullable JsonNode include,
        @Schema(hidden = true) @Nullable JsonNode topLogprobs,
        @Schema(hidden = true) @Nullable JsonNode maxToolCalls,
        @Schema(hidden = true) @Nullable JsonNode prompt,
        @Schema(hidden = true) @Nullable JsonNode promptCacheRetention,
        @Schema(hidden = true) @Nullable JsonNode promptCacheOptions,
        @Schema(hidden = true) @Nullable JsonNode contextManagement,
        @Schema(hidden = true) @Nullable JsonNode moderation) {

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

    /** What of the parameters can be judged by itself. */
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

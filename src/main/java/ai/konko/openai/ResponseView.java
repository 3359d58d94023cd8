package ai.konko.openai;

import ai.konko.chat.Failure;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Message;
import ai.konko.chat.Options;
import ai.konko.chat.Status;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A reply as a response. It has all fields that OpenAI's clients need, null or empty if this
 * service has nothing for them.
 */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
record ResponseView(
        String id,
        String object,
        long createdAt,
        @Nullable Long completedAt,
        String status,
        boolean background,
        @Nullable ResponseError error,
        @Nullable IncompleteDetails incompleteDetails,
        @Nullable String instructions,
        @Nullable Object maxOutputTokens,
        Map<String, String> metadata,
        String model,
        List<ItemView> output,
        @Nullable String previousResponseId,
        @Nullable ConversationId conversation,
        boolean store,
        Object temperature,
        Object topP,
        Object presencePenalty,
        Object frequencyPenalty,
        Object topLogprobs,
        Reasoning reasoning,
        @Nullable ResponseUsageView usage,
        Object text,
        Object parallelToolCalls,
        Object toolChoice,
        List<Map<String, @Nullable Object>> tools,
        @Nullable Object maxToolCalls,
        Object truncation,
        Object serviceTier,
        @Nullable Object promptCacheKey,
        @Nullable Object promptCacheRetention,
        @Nullable Object safetyIdentifier,
        @Nullable Object user) {

    /**
     * How a response is or will be asked for.
     *
     * @param parameters those of the call, by the provider's names
     * @param kept whether the response is in a conversation
     */
    record HowAsked(String model, Map<String, Object> parameters, boolean kept) {

        /** The same, with the model that has replied. */
        HowAsked by(@Nullable String other) {
            return other == null ? this : new HowAsked(other, parameters, kept);
        }
    }

    static ResponseView of(Message reply, HowAsked how) {
        return view(reply, how, status(reply), ItemView.of(reply));
    }

    /** The response at the beginning of its stream, before there is text. */
    static ResponseView begun(Message reply, HowAsked how) {
        Message fresh =
                new Message(
                        reply.id(),
                        reply.chatId(),
                        reply.seq(),
                        reply.role(),
                        "",
                        List.of(),
                        Status.IN_PROGRESS,
                        reply.attempt(),
                        reply.createdAt(),
                        null,
                        how.model(),
                        null,
                        null,
                        null,
                        reply.options());
        return view(fresh, how, "in_progress", List.of());
    }

    private static ResponseView view(
            Message reply, HowAsked how, String status, List<ItemView> output) {
        Options options = reply.options() == null ? Options.NONE : reply.options();
        ResponseForm form = new ResponseForm(how.parameters());
        ResponseForm shown = new ResponseForm(options.shown());
        return new ResponseView(
                Ids.response(reply),
                "response",
                reply.createdAt().getEpochSecond(),
                reply.completedAt() == null ? null : reply.completedAt().getEpochSecond(),
                status,
                options.background(),
                ResponseError.of(reply),
                IncompleteDetails.of(reply.finishReason()),
                options.instructions(),
                form.get("max_completion_tokens"),
                options.metadata(),
                how.model(),
                output,
                options.previous(),
                how.kept() ? new ConversationId(Ids.conversation(reply.chatId())) : null,
                how.kept(),
                form.get("temperature", 1.0),
                form.get("top_p", 1.0),
                form.get("presence_penalty", 0.0),
                form.get("frequency_penalty", 0.0),
                shown.get("top_logprobs", 0),
                new Reasoning(form.get("reasoning_effort"), shown.get("summary")),
                ResponseUsageView.of(reply.usage()),
                form.text(),
                form.get("parallel_tool_calls", true),
                form.toolChoice(),
                form.tools(),
                shown.get("max_tool_calls"),
                shown.get("truncation", "disabled"),
                form.get("service_tier", "default"),
                form.get("prompt_cache_key"),
                form.get("prompt_cache_retention"),
                form.get("safety_identifier"),
                form.get("user"));
    }

    private static String status(Message reply) {
        if (reply.finishReason() == FinishReason.CANCELLED) {
            return "cancelled";
        }
        return switch (reply.status()) {
            case QUEUED -> "queued";
            case IN_PROGRESS -> "in_progress";
            case COMPLETED -> "completed";
            case INCOMPLETE ->
                    reply.finishReason() == FinishReason.INTERRUPTED ? "failed" : "incomplete";
            case FAILED -> "failed";
        };
    }

    @Override
    public String toString() {
        return "ResponseView[id=%s, status=%s]".formatted(id, status);
    }

    /**
     * Why a response failed.
     *
     * @param code one of OpenAI's own
     */
    @RegisterForReflection
    record ResponseError(String code, String message) {
        static @Nullable ResponseError of(Message reply) {
            Failure failure = reply.failure();
            if (failure != null) {
                return new ResponseError("server_error", failure.message());
            }
            return reply.finishReason() == FinishReason.INTERRUPTED
                    ? new ResponseError("server_error", "The reply broke off after some text.")
                    : null;
        }
    }

    /** Why a response is incomplete although nothing failed. */
    @RegisterForReflection
    record IncompleteDetails(String reason) {

        static @Nullable IncompleteDetails of(@Nullable FinishReason reason) {
            return switch (reason) {
                case LENGTH -> new IncompleteDetails("max_output_tokens");
                case CONTENT_FILTER -> new IncompleteDetails("content_filter");
                case null, default -> null;
            };
        }
    }

    /** The conversation that a response is in. */
    @RegisterForReflection
    record ConversationId(String id) {}

    /** How much reasoning the model was asked for. */
    @RegisterForReflection
    record Reasoning(@Nullable Object effort, @Nullable Object summary) {}
}

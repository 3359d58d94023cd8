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
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A reply as a response. What OpenAI's clients want to be there is there, as null or empty where
 * this service has nothing to say.
 */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
@Schema(name = "Response")
record ResponseView(
        @Schema(description = "resp_ and the ids of the chat and the reply without dashes.")
                String id,
        @Schema(enumeration = "response") String object,
        @Schema(description = "In seconds since 1970.") long createdAt,
        @Schema(nullable = true) @Nullable Long completedAt,
        @Schema(
                        enumeration = {
                            "queued",
                            "in_progress",
                            "completed",
                            "incomplete",
                            "failed",
                            "cancelled"
                        })
                String status,
        boolean background,
        @Schema(
                        nullable = true,
                        description = "Where the model failed, or broke off after some text.")
                @Nullable ResponseError error,
        @Schema(nullable = true) @Nullable IncompleteDetails incompleteDetails,
        @Schema(nullable = true, description = "Those of this response alone.")
                @Nullable String instructions,
        @Schema(nullable = true) @Nullable Object maxOutputTokens,
        Map<String, String> metadata,
        String model,
        List<ItemView> output,
        @Schema(nullable = true) @Nullable String previousResponseId,
        @Schema(nullable = true, description = "Every response that is kept is in one.")
                @Nullable ConversationId conversation,
        boolean store,
        @Schema(nullable = true) @Nullable Object temperature,
        @Schema(nullable = true) @Nullable Object topP,
        Reasoning reasoning,
        @Schema(nullable = true) @Nullable ResponseUsageView usage,
        TextConfig text,
        boolean parallelToolCalls,
        String toolChoice,
        List<String> tools,
        String truncation,
        String serviceTier) {

    /**
     * @param model the one that is or will be asked
     * @param kept whether the response is in a conversation
     */
    static ResponseView of(Message reply, String model, boolean kept) {
        return view(
                reply,
                model,
                kept,
                status(reply),
                ItemView.isOne(reply) ? List.of(ItemView.of(reply)) : List.of());
    }

    /** The response when nothing was said yet, as its stream begins. */
    static ResponseView begun(Message reply, String model, boolean kept) {
        Message fresh =
                new Message(
                        reply.id(),
                        reply.chatId(),
                        reply.seq(),
                        reply.role(),
                        "",
                        Status.IN_PROGRESS,
                        reply.attempt(),
                        reply.createdAt(),
                        null,
                        model,
                        null,
                        null,
                        null,
                        reply.options());
        return view(fresh, model, kept, "in_progress", List.of());
    }

    private static ResponseView view(
            Message reply, String model, boolean kept, String status, List<ItemView> output) {
        Options options = reply.options() == null ? Options.NONE : reply.options();
        Map<String, Object> parameters = options.parameters();
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
                parameters.get("max_completion_tokens"),
                options.metadata(),
                model,
                output,
                options.previous(),
                kept ? new ConversationId(Ids.conversation(reply.chatId())) : null,
                kept,
                parameters.get("temperature"),
                parameters.get("top_p"),
                new Reasoning(parameters.get("reasoning_effort"), null),
                ResponseUsageView.of(reply.usage()),
                TextConfig.PLAIN,
                true,
                "auto",
                List.of(),
                "disabled",
                "default");
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
     * @param code one of those that OpenAI's clients know
     */
    @RegisterForReflection
    @Schema(name = "ResponseError")
    record ResponseError(@Schema(enumeration = "server_error") String code, String message) {
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

    /** Why a response is not whole, though nothing failed. */
    @RegisterForReflection
    @Schema(name = "IncompleteDetails")
    record IncompleteDetails(
            @Schema(enumeration = {"max_output_tokens", "content_filter"}) String reason) {

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
    @Schema(name = "ConversationId")
    record ConversationId(String id) {}

    /** How hard the model was asked to think. */
    @RegisterForReflection
    @Schema(name = "Reasoning")
    record Reasoning(
            @Schema(nullable = true) @Nullable Object effort,
            @Schema(nullable = true) @Nullable String summary) {}

    /** The form of the text. */
    @RegisterForReflection
    @Schema(name = "TextConfig")
    record TextConfig(Format format) {
        static final TextConfig PLAIN = new TextConfig(new Format("text"));

        /** Plain text. */
        @RegisterForReflection
        @Schema(name = "TextFormat")
        record Format(@Schema(enumeration = "text") String type) {}
    }
}

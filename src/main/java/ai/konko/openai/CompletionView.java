package ai.konko.openai;

import ai.konko.chat.FinishReason;
import ai.konko.chat.Message;
import ai.konko.chat.Usage;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A reply as a chat completion. */
@RegisterForReflection
@Schema(name = "ChatCompletion")
record CompletionView(
        String id,
        @Schema(enumeration = "chat.completion") String object,
        @Schema(description = "In seconds since 1970.") long created,
        String model,
        List<Choice> choices,
        @Schema(nullable = true) @Nullable Used usage) {

    static CompletionView of(Message reply, String model) {
        return new CompletionView(
                Ids.completion(reply),
                "chat.completion",
                reply.createdAt().getEpochSecond(),
                model,
                List.of(
                        new Choice(
                                0,
                                new Answer("assistant", reply.content(), null, List.of()),
                                null,
                                finishReason(reply))),
                Used.of(reply.usage()));
    }

    /**
     * @return whether the reply came to an end of which OpenAI's clients know
     */
    static boolean ended(Message reply) {
        return reply.finishReason() == FinishReason.STOP
                || reply.finishReason() == FinishReason.LENGTH
                || reply.finishReason() == FinishReason.CONTENT_FILTER;
    }

    static String finishReason(Message reply) {
        return switch (reply.finishReason()) {
            case LENGTH -> "length";
            case CONTENT_FILTER -> "content_filter";
            case null, default -> "stop";
        };
    }

    @Override
    public String toString() {
        return "CompletionView[" + id + "]";
    }

    /** The one answer. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    @Schema(name = "Choice")
    record Choice(
            int index,
            Answer message,
            @Schema(nullable = true) @Nullable Object logprobs,
            @Schema(enumeration = {"stop", "length", "content_filter"}) String finishReason) {}

    /** What the model said. */
    @RegisterForReflection
    @Schema(name = "Answer")
    record Answer(
            @Schema(enumeration = "assistant") String role,
            String content,
            @Schema(nullable = true) @Nullable String refusal,
            List<String> annotations) {

        @Override
        public String toString() {
            return "Answer[]";
        }
    }

    /** What the completion has used. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    @Schema(name = "CompletionUsage")
    record Used(long promptTokens, long completionTokens, long totalTokens) {
        static @Nullable Used of(@Nullable Usage usage) {
            return usage == null
                    ? null
                    : new Used(usage.inputTokens(), usage.outputTokens(), usage.totalTokens());
        }
    }
}

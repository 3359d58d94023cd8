package ai.konko.openai;

import ai.konko.chat.FinishReason;
import ai.konko.chat.Message;
import ai.konko.chat.Usage;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A reply as a chat completion. */
@RegisterForReflection
record CompletionView(
        String id,
        String object,
        long created,
        String model,
        List<Choice> choices,
        @Nullable Used usage) {

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
     * @return whether OpenAI's API has a name for the reply's end
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

    /** The only choice. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    record Choice(int index, Answer message, @Nullable Object logprobs, String finishReason) {}

    /** The model's message. */
    @RegisterForReflection
    record Answer(String role, String content, @Nullable String refusal, List<String> annotations) {

        @Override
        public String toString() {
            return "Answer[]";
        }
    }

    /** The completion's usage. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    record Used(long promptTokens, long completionTokens, long totalTokens) {
        static @Nullable Used of(@Nullable Usage usage) {
            return usage == null
                    ? null
                    : new Used(usage.inputTokens(), usage.outputTokens(), usage.totalTokens());
        }
    }
}

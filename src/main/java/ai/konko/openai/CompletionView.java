package ai.konko.openai;

import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Message;
import ai.konko.chat.Usage;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A reply as a chat completion. */
@RegisterForReflection
record CompletionView(
        String id,
        String object,
        long created,
        String model,
        List<Choice> choices,
        @Nullable Used usage,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Map<String, String> metadata) {

    static CompletionView of(Message reply, String model) {
        return of(reply, model, null);
    }

    /**
     * @param metadata of a completion that is kept and read again
     */
    static CompletionView of(Message reply, String model, @Nullable Map<String, String> metadata) {
        return new CompletionView(
                Ids.completion(reply),
                "chat.completion",
                reply.createdAt().getEpochSecond(),
                model,
                List.of(new Choice(0, Answer.of(reply), null, finishReason(reply))),
                Used.of(reply.usage()),
                metadata);
    }

    static String finishReason(Message reply) {
        return switch (reply.finishReason()) {
            case CALLS -> "tool_calls";
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
    @JsonNaming(SnakeCaseStrategy.class)
    record Answer(
            String role,
            @Nullable String content,
            @Nullable String refusal,
            List<String> annotations,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String reasoningContent,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<ToolCall> toolCalls) {

        static Answer of(Message reply) {
            List<ToolCall> calls = Items.calls(reply.items()).stream().map(ToolCall::of).toList();
            String reasoning = reasoning(reply);
            return new Answer(
                    "assistant",
                    reply.content().isEmpty() && !calls.isEmpty() ? null : reply.content(),
                    null,
                    List.of(),
                    reasoning.isEmpty() ? null : reasoning,
                    calls.isEmpty() ? null : calls);
        }

        private static String reasoning(Message reply) {
            StringBuilder all = new StringBuilder();
            for (Item each : reply.items()) {
                if (each instanceof Item.Reasoning reasoning) {
                    all.append(reasoning.text());
                }
            }
            return all.toString();
        }

        @Override
        public String toString() {
            return "Answer[]";
        }
    }

    /** The model wants a function to be called. */
    @RegisterForReflection
    record ToolCall(String id, String type, Function function) {
        static ToolCall of(Item.Call call) {
            return new ToolCall(
                    call.callId(), "function", new Function(call.tool(), call.arguments()));
        }
    }

    /** A function, and what to call it with. */
    @RegisterForReflection
    record Function(String name, String arguments) {
        @Override
        public String toString() {
            return "Function[name=" + name + "]";
        }
    }

    /** The completion's usage. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    record Used(
            long promptTokens,
            long completionTokens,
            long totalTokens,
            PromptDetails promptTokensDetails,
            CompletionDetails completionTokensDetails) {
        static @Nullable Used of(@Nullable Usage usage) {
            return usage == null
                    ? null
                    : new Used(
                            usage.inputTokens(),
                            usage.outputTokens(),
                            usage.totalTokens(),
                            new PromptDetails(ResponseUsageView.orNone(usage.cachedInputTokens())),
                            new CompletionDetails(
                                    ResponseUsageView.orNone(usage.reasoningTokens())));
        }
    }

    /** Part of what was sent. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    record PromptDetails(long cachedTokens) {}

    /** Part of what was written. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    record CompletionDetails(long reasoningTokens) {}
}

package ai.konko.assistant;

import ai.konko.assistant.Prompt.Said;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ChatMessageType;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Has the model answer a prompt, with no service and no memory in between: one call, and whatever
 * comes of it is an end.
 */
@Singleton
public class PromptWriter {
    private final ProviderStreamingChatModel model;
    private final ModelConfig config;

    PromptWriter(ProviderStreamingChatModel model, ModelConfig config) {
        this.model = model;
        this.config = config;
    }

    /**
     * Asks the model, and does not wait for it.
     *
     * @param allowance bounds the text, see {@link ReplyWriter#write}
     * @param out takes the text, see there
     * @return completes when the answer is over, also by a failure or a cancel; never fails
     */
    public CompletableFuture<Ending> write(
            Prompt prompt,
            Cancellation cancellation,
            TextAllowance allowance,
            Consumer<String> out) {
        Consumer<String> bounded =
                allowance.bounding(
                        out, cancellation, prompt.streamed() || config.model().streamOnly());
        CompletableFuture<ChatResponse> end = new CompletableFuture<>();
        try {
            ScopedValue.where(ModelCall.CURRENT, call(prompt, cancellation, allowance))
                    .run(() -> model.chat(request(prompt), new Handler(bounded, end)));
        } catch (RuntimeException | Error failed) {
            end.completeExceptionally(failed);
        }
        return end.thenApply(answer -> ReplyWriter.ended(answer, bounded, allowance))
                .exceptionally(failed -> ReplyWriter.failure(failed, "A completion", cancellation));
    }

    private ModelCall call(Prompt prompt, Cancellation cancellation, TextAllowance allowance) {
        return new ModelCall(
                prompt.model(),
                List.of(),
                prompt.streamed(),
                prompt.parameters(),
                cancellation,
                allowance,
                prompt.streamed()
                        ? Timeouts.streamed(config.model())
                        : Timeouts.whole(config.model().totalTimeout()));
    }

    private static ChatRequest request(Prompt prompt) {
        return ChatRequest.builder()
                .messages(prompt.said().stream().map(PromptWriter::message).toList())
                .build();
    }

    private static ChatMessage message(Said said) {
        return ContextMessage.of(
                switch (said.by()) {
                    case SYSTEM -> ChatMessageType.SYSTEM;
                    case USER -> ChatMessageType.USER;
                    case ASSISTANT -> ChatMessageType.AI;
                },
                said.text());
    }

    private record Handler(Consumer<String> out, CompletableFuture<ChatResponse> end)
            implements StreamingChatResponseHandler {

        @Override
        public void onPartialResponse(String piece) {
            out.accept(piece);
        }

        @Override
        public void onCompleteResponse(ChatResponse answer) {
            end.complete(answer);
        }

        @Override
        public void onError(Throwable failed) {
            end.completeExceptionally(failed);
        }
    }
}

package ai.konko.assistant;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.internal.shared.StreamOptions;
import io.quarkus.arc.Arc;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The provider as {@link ProviderChatModel} has it, giving its answer piece by piece. No failure is
 * swallowed: without a finish reason there is no complete response, whatever the stream says.
 */
@ApplicationScoped
@Unremovable // looked up by ForServices
class ProviderStreamingChatModel implements StreamingChatModel {
    private final ModelClient client;
    private final ModelConfig.Model config;

    ProviderStreamingChatModel(ModelClient client, ModelConfig config) {
        this.client = client;
        this.config = config.model();
    }

    /** Pieces come on one event loop, the end on whichever thread brings it about. */
    @Override
    public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
        ModelCall call = ModelCall.CURRENT.get();
        StreamedAnswer answer =
                new StreamedAnswer(config.maxAnswerBytes(), handler::onPartialResponse);
        var body =
                ProviderChatModel.request(request, call).stream(true)
                        .streamOptions(StreamOptions.builder().includeUsage(true).build())
                        .build();
        CompletableFuture<@Nullable Void> _ =
                client.send(ProviderChatModel.write(body), call, answer)
                        .whenComplete((_, failed) -> end(answer, failed, handler));
    }

    private static void end(
            StreamedAnswer answer,
            @Nullable Throwable failed,
            StreamingChatResponseHandler handler) {
        boolean whole = failed instanceof ModelException && answer.finished();
        if (failed != null && !whole) {
            handler.onError(failed);
            return;
        }
        try {
            handler.onCompleteResponse(answer.response());
        } catch (RuntimeException | Error unheard) { // else nobody would hear of the end
            handler.onError(unheard);
        }
    }

    /** Gives the one model to the AI services. */
    public static final class ForServices implements Supplier<StreamingChatModel> {
        @Override
        public StreamingChatModel get() {
            return Arc.container().instance(ProviderStreamingChatModel.class).get();
        }
    }
}

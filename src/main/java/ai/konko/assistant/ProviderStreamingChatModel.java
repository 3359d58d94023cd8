package ai.konko.assistant;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.quarkus.arc.Arc;
import io.quarkus.arc.Unremovable;
import jakarta.inject.Singleton;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The provider as {@link ProviderChatModel} has it, without a thread that waits for the answer,
 * which comes piece by piece or as a whole. No failure is swallowed: without a finish reason there
 * is no complete response, whatever the stream says.
 */
@Singleton
@Unremovable // looked up by ForServices
class ProviderStreamingChatModel implements StreamingChatModel {
    private final ModelClient client;
    private final Dialect dialect;

    ProviderStreamingChatModel(ModelClient client, ModelConfig config) {
        this.client = client;
        this.dialect = Dialect.of(config.model());
    }

    /**
     * Pieces come on one event loop, the end on whichever thread brings it about. Whether there are
     * pieces is the provider's choice: some stream although nobody asked for it, some do not
     * although somebody did. The response has only the text that did not come in pieces. There are
     * no listeners to be told and no parameters to be filled in, and the request is not kept.
     */
    @Override
    public void chat(ChatRequest request, StreamingChatResponseHandler handler) {
        ModelCall call = ModelCall.CURRENT.get();
        StreamedAnswer answer = new StreamedAnswer(client.bounds(), handler::onPartialResponse);
        CompletableFuture<@Nullable Void> _ =
                client.send(ProviderRequestBody.of(request.messages(), call, dialect), call, answer)
                        .whenComplete((_, failed) -> end(failed, answer::response, handler));
    }

    private static void end(
            @Nullable Throwable failed,
            Supplier<ChatResponse> response,
            StreamingChatResponseHandler handler) {
        if (failed != null) {
            handler.onError(failed);
            return;
        }
        try {
            handler.onCompleteResponse(response.get());
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

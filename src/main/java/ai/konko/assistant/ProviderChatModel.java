package ai.konko.assistant;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import io.quarkus.arc.Arc;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.function.Supplier;

/**
 * The provider behind LangChain4j's interface, asked by our own client: cancellable, bounded, and
 * never twice.
 */
@ApplicationScoped
@Unremovable // looked up by ForServices
class ProviderChatModel implements ChatModel {
    private final ModelClient client;
    private final Dialect dialect;

    ProviderChatModel(ModelClient client, ModelConfig config) {
        this.client = client;
        this.dialect = Dialect.of(config.model());
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        ModelCall call = ModelCall.CURRENT.get();
        StreamedAnswer answer = StreamedAnswer.kept(client.bounds());
        client.send(ProviderRequestBody.of(request.messages(), call, dialect), call, answer).join();
        return answer.response();
    }

    /** Gives the one model to the AI services. */
    public static final class ForServices implements Supplier<ChatModel> {
        @Override
        public ChatModel get() {
            return Arc.container().instance(ProviderChatModel.class).get();
        }
    }
}

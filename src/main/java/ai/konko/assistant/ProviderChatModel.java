package ai.konko.assistant;

import ai.konko.chat.WellFormed;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.openai.internal.OpenAiUtils;
import dev.langchain4j.model.openai.internal.chat.AssistantMessage;
import dev.langchain4j.model.openai.internal.chat.ChatCompletionRequest;
import dev.langchain4j.model.openai.internal.chat.JsonSchema;
import dev.langchain4j.model.openai.internal.chat.ResponseFormat;
import dev.langchain4j.model.openai.internal.chat.ResponseFormatType;
import dev.langchain4j.model.openai.internal.chat.Role;
import dev.langchain4j.model.openai.internal.chat.SystemMessage;
import dev.langchain4j.model.openai.internal.chat.UserMessage;
import dev.langchain4j.model.openai.internal.shared.StreamOptions;
import io.quarkiverse.langchain4j.QuarkusJsonCodecFactory.SnakeCaseObjectMapperHolder;
import io.quarkus.arc.Arc;
import io.quarkus.arc.Unremovable;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vertx.core.buffer.Buffer;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.function.Supplier;

/**
 * The provider behind LangChain4j's interface, asked by our own client: cancellable, bounded, and
 * never twice.
 */
@ApplicationScoped
@Unremovable // looked up by ForServices
@RegisterForReflection(
        targets = {
            ChatCompletionRequest.class,
            SystemMessage.class,
            UserMessage.class,
            AssistantMessage.class,
            Role.class,
            StreamOptions.class,
            ResponseFormat.class,
            ResponseFormatType.class,
            JsonSchema.class
        })
class ProviderChatModel implements ChatModel {
    private static final ObjectMapper JSON = SnakeCaseObjectMapperHolder.MAPPER;

    private final ModelClient client;
    private final ModelConfig.Model config;

    ProviderChatModel(ModelClient client, ModelConfig config) {
        this.client = client;
        this.config = config.model();
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        ModelCall call = ModelCall.CURRENT.get();
        WholeAnswer answer = new WholeAnswer(config.maxAnswerBytes());
        client.send(write(request(request, call).build()), call, answer).join();
        return response(Chunk.parse(answer.body().getBytes()));
    }

    private static ChatResponse response(Chunk answer) {
        if (!answer.said()) {
            throw ModelException.nonsense();
        }
        return ChatResponse.builder()
                .aiMessage(AiMessage.from(WellFormed.repaired(answer.text())))
                .finishReason(Chunk.meaning(answer.finishReason()))
                .tokenUsage(answer.usage())
                .build();
    }

    /** What the provider is asked, the same whether it is to answer as a whole or in pieces. */
    static ChatCompletionRequest.Builder request(ChatRequest request, ModelCall call) {
        return ChatCompletionRequest.builder()
                .model(call.model())
                .messages(OpenAiUtils.toOpenAiMessages(request.messages()));
    }

    static Buffer write(ChatCompletionRequest request) {
        try {
            return Buffer.buffer(JSON.writeValueAsBytes(request));
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("a request to the model can't be written", unwritable);
        }
    }

    /** Gives the one model to the AI services. */
    public static final class ForServices implements Supplier<ChatModel> {
        @Override
        public ChatModel get() {
            return Arc.container().instance(ProviderChatModel.class).get();
        }
    }
}

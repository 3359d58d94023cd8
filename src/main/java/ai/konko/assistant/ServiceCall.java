package ai.konko.assistant;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import jakarta.enterprise.inject.Typed;
import jakarta.inject.Singleton;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes a call's prompt and parameters through an AI service. The methods of AI services have no
 * place for parameters in this version of Quarkus LangChain4j. So they are bound to the thread
 * while the service puts its request together, and the models that the services are given add them
 * to the request. Models need only {@link ChatRequest#parameters()}.
 */
final class ServiceCall {
    private static final ScopedValue<ServiceCall> CURRENT = ScopedValue.newInstance();

    private final Prompt prompt;
    private final ModelParameters parameters;

    private ServiceCall(Prompt prompt, ModelParameters parameters) {
        this.prompt = prompt;
        this.parameters = parameters;
    }

    /**
     * @param service calls the AI service on this thread, and starts what that returns
     */
    static void run(Prompt prompt, ModelParameters parameters, Runnable service) {
        ScopedValue.where(CURRENT, new ServiceCall(prompt, parameters)).run(service);
    }

    /**
     * @param service calls the AI service on this thread
     */
    static <T> T call(Prompt prompt, ModelParameters parameters, Supplier<T> service) {
        return ScopedValue.where(CURRENT, new ServiceCall(prompt, parameters)).call(service::get);
    }

    /**
     * @return the prompt of the call that this thread takes through a service
     */
    static @Nullable Prompt prompt() {
        return CURRENT.isBound() ? CURRENT.get().prompt : null;
    }

    /**
     * @return the same call's parameters
     */
    static ModelParameters parameters() {
        return CURRENT.get().parameters;
    }

    private static ChatRequest withParameters(ChatRequest request) {
        if (!CURRENT.isBound()) {
            return request;
        }
        ModelParameters.requireNoTools(
                request.parameters()); // nothing that a service asks for is lost
        return ChatRequest.builder().messages(request.messages()).parameters(parameters()).build();
    }

    /** The model for services whose answers are of use as a whole. */
    @Singleton
    @Typed(Whole.class)
    static class Whole implements ChatModel, Supplier<ChatModel> {
        private final ChatModel model;

        Whole(ChatModel model) {
            this.model = model;
        }

        @Override
        public ChatModel get() {
            return this;
        }

        @Override
        public ChatResponse chat(ChatRequest request, ChatRequestOptions options) {
            return model.chat(withParameters(request), options);
        }
    }

    /** The model for services whose answers come piece by piece. */
    @Singleton
    @Typed(Streamed.class)
    static class Streamed implements StreamingChatModel, Supplier<StreamingChatModel> {
        private final StreamingChatModel model;

        Streamed(StreamingChatModel model) {
            this.model = model;
        }

        @Override
        public StreamingChatModel get() {
            return this;
        }

        @Override
        public void chat(
                ChatRequest request,
                ChatRequestOptions options,
                StreamingChatResponseHandler handler) {
            model.chat(withParameters(request), options, handler);
        }
    }
}

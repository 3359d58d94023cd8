package ai.konko.assistant;

import ai.konko.chat.Owner;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.quarkus.virtual.threads.VirtualThreads;
import io.vertx.core.buffer.Buffer;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The provider behind LangChain4j's interfaces, asked by our own client: cancellable, bounded, and
 * never twice. No failure is swallowed: without a finish reason there is no complete response,
 * whatever a stream says.
 *
 * <p>It implements {@code chat} itself. LangChain4j's default keeps the request and wraps the
 * handler for listeners, of which there are none.
 */
@Singleton
class ProviderModel implements ChatModel, StreamingChatModel {
    private final ModelClient client;
    private final ModelEndpoint endpoint;
    private final ModelConfig.Model config;
    private final Dialect dialect;
    private final TextInFlight inFlight;
    private final Executor threads;

    ProviderModel(
            ModelClient client,
            ModelEndpoint endpoint,
            ModelConfig config,
            TextInFlight inFlight,
            @VirtualThreads ExecutorService threads) {
        this.threads = threads;
        this.client = client;
        this.endpoint = endpoint;
        this.config = config.model();
        this.dialect = Dialect.of(this.config, endpoint);
        this.inFlight = inFlight;
    }

    @Override
    public ChatResponse chat(ChatRequest request, ChatRequestOptions options) {
        StreamedAnswer answer = StreamedAnswer.kept(client.bounds());
        try {
            send(request, false, answer).join();
        } catch (CompletionException failed) {
            throw failed.getCause() instanceof RuntimeException cause ? cause : failed;
        }
        return isPlain(request) ? answer.wholeResponse() : answer.response();
    }

    private static boolean isPlain(ChatRequest request) {
        return !(request.parameters() instanceof ModelParameters);
    }

    /**
     * Pieces come on one event loop, the end on whichever thread brings it about. Whether there are
     * pieces is the provider's choice: some stream although nobody asked for it, some do not
     * although somebody did. Of a request with {@link ModelParameters}, the response has only the
     * text that did not come in pieces, because all else goes to the reply's draft past
     * LangChain4j; of a plain one it has all, as LangChain4j wants it.
     */
    @Override
    public void chat(
            ChatRequest request, ChatRequestOptions options, StreamingChatResponseHandler handler) {
        StreamedAnswer answer;
        if (request.parameters() instanceof ModelParameters call) {
            call.out().textsGoBy(handler::onPartialResponse);
            answer = new StreamedAnswer(client.bounds(), call.out());
        } else {
            answer = StreamedAnswer.kept(client.bounds(), handler::onPartialResponse);
        }
        Supplier<ChatResponse> response =
                isPlain(request) ? answer::wholeResponse : answer::response;
        CompletableFuture<@Nullable Void> _ =
                send(request, true, answer)
                        .whenComplete(
                                (_, failed) -> {
                                    if (failed != null && !isCancelled(failed)) {
                                        answer.failed();
                                    }
                                    end(failed, response, handler);
                                });
    }

    /** Whoever cancels is on another thread than the answer, and has all that was given out. */
    private static boolean isCancelled(Throwable failed) {
        return failed instanceof CancellationException
                || failed.getCause() instanceof CancellationException;
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
        } catch (RuntimeException | Error unheard) { // else the end would be lost
            handler.onError(unheard);
        }
    }

    private CompletableFuture<@Nullable Void> send(
            ChatRequest request, boolean streamed, StreamedAnswer answer) {
        if (request.parameters() instanceof ModelParameters call) {
            return send(request, call, answer);
        }
        TextAllowance allowance = inFlight.open(Owner.ANONYMOUS);
        try {
            return send(request, call(request.parameters(), streamed, allowance), answer)
                    .whenComplete((_, _) -> allowance.close());
        } catch (RuntimeException | Error failed) {
            allowance.close();
            throw failed;
        }
    }

    /**
     * What is attached is read on a thread of its own, because it would keep an event loop busy.
     */
    private CompletableFuture<@Nullable Void> send(
            ChatRequest request, ModelParameters call, StreamedAnswer answer) {
        long attached = ProviderRequestBody.attachedBytes(request.messages());
        if (attached == 0) {
            return client.send(body(request, call), call, answer);
        }
        TextAllowance allowance = call.allowance();
        allowance.attach(attached);
        try {
            return CompletableFuture.supplyAsync(() -> body(request, call), threads)
                    .<@Nullable Void>thenCompose(body -> client.send(body, call, answer))
                    .whenComplete((_, _) -> allowance.detach());
        } catch (RuntimeException | Error failed) {
            allowance.detach();
            throw failed;
        }
    }

    private Buffer body(ChatRequest request, ModelParameters call) {
        return ProviderRequestBody.of(request.messages(), call, dialect);
    }

    /** The call of a plain request, for which the configured defaults hold. */
    private ModelParameters call(
            ChatRequestParameters plain, boolean streamed, TextAllowance allowance) {
        return new ModelParameters(
                Objects.requireNonNullElse(plain.modelName(), endpoint.defaultModel()),
                ModelParameters.sent(plain),
                streamed,
                Timeouts.of(config, streamed),
                new Cancellation(),
                allowance);
    }

    // Both interfaces have these.

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return DefaultChatRequestParameters.EMPTY;
    }

    @Override
    public List<ChatModelListener> listeners() {
        return List.of();
    }

    @Override
    public ModelProvider provider() {
        return ModelProvider.OPEN_AI;
    }

    @Override
    public Set<Capability> supportedCapabilities() {
        return Set.of();
    }
}

package ai.konko.assistant;

import ai.konko.chat.Draft;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Message;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import jakarta.inject.Singleton;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Has the model write a reply by one call, which always leads to an end. */
@Singleton
public class ReplyWriter {
    private final Assistant assistant;
    private final StreamingChatModel model;
    private final ModelConfig.Model config;

    ReplyWriter(Assistant assistant, StreamingChatModel model, ModelConfig config) {
        this.assistant = assistant;
        this.model = model;
        this.config = config.model();
    }

    /**
     * Asks the model, and does not wait for it.
     *
     * @param prompt is asked for once, on this thread
     * @param allowance bounds the text: a reply that has used it up is stopped, and ends with
     *     {@link FinishReason#LENGTH}
     * @param out takes the reply as the provider streams it, on a thread that must not be blocked,
     *     and possibly still after a cancel
     * @param end is told once that the reply is over, however that has come about, on any thread;
     *     what it is given says how the reply ends, after it has given an answer that came as a
     *     whole to {@code out}, and may write to the log
     */
    public void write(
            Message reply,
            Supplier<Prompt> prompt,
            Cancellation cancellation,
            TextAllowance allowance,
            Draft out,
            Consumer<Supplier<Ending>> end) {
        Call call = new Call(reply, cancellation, allowance, out, end);
        try {
            call.ask(prompt.get());
        } catch (RuntimeException | Error failed) {
            call.onError(failed);
        }
    }

    /** The one call. The model's answer comes here, directly or through the AI service. */
    private final class Call implements StreamingChatResponseHandler {
        private final Message reply;
        private final Cancellation cancellation;
        private final TextAllowance allowance;
        private final CompletableFuture<ChatResponse> over = new CompletableFuture<>();

        /** Bounded once it is known whether a stream is asked for. */
        private Draft draft;

        /** Brings the answer into order before it comes to the draft. */
        private @Nullable DraftWriter writer;

        /** Whether the AI service is asked, which makes a memory for the chat. */
        private boolean remembered;

        /** Whether text came piece by piece; then the response may have it all once more. */
        private boolean pieces;

        private Call(
                Message reply,
                Cancellation cancellation,
                TextAllowance allowance,
                Draft out,
                Consumer<Supplier<Ending>> end) {
            this.reply = reply;
            this.cancellation = cancellation;
            this.allowance = allowance;
            this.draft = out;
            CompletableFuture<ChatResponse> _ =
                    over.whenComplete(
                            (response, failed) -> {
                                try {
                                    forget();
                                } finally {
                                    end.accept(() -> ending(response, failed));
                                }
                            });
        }

        private void forget() {
            if (remembered) {
                assistant.evictChatMemory(reply.chatId());
            }
        }

        /** A prompt of no chat has no memory, so it needs no service. */
        private void ask(Prompt prompt) {
            TextAllowance.Bounded bounded =
                    allowance.bounding(
                            draft, cancellation, prompt.streamed() || config.streamOnly());
            draft = bounded;
            DraftWriter out =
                    new DraftWriter(
                            bounded,
                            new CallIds(reply.seq(), prompt.callIds()),
                            allowance.most(),
                            bounded::fill);
            writer = out;
            ModelParameters parameters =
                    new ModelParameters(
                            prompt,
                            Timeouts.of(config, prompt.streamed()),
                            cancellation,
                            allowance,
                            out);
            UUID chatId = prompt.chatId();
            if (chatId == null) {
                model.chat(
                        ChatRequest.builder()
                                .messages(prompt.chatMessages())
                                .parameters(parameters)
                                .build(),
                        this);
            } else {
                remembered = true;
                ServiceCall.run(prompt, parameters, () -> reply(chatId, prompt));
            }
        }

        private void reply(UUID chatId, Prompt prompt) {
            assistant
                    .reply(chatId, prompt.lastText())
                    .onPartialResponse(this::onPartialResponse)
                    .onCompleteResponse(this::onCompleteResponse)
                    .onError(this::onError)
                    .start();
        }

        @Override
        public void onPartialResponse(String piece) {
            pieces = true;
            draft.text(piece);
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            over.complete(response);
        }

        @Override
        public void onError(Throwable failed) {
            over.completeExceptionally(failed);
        }

        /** Whatever comes of an answer, it is an end. */
        private Ending ending(ChatResponse response, Throwable failed) {
            if (failed != null) {
                return CallEnd.of(failed, what(), cancellation);
            }
            try {
                allowance.hold(0); // what was unread is the text that follows
                if (!pieces && writer != null) {
                    writer.whole(response.aiMessage().text());
                }
                return CallEnd.of(response, allowance);
            } catch (RuntimeException | Error fault) {
                return CallEnd.of(fault, what(), cancellation);
            }
        }

        /** For the log, which has the ids of replies that are kept only. */
        private String what() {
            return remembered
                    ? "Reply %s of chat %s".formatted(reply.id(), reply.chatId())
                    : "A completion";
        }
    }
}

package ai.konko.assistant;

import ai.konko.chat.ContextTurn;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.Fault;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Message;
import ai.konko.chat.Options;
import ai.konko.chat.Outcome;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Started;
import ai.konko.chat.StoreOutage;
import ai.konko.chat.Usage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ChatMessageType;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.TokenUsage;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Has the model reply to a turn: one call, and whatever comes of it is an end. */
@Singleton
public class ReplyWriter {
    private static final Logger LOG = Logger.getLogger(ReplyWriter.class);

    private final Assistant assistant;
    private final ContextWindow window;
    private final ModelConfig config;

    ReplyWriter(Assistant assistant, ContextWindow window, ModelConfig config) {
        this.config = config;
        this.assistant = assistant;
        this.window = window;
    }

    /**
     * Asks the model, and does not wait for it.
     *
     * @param allowance bounds the text: a reply that has used it up is stopped, and ends with
     *     {@link FinishReason#LENGTH}
     * @param out takes the text that the provider streams piece by piece, on a thread that must not
     *     be blocked, and possibly still after a cancel
     * @param end is told once that the reply is over, however that has come about, on any thread;
     *     what it is given says how the reply ends, after it has given the text of an answer that
     *     came as a whole to {@code out}, and may write to the log
     */
    public void write(
            Started started,
            Cancellation cancellation,
            TextAllowance allowance,
            Consumer<String> out,
            Consumer<Supplier<Ending>> end) {
        Consumer<String> bounded =
                allowance.bounding(
                        out, cancellation, started.streamed() || config.model().streamOnly());
        Message reply = started.turn().reply();
        CompletableFuture<ChatResponse> over = new CompletableFuture<>();
        CompletableFuture<ChatResponse> _ =
                over.whenComplete(
                        (response, failed) -> {
                            try {
                                assistant.evictChatMemory(reply.chatId().toString());
                            } finally {
                                end.accept(
                                        () ->
                                                failed == null
                                                        ? ended(
                                                                reply,
                                                                response,
                                                                bounded,
                                                                cancellation,
                                                                allowance)
                                                        : failure(failed, reply, cancellation));
                            }
                        });
        try {
            ask(started, cancellation, allowance, bounded, over);
        } catch (RuntimeException | Error failed) {
            over.completeExceptionally(failed);
        }
    }

    /** Whatever comes of an answer, it is an end. */
    private static Ending ended(
            Message reply,
            ChatResponse response,
            Consumer<String> out,
            Cancellation cancellation,
            TextAllowance allowance) {
        try {
            return ended(response, out, allowance);
        } catch (RuntimeException | Error failed) {
            return failure(failed, reply, cancellation);
        }
    }

    private void ask(
            Started started,
            Cancellation cancellation,
            TextAllowance allowance,
            Consumer<String> out,
            CompletableFuture<ChatResponse> end) {
        Message message = started.turn().message();
        ScopedValue.where(ModelCall.CURRENT, call(started, cancellation, allowance))
                .run(
                        () ->
                                assistant
                                        .reply(message.chatId().toString(), message.content())
                                        .onPartialResponse(out)
                                        .onCompleteResponse(end::complete)
                                        .onError(end::completeExceptionally)
                                        .start());
    }

    private ModelCall call(Started started, Cancellation cancellation, TextAllowance allowance) {
        String model = started.turn().reply().model();
        if (model == null) {
            throw new IllegalArgumentException("a started reply knows its model");
        }
        Options options = started.turn().reply().options();
        return new ModelCall(
                model,
                memory(started, cancellation),
                started.streamed(),
                options == null ? Map.of() : options.parameters(),
                cancellation,
                allowance,
                started.streamed()
                        ? Timeouts.streamed(config.model())
                        : Timeouts.whole(config.model().totalTimeout()));
    }

    /**
     * @param out takes the text of an answer that has come as a whole
     */
    static Ending ended(ChatResponse response, Consumer<String> out, TextAllowance allowance) {
        allowance.hold(0); // what was unread is the text that follows
        String whole = response.aiMessage().text();
        if (whole != null && !whole.isEmpty()) {
            out.accept(whole);
        }
        FinishReason reason = reason(response.finishReason());
        Usage usage = usage(response.tokenUsage());
        if (allowance.full()) {
            return text -> TextAllowance.ended(text, usage);
        }
        if (reason != FinishReason.INTERRUPTED) {
            return text -> Outcome.ended(text, reason, usage);
        }
        String word = ModelEnd.unknownIn(response);
        Failure why =
                (word == null ? ModelException.reported() : ModelException.ended(word)).failure();
        LOG.warnf("A reply was not completed: %s", why.message());
        return word == null
                ? text -> Outcome.ended(text, reason, usage)
                : text -> Outcome.brokenOff(text, why, usage);
    }

    private List<ChatMessage> memory(Started started, Cancellation cancellation) {
        List<ChatMessage> memory = new ArrayList<>();
        Options options = started.turn().reply().options();
        String instructions =
                options == null || options.instructions() == null
                        ? started.settings().instructions()
                        : options.instructions();
        if (instructions != null && !instructions.isEmpty()) {
            memory.add(ContextMessage.of(ChatMessageType.SYSTEM, instructions));
        }
        Message message = started.turn().message();
        int earlier = options == null ? 0 : options.earlier();
        List<ContextTurn> turns =
                StoreOutage.outlast(
                        () ->
                                window.before(
                                        message.chatId(),
                                        message.seq(),
                                        message.content(),
                                        earlier),
                        cancellation::cancelled);
        for (ContextTurn turn : turns) {
            memory.add(ContextMessage.ofMessage(turn));
            if (turn.replyBytes() > 0) {
                memory.add(ContextMessage.ofReply(turn));
            }
        }
        return memory;
    }

    /** How a reply ends so; the log says why. */
    private static Ending failure(Throwable failed, Message reply, Cancellation cancellation) {
        Throwable cause = failed instanceof CompletionException ? failed.getCause() : failed;
        if (cause instanceof RefusedException refused
                && refused.code() == ErrorCode.CHAT_NOT_FOUND) {
            return Outcome::cancelled; // the chat was deleted meanwhile
        }
        return failure(
                failed, "Reply %s of chat %s".formatted(reply.id(), reply.chatId()), cancellation);
    }

    /**
     * @param what has failed, for the log
     */
    static Ending failure(Throwable failed, String what, Cancellation cancellation) {
        if (cancellation.cancelled()) {
            return cancellation.ending();
        }
        Failure known = ModelException.in(failed);
        if (known == null) {
            LOG.errorf(Fault.of(failed), "%s failed for a reason of our own", what);
        } else {
            LOG.warnf("%s was not completed: %s", what, known.message());
        }
        if (known != null && known.code() == ErrorCode.OVERLOADED) {
            return text -> TextAllowance.ended(text, null); // there is no room for the rest
        }
        Failure failure =
                known == null ? Failure.of(ErrorCode.INTERNAL, "The service failed.") : known;
        return text -> Outcome.brokenOff(text, failure);
    }

    /** What is none of the model's own ends was broken off. */
    private static FinishReason reason(dev.langchain4j.model.output.@Nullable FinishReason reason) {
        return switch (reason) {
            case LENGTH -> FinishReason.LENGTH;
            case CONTENT_FILTER -> FinishReason.CONTENT_FILTER;
            case OTHER -> FinishReason.INTERRUPTED;
            case null, default -> FinishReason.STOP;
        };
    }

    private static @Nullable Usage usage(@Nullable TokenUsage usage) {
        if (usage == null
                || (usage.inputTokenCount() == null && usage.outputTokenCount() == null)) {
            return null;
        }
        return new Usage(
                atLeastNone(usage.inputTokenCount()), atLeastNone(usage.outputTokenCount()));
    }

    private static int atLeastNone(@Nullable Integer count) {
        return count == null ? 0 : Math.max(0, count);
    }
}

package ai.konko.assistant;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.Fault;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Started;
import ai.konko.chat.Turn;
import ai.konko.chat.Usage;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.output.TokenUsage;
import dev.langchain4j.service.Result;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Has the model reply to a turn: one call, and whatever comes of it is an outcome. */
@ApplicationScoped
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
     * Blocks until the reply is over or {@code cancellation} is used. Fails never: a failure is an
     * outcome too.
     */
    public Outcome write(Started started, Cancellation cancellation) {
        Message reply = started.turn().reply();
        try {
            return call(started, cancellation);
        } catch (RefusedException _) {
            return Outcome.cancelled(""); // the chat was deleted meanwhile
        } catch (RuntimeException | Error failed) {
            return cancellation.cancelled() ? cancellation.outcome("") : failure(failed, reply);
        } finally {
            assistant.evictChatMemory(reply.chatId().toString());
        }
    }

    private Outcome call(Started started, Cancellation cancellation) {
        Message message = started.turn().message();
        String model = started.turn().reply().model();
        if (model == null) {
            throw new IllegalArgumentException("a started reply knows its model");
        }
        ModelCall call =
                new ModelCall(model, memory(started), cancellation, config.model().totalTimeout());
        Result<String> result =
                ScopedValue.where(ModelCall.CURRENT, call)
                        .call(
                                () ->
                                        assistant.reply(
                                                message.chatId().toString(), message.content()));
        String text = result.content() == null ? "" : result.content();
        return Outcome.ended(text, reason(result.finishReason()), usage(result.tokenUsage()));
    }

    private List<ChatMessage> memory(Started started) {
        List<ChatMessage> memory = new ArrayList<>();
        String instructions = started.settings().instructions();
        if (instructions != null && ContextWindow.isSent(instructions)) {
            memory.add(SystemMessage.from(instructions));
        }
        for (Turn turn : window.before(started.turn().message())) {
            memory.add(UserMessage.from(turn.message().content()));
            memory.add(AiMessage.from(turn.reply().content()));
        }
        return memory;
    }

    private static Outcome failure(Throwable failed, Message reply) {
        Failure failure = ModelException.in(failed);
        if (failure == null) {
            LOG.errorf(
                    Fault.of(failed),
                    "Reply %s of chat %s failed for a reason of our own",
                    reply.id(),
                    reply.chatId());
            failure = Failure.of(ErrorCode.INTERNAL, "The service failed.");
        } else {
            LOG.warnf(
                    "Reply %s of chat %s failed: %s",
                    reply.id(), reply.chatId(), failure.message());
        }
        return Outcome.brokenOff("", failure);
    }

    /** A provider that gives no reason, or one of its own, has come to its end. */
    private static FinishReason reason(dev.langchain4j.model.output.@Nullable FinishReason reason) {
        return switch (reason) {
            case LENGTH -> FinishReason.LENGTH;
            case CONTENT_FILTER -> FinishReason.CONTENT_FILTER;
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

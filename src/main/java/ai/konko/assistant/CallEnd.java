package ai.konko.assistant;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.Fault;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Outcome;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Usage;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.TokenUsage;
import java.util.concurrent.CompletionException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Decides how a reply ends after its model call. If the reply is not completed, the service's log
 * says why.
 */
final class CallEnd {
    private static final Logger LOG = Logger.getLogger(CallEnd.class);

    private CallEnd() {}

    /** The model has answered. */
    static Ending of(ChatResponse response, TextAllowance allowance) {
        FinishReason reason = reason(response.finishReason());
        Usage usage = usage(response.tokenUsage());
        if (allowance.full()) {
            return what -> TextAllowance.ended(what, usage);
        }
        if (reason != FinishReason.INTERRUPTED) {
            return what -> Outcome.ended(what, reason, usage);
        }
        String word = ModelEnd.unknownIn(response);
        Failure why =
                (word == null ? ModelException.reported() : ModelException.ended(word)).failure();
        LOG.warnf("A reply was not completed: %s", why.message());
        return word == null
                ? what -> Outcome.ended(what, reason, usage)
                : what -> Outcome.brokenOff(what, why, usage);
    }

    /**
     * The call has failed, or was cancelled.
     *
     * @param call names the call, for the log
     */
    static Ending of(Throwable failed, String call, Cancellation cancellation) {
        Throwable cause = failed instanceof CompletionException ? failed.getCause() : failed;
        if (cause instanceof RefusedException refused
                && refused.code() == ErrorCode.CHAT_NOT_FOUND) {
            return Outcome::cancelled; // the chat was deleted meanwhile
        }
        if (cancellation.cancelled()) {
            return cancellation.ending();
        }
        Failure known = ModelException.in(failed);
        if (known == null) {
            LOG.errorf(Fault.of(failed), "%s failed for a reason of our own", call);
        } else {
            LOG.warnf("%s was not completed: %s", call, known.message());
        }
        if (known != null && known.code() == ErrorCode.OVERLOADED) {
            return what -> // there is no room for the rest
            what.isNoAnswer() ? Outcome.brokenOff(what, known) : TextAllowance.ended(what, null);
        }
        Failure failure =
                known == null ? Failure.of(ErrorCode.INTERNAL, "The service failed.") : known;
        return what -> Outcome.brokenOff(what, failure);
    }

    /** Any other end means that the reply was broken off. */
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
                atLeastNone(usage.inputTokenCount()),
                atLeastNone(usage.outputTokenCount()),
                counted(ProviderUsage.cachedInput(usage)),
                counted(ProviderUsage.reasoning(usage)));
    }

    private static @Nullable Long counted(@Nullable Integer count) {
        return count == null ? null : Long.valueOf(atLeastNone(count));
    }

    private static int atLeastNone(@Nullable Integer count) {
        return count == null ? 0 : Math.max(0, count);
    }
}

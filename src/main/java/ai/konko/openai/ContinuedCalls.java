package ai.konko.openai;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Items;
import ai.konko.chat.Message;
import ai.konko.chat.RefusedException;
import jakarta.inject.Singleton;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The calls of the reply that a request continues. OpenAI's clients are told in OpenAI's words if
 * outputs are missing, or are for other calls; natively, calls without outputs are abandoned.
 */
@Singleton
class ContinuedCalls {
    private final PastTurns past;

    ContinuedCalls(PastTurns past) {
        this.past = past;
    }

    /**
     * Checks what the log would take otherwise, or can't know: a reply that is not the last any
     * more had open calls when it ended, whatever came of them.
     *
     * @return the reply whose calls the request answers; null if it answers none
     */
    @Nullable Message check(Responses.Continued continued, TurnRequest wanted) {
        Message previous = continued.previous();
        UUID chatId = continued.chatId();
        if (chatId == null) {
            return null;
        }
        Message reply = previous == null ? past.lastReply(chatId) : previous;
        if (reply == null || !reply.status().terminal()) {
            return null;
        }
        if (previous == null && wanted.answersCalls() && wanted.earlier().isEmpty()) {
            return reply; // the log says whether they are still open
        }
        CallRules.answered(
                previous == null ? CallRules.open(reply.items()) : Items.asked(reply.items()),
                wanted.first());
        return wanted.answersCalls() ? reply : null;
    }

    /**
     * @return what an OpenAI client is told if the log refuses its outputs
     */
    RefusedException inTheirWords(
            RefusedException refused, Responses.Continued continued, TurnRequest wanted) {
        boolean ofCalls =
                refused.code() == ErrorCode.CALL_CLOSED
                        || (refused.code() == ErrorCode.INVALID && wanted.answersCalls());
        Message last =
                ofCalls && continued.chatId() != null ? past.lastReply(continued.chatId()) : null;
        if (last == null) {
            return refused;
        }
        try {
            CallRules.answered(CallRules.open(last.items()), wanted.first());
            return refused;
        } catch (RefusedException theirs) {
            return theirs;
        }
    }
}

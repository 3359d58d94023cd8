package ai.konko.openai;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Items;
import ai.konko.chat.Message;
import ai.konko.chat.RefusedException;
import jakarta.inject.Singleton;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The calls of the reply that a request continues. OpenAI's clients are told in OpenAI's words if
 * outputs are missing, or are for other calls.
 */
@Singleton
class ContinuedCalls {
    private final PastTurns past;

    ContinuedCalls(PastTurns past) {
        this.past = past;
    }

    /**
     * The log does not know which calls an older reply waited for, and has no part in responses
     * that are not kept. OpenAI refuses both, so they are checked here.
     *
     * @return the reply whose calls the request answers; null if it answers none
     */
    @Nullable Message check(Responses.Continued continued, TurnRequest wanted) {
        Message previous = continued.previous();
        Message last = past.lastReply(continued);
        Message reply = last != null && last.status().terminal() ? last : null;
        CallRules.answered(
                wanted.parameter(),
                reply == null ? Set.of() : calls(reply, previous, wanted),
                wanted.first());
        return wanted.answersCalls() ? reply : null;
    }

    /** Without outputs, those of a chat's last reply need none any more if they have ended. */
    private static Set<String> calls(
            Message reply, @Nullable Message previous, TurnRequest wanted) {
        return previous == null && !wanted.answersCalls()
                ? CallRules.open(reply.items())
                : Items.asked(reply.items());
    }

    /**
     * @param chatId the chat that the request continues
     * @return what an OpenAI client is told if the log refuses its outputs, or that there are none
     */
    RefusedException inTheirWords(RefusedException refused, UUID chatId, TurnRequest wanted) {
        boolean ofCalls =
                refused.code() == ErrorCode.CALL_CLOSED || refused.code() == ErrorCode.INVALID;
        Message last = ofCalls ? past.lastReply(chatId) : null;
        if (last == null) {
            return refused;
        }
        try {
            CallRules.answered(wanted.parameter(), CallRules.open(last.items()), wanted.first());
            return refused;
        } catch (RefusedException theirs) {
            return theirs;
        }
    }
}

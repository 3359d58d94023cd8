package ai.konko.chat;

import java.time.Instant;

/**
 * One user message and the one reply to it. Both have their place from the moment the turn is
 * accepted.
 */
public record Turn(Message message, Message reply) {

    public Turn {
        if (message.role() != Role.USER
                || reply.role() != Role.ASSISTANT
                || reply.seq() != message.seq() + 1) {
            throw new IllegalArgumentException(
                    "a turn is a user message and the reply that follows it");
        }
    }

    /**
     * @return this turn, whose reply is written again
     * @throws RefusedException {@link ErrorCode#NOT_RETRYABLE} if nothing is left of the message
     */
    public Turn requireSaid() {
        if (message.saysNothing()) {
            throw RefusedException.notRetryable();
        }
        return this;
    }

    /** Whether nothing of it is left. */
    public boolean isErased() {
        return message.saysNothing() && reply.saysNothing() && !reply.unanswered();
    }

    /** The same turn once one that is over has come after it. */
    Turn followedBy(Turn next, Instant now) {
        return new Turn(message, reply.followedBy(next.message, now));
    }
}

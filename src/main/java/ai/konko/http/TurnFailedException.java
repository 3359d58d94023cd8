package ai.konko.http;

import ai.konko.chat.Message;

/** A JSON post's turn failed: the answer is its problem. */
public final class TurnFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Message reply;

    public TurnFailedException(Message reply) {
        super("a turn failed", null, false, false);
        this.reply = reply;
    }

    Message reply() {
        return reply;
    }
}

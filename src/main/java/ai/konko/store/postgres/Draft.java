package ai.konko.store.postgres;

import ai.konko.chat.Message;
import java.util.UUID;

/**
 * A reply that this process runs: which run it is, and the end of its text, as far as the database
 * does not have it yet. Its monitor guards {@code tail} and {@code start}.
 */
final class Draft {
    final UUID chatId;
    final UUID replyId;
    final int seq;
    final int attempt;
    final int run;

    /** Whether the database is known to agree that the reply is this process'. */
    volatile boolean confirmed;

    private final StringBuilder tail = new StringBuilder();
    private int start;

    Draft(UUID chatId, UUID replyId, int seq, int attempt, int run) {
        this.chatId = chatId;
        this.replyId = replyId;
        this.seq = seq;
        this.attempt = attempt;
        this.run = run;
    }

    /**
     * Text and where it stands.
     *
     * @param start its place in the reply, in UTF-16 units
     */
    record Tail(int start, String text) {
        @Override
        public String toString() {
            return "Tail[start=" + start + "]";
        }
    }

    boolean is(UUID reply, int ofAttempt) {
        return replyId.equals(reply) && attempt == ofAttempt;
    }

    synchronized void append(String text) {
        tail.append(text);
    }

    synchronized Tail tail() {
        return new Tail(start, tail.toString());
    }

    /** The tail without a half surrogate pair, which can't be stored. */
    synchronized Tail whole() {
        int length = tail.length();
        boolean half = length > 0 && Character.isHighSurrogate(tail.charAt(length - 1));
        return new Tail(start, tail.substring(0, half ? length - 1 : length));
    }

    /** The database has this now. */
    synchronized void flushed(Tail flushed) {
        tail.delete(0, flushed.text().length());
        start += flushed.text().length();
    }

    /**
     * The running reply with all of its text.
     *
     * @param stored the reply as the database has it, read after {@code tail}
     */
    static Message complete(Message stored, Tail tail) {
        int known = stored.content().length() - tail.start();
        return known < 0 || known >= tail.text().length()
                ? stored
                : stored.withText(stored.content() + tail.text().substring(known));
    }
}

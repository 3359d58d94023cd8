package ai.konko.store.postgres;

import ai.konko.chat.Draft;
import ai.konko.chat.Item;
import ai.konko.chat.Message;
import ai.konko.chat.Written;
import java.util.UUID;

/**
 * One run of a reply by this process, and the end of its text that the database does not have yet.
 * Its monitor guards {@code tail} and {@code start}.
 */
final class ReplyRun implements Draft {
    final UUID chatId;
    final UUID replyId;
    final int seq;
    final int attempt;
    final int number;

    /** Whether the start is committed, so that the database has this run too. */
    volatile boolean confirmed;

    private final StringBuilder tail = new StringBuilder();
    private int start;

    ReplyRun(UUID chatId, UUID replyId, int seq, int attempt, int number) {
        this.chatId = chatId;
        this.replyId = replyId;
        this.seq = seq;
        this.attempt = attempt;
        this.number = number;
    }

    /**
     * The end of the text.
     *
     * @param start where it begins in the reply, in UTF-16 units
     */
    record Tail(int start, String text) {
        @Override
        public String toString() {
            return "Tail[start=" + start + "]";
        }
    }

    boolean isOf(UUID reply, int ofAttempt) {
        return replyId.equals(reply) && attempt == ofAttempt;
    }

    @Override
    public synchronized void text(String piece) {
        tail.append(piece);
    }

    @Override
    public void begin(Item item) {}

    @Override
    public void reasoning(String piece) {}

    @Override
    public void whole(Item item) {}

    synchronized Tail tail() {
        return new Tail(start, tail.toString());
    }

    /** The tail without a first half of a surrogate pair, because that can't be stored. */
    synchronized Tail wholeCharacters() {
        int length = tail.length();
        boolean half = length > 0 && Character.isHighSurrogate(tail.charAt(length - 1));
        return new Tail(start, tail.substring(0, half ? length - 1 : length));
    }

    /** Drops what the database has now. */
    synchronized void flushed(Tail flushed) {
        tail.delete(0, flushed.text().length());
        start += flushed.text().length();
    }

    /**
     * @param stored the reply as the database has it, read after {@code tail}
     * @return the running reply with all of its text
     */
    static Message complete(Message stored, Tail tail) {
        int known = stored.content().length() - tail.start();
        return known < 0 || known >= tail.text().length()
                ? stored
                : stored.with(Written.of(stored.content() + tail.text().substring(known)));
    }
}

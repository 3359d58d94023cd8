package ai.konko.store.postgres;

import ai.konko.chat.Draft;
import ai.konko.chat.DraftContent;
import ai.konko.chat.Item;
import ai.konko.chat.Message;
import ai.konko.chat.Written;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One run of a reply by this process: the end of its text that the database does not have yet, and
 * all of its items. Its monitor guards {@code tail} and what stands below it.
 */
final class ReplyRun implements Draft {
    final UUID chatId;
    final int seq;
    final int attempt;
    final int number;

    /** As it was started. */
    final Message reply;

    private static final int LEAST_REASONING = 256;

    private final StringBuilder tail = new StringBuilder();
    private int start;

    /** Without the text. */
    private final DraftContent items = new DraftContent();

    /** How often the items have changed; and how often they had when they were flushed last. */
    private int changes;

    private int flushedChanges;

    /** How long the reasoning under way is, and how long it has to be to be flushed again. */
    private int reasoning;

    private int reasoningToFlush;

    ReplyRun(Message reply, int number) {
        this.reply = reply;
        this.chatId = reply.chatId();
        this.seq = reply.seq();
        this.attempt = reply.attempt();
        this.number = number;
    }

    /**
     * The end of the text, and the items.
     *
     * @param start where it begins in the reply, in UTF-16 units
     * @param items null if the database has them already
     * @param changes how often the items had changed
     */
    record Tail(int start, String text, @Nullable List<Item> items, int changes) {
        boolean isEmpty() {
            return text.isEmpty() && items == null;
        }

        @Override
        public String toString() {
            return "Tail[start=" + start + "]";
        }
    }

    boolean isOf(UUID replyId, int ofAttempt) {
        return reply.id().equals(replyId) && attempt == ofAttempt;
    }

    @Override
    public synchronized void text(String piece) {
        tail.append(piece);
    }

    @Override
    public synchronized void begin(Item item) {
        items.begin(item);
        reasoning = 0;
        reasoningToFlush = 1;
        changes++;
    }

    @Override
    public synchronized void reasoning(String piece) {
        items.reasoning(piece);
        reasoning += piece.length();
        if (reasoning >= reasoningToFlush) { // all of it is written each time, so not too often
            reasoningToFlush = reasoning + Math.max(LEAST_REASONING, reasoning / 4);
            changes++;
        }
    }

    @Override
    public synchronized void whole(Item item) {
        items.whole(item);
        changes++;
    }

    synchronized Tail tail() {
        return new Tail(start, tail.toString(), items.items(), changes);
    }

    /**
     * What is new in the tail, without a first half of a surrogate pair, because that can't be
     * stored. Items that such a half comes before, or is in, are left for the next time.
     */
    synchronized Tail unflushed() {
        boolean half = endsInHalf(tail);
        CharSequence reasoning = items.reasoningOf(items.count() - 1);
        boolean withItems =
                changes > flushedChanges && !half && (reasoning == null || !endsInHalf(reasoning));
        return new Tail(
                start,
                tail.substring(0, tail.length() - (half ? 1 : 0)),
                withItems ? items.items() : null,
                changes);
    }

    private static boolean endsInHalf(CharSequence text) {
        return !text.isEmpty() && Character.isHighSurrogate(text.charAt(text.length() - 1));
    }

    /** Drops what the database has now. */
    synchronized void flushed(Tail flushed) {
        tail.delete(0, flushed.text().length());
        start += flushed.text().length();
        flushedChanges = flushed.items() == null ? flushedChanges : flushed.changes();
    }

    /**
     * @param stored the reply as the database has it, read after {@code tail}
     * @return the running reply with all of its text and items; those of the database, if more was
     *     flushed since
     */
    static Message complete(Message stored, Tail tail) {
        int known = stored.content().length() - tail.start();
        List<Item> items = tail.items();
        return known < 0 || known > tail.text().length() || items == null
                ? stored
                : stored.with(new Written(stored.content() + tail.text().substring(known), items));
    }
}

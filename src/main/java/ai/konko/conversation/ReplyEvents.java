package ai.konko.conversation;

import ai.konko.chat.Message;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A reply as the events that one client is sent. They are made when the client takes them, so one
 * that does not read costs what it was sent and no more. Subclasses say what the events look like.
 * Used by one thread at a time.
 */
public abstract class ReplyEvents {
    private final LiveReply reply;
    private final Position from;
    private @Nullable Listener listener;
    private int most;

    /** Events that are given out part by part; nothing may come in between. */
    private @Nullable LongEvents parts;

    private boolean ending;
    private boolean over;
    private boolean left;

    /**
     * @param from what of the reply the client has already
     */
    protected ReplyEvents(LiveReply reply, Position from) {
        this.reply = reply;
        this.from = from;
    }

    /**
     * Begins to listen, and gives out the first events.
     *
     * @param most how many UTF-16 units are given out at once, roughly
     * @param more is run, on any thread, when there is more
     */
    public final void open(int most, Runnable more, StringBuilder out) {
        this.most = most;
        listener = reply.listen(from, more);
        begin(out);
    }

    /**
     * Gives out the events that are ready.
     *
     * @return whether there may be more at once
     */
    public final boolean next(StringBuilder out) {
        if (parts != null) {
            return nextParts(parts, out);
        }
        return listener != null && nextText(listener, out);
    }

    private boolean nextParts(LongEvents given, StringBuilder out) {
        while (out.length() < most && !given.over()) {
            given.next(out);
        }
        if (given.over()) {
            parts = null;
            over = ending;
        }
        return !over;
    }

    private boolean nextText(Listener following, StringBuilder out) {
        while (out.length() < most) {
            Listener.Piece piece = following.next();
            if (piece.part() != null) {
                part(piece.part(), out);
            }
            if (piece.end() != null) {
                return nextEnd(piece.end(), out);
            }
            left = piece.left();
            if (left || piece.part() == null) {
                return false;
            }
        }
        return true;
    }

    private boolean nextEnd(Message ended, StringBuilder out) {
        int length = ended.content().length();
        if (length > most && ended.items().isEmpty()) {
            ending = true;
            inParts(ended, (other, events) -> end(other, length, events));
            return true;
        }
        end(ended, length, out);
        over = true;
        return false;
    }

    /**
     * Has events follow that carry all of a message's text, part by part if it is long. A message
     * with items is given out at once, because its texts are cut at them.
     *
     * @param events makes them of the message, or of one that has another text in its place
     */
    protected final void inParts(
            Message message, StringBuilder out, BiConsumer<Message, StringBuilder> events) {
        if (message.content().length() > most && message.items().isEmpty()) {
            inParts(message, events);
        } else {
            events.accept(message, out);
        }
    }

    private void inParts(Message message, BiConsumer<Message, StringBuilder> events) {
        parts = LongEvents.of(message, events);
    }

    /** Whether the last event is out. */
    public final boolean over() {
        return over;
    }

    /**
     * Whether this process has let go of the reply, which goes on elsewhere. That is not an end:
     * the client may go on reading there.
     */
    public final boolean left() {
        return left;
    }

    /** Whether the last {@link #next} ended in the middle of an event. */
    public final boolean insideEvent() {
        return parts != null;
    }

    /** Listens no longer. */
    public final void close() {
        if (listener != null) {
            listener.close();
            listener = null;
        }
    }

    /** Gives out what comes first. */
    protected abstract void begin(StringBuilder out);

    private void part(ReplyPart part, StringBuilder out) {
        switch (part) {
            case ReplyPart.Text text -> delta(text, out);
            case ReplyPart.Begun begun -> begun(begun, out);
            case ReplyPart.Thought thought -> thought(thought, out);
            case ReplyPart.Whole whole -> whole(whole, out);
        }
    }

    /** Gives out more text. */
    protected abstract void delta(ReplyPart.Text text, StringBuilder out);

    /** Gives out that an item has begun. */
    protected void begun(ReplyPart.Begun begun, StringBuilder out) {}

    /** Gives out more reasoning. */
    protected void thought(ReplyPart.Thought thought, StringBuilder out) {}

    /** Gives out that an item is whole. */
    protected void whole(ReplyPart.Whole whole, StringBuilder out) {}

    /**
     * Gives out what comes last.
     *
     * @param ended the reply; its text may be another, which stands for it
     * @param length of the text itself, in UTF-16 units
     */
    protected abstract void end(Message ended, int length, StringBuilder out);
}

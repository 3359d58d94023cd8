package ai.konko.conversation;

import ai.konko.chat.Message;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One who follows a reply at a pace of their own. Used by one thread at a time. */
public final class Listener {
    /** The most UTF-16 units in one piece, so that no listener needs much memory at a time. */
    private static final int PIECE = 16_384;

    private final LiveReply reply;
    private final Runnable wake;
    private final AtomicBoolean closed = new AtomicBoolean();
    private int offset;
    private int version;

    /**
     * @param version of the reply's text, for which the offset holds
     */
    Listener(LiveReply reply, int offset, int version, Runnable wake) {
        this.reply = reply;
        this.offset = offset;
        this.version = version;
        this.wake = wake;
    }

    /**
     * What follows what was given before.
     *
     * @param text empty if there is nothing more at the moment
     * @param offset the reply's length in UTF-16 units up to and with this text
     * @param end the reply in its terminal state, once all of its text was given
     * @param version of the text that the offset is in
     * @param left whether this process has let go of the reply: nothing more comes, while the reply
     *     goes on elsewhere
     */
    public record Piece(String text, int offset, @Nullable Message end, int version, boolean left) {
        @Override
        public String toString() {
            return "Piece[offset=" + offset + "]";
        }
    }

    public Piece next() {
        Piece piece = reply.after(offset, version, PIECE);
        offset = piece.offset();
        version = piece.version();
        return piece;
    }

    void wake() {
        wake.run();
    }

    /** Stops listening; from then on it is not woken but for a wake already under way. */
    public void close() {
        if (closed.compareAndSet(false, true)) {
            reply.leave(this);
        }
    }
}

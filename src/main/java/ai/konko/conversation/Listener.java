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
    private Position position;
    private int version;

    /**
     * @param version of the reply, for which the position holds
     */
    Listener(LiveReply reply, Position position, int version, Runnable wake) {
        this.reply = reply;
        this.position = position;
        this.version = version;
        this.wake = wake;
    }

    /**
     * What follows what was given before.
     *
     * @param part absent if there is nothing more at the moment
     * @param position up to and with this part
     * @param end the reply in its terminal state, once all of it was given
     * @param version of the reply that the position is in
     * @param left whether this process has let go of the reply: nothing more comes, while the reply
     *     goes on elsewhere
     */
    public record Piece(
            @Nullable ReplyPart part,
            Position position,
            @Nullable Message end,
            int version,
            boolean left) {

        static Piece nothing(Position position, @Nullable Message end, int version, boolean left) {
            return new Piece(null, position, end, version, left);
        }

        @Override
        public String toString() {
            return "Piece[position=" + position + "]";
        }
    }

    public Piece next() {
        Piece piece = reply.after(position, version, PIECE);
        position = piece.position();
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

package ai.konko.assistant;

import ai.konko.chat.Draft;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.FairBound;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Item;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Usage;
import ai.konko.chat.Written;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the text of one reply, and counts it against the text of all replies under way. Room is
 * taken in portions, so that a token costs a comparison. What its request has attached takes room
 * until it is sent.
 *
 * <p>One thread at a time uses it, but any may close it; the monitor guards {@code closed}, {@code
 * attached}, and {@code granted} where that changes.
 */
public final class TextAllowance implements AutoCloseable {
    private static final int PORTION = 1024;

    /** More unused room than this is given back. */
    private static final int SPARE = 64 * PORTION;

    private static final Ending TOO_LONG =
            _ -> Outcome.brokenOff(Written.NOTHING, ModelException.tooLong().failure());

    private final FairBound all;
    private final FairBound allAttached;
    private final Owner owner;
    private final int most;

    private int length;
    private int unread;
    private int granted;
    private volatile long attached;
    private boolean full;
    private boolean closed;

    TextAllowance(FairBound all, FairBound allAttached, Owner owner, int most) {
        this.all = all;
        this.allAttached = allAttached;
        this.owner = owner;
        this.most = most;
    }

    /** The owner of the reply. */
    Owner owner() {
        return owner;
    }

    /** How long the reply may be, in UTF-16 units. */
    int most() {
        return most;
    }

    /**
     * Bounds a reply: what is too much is left out, and the call is stopped.
     *
     * @param out takes the reply
     * @param asked whether the provider was asked for a stream. One that streams unasked, and more
     *     than there may be, has answered nonsense
     */
    Bounded bounding(Draft out, Cancellation cancellation, boolean asked) {
        return new Bounded(out, cancellation, asked);
    }

    /** A reply that ends when it is full. */
    final class Bounded implements Draft {
        private final Draft out;
        private final Cancellation cancellation;
        private final boolean asked;

        private Bounded(Draft out, Cancellation cancellation, boolean asked) {
            this.out = out;
            this.cancellation = cancellation;
            this.asked = asked;
        }

        @Override
        public void text(String piece) {
            take(piece, out::text);
        }

        @Override
        public void reasoning(String piece) {
            take(piece, out::reasoning);
        }

        private void take(String piece, Consumer<String> taker) {
            if (full) {
                return; // it may come still after a cancel
            }
            String fitting = fitting(piece);
            if (!fitting.isEmpty()) {
                taker.accept(fitting);
            }
            stopIfFull();
        }

        @Override
        public void begin(Item item) {
            if (!full) {
                out.begin(item);
            }
        }

        /** An item is kept whole or not at all. */
        @Override
        public void whole(Item item) {
            if (full) {
                return;
            }
            int characters = item instanceof Item.Call ? (int) item.characters() : 0;
            if (length + characters > most || !covers((long) length + unread + characters)) {
                full = true;
            } else {
                length += characters;
                out.whole(item);
            }
            stopIfFull();
        }

        /** Nothing more may come, although there might be room for it. */
        void fill() {
            full = true;
            stopIfFull();
        }

        private void stopIfFull() {
            if (full) {
                cancellation.cancel(asked ? what -> ended(what, null) : TOO_LONG);
            }
        }
    }

    private String fitting(String piece) {
        int room = Math.min(piece.length(), most - length);
        int fits =
                covers((long) length + unread + room)
                        ? room
                        : Math.clamp(granted - unread - length, 0, room);
        full = fits < piece.length();
        if (full && fits > 0 && Character.isHighSurrogate(piece.charAt(fits - 1))) {
            fits--;
        }
        length += fits;
        return full ? piece.substring(0, fits) : piece;
    }

    /** Whether there was more text than there may be. */
    boolean full() {
        return full;
    }

    /** The end of a reply that has reached its bound. */
    static Outcome ended(Written what, @Nullable Usage usage) {
        return what.isNoAnswer()
                ? Outcome.brokenOff(what, noRoom())
                : Outcome.ended(what, FinishReason.LENGTH, usage);
    }

    /**
     * Counts bytes of an answer that are not text of the reply yet, such as half a line.
     *
     * @throws ModelException if there is no room for it
     */
    void hold(int bytes) {
        if (bytes == unread) {
            return;
        }
        if (!covers((long) length + bytes)) {
            throw new ModelException(noRoom());
        }
        unread = bytes;
    }

    /**
     * Takes room for what the request has attached, before any of it is read.
     *
     * @throws ModelException if there is none
     */
    synchronized void attach(long bytes) {
        if (closed || !allAttached.take(owner, bytes)) {
            throw new ModelException(
                    overloaded("The service is sending as much of images and files as it may."));
        }
        attached += bytes;
    }

    /** Whether there is something attached that is not sent yet. */
    boolean hasAttached() {
        return attached > 0;
    }

    /** What was attached is sent, or never will be. */
    synchronized void detach() {
        if (attached > 0) {
            allAttached.giveBack(owner, attached);
            attached = 0;
        }
    }

    /**
     * @return whether there is room for a text of this length, which somebody else writes
     */
    public boolean admits(int length) {
        return covers(length);
    }

    private static Failure noRoom() {
        return overloaded("The service has as much text of replies under way as it may.");
    }

    private static Failure overloaded(String message) {
        return new Failure(ErrorCode.OVERLOADED, message, Duration.ofSeconds(1));
    }

    private boolean covers(long wanted) {
        if (wanted <= granted && granted - wanted <= SPARE) {
            return true;
        }
        synchronized (this) {
            if (closed) {
                return false;
            }
            if (wanted <= granted) {
                all.giveBack(owner, granted - (int) wanted);
                granted = (int) wanted;
                return true;
            }
            int more = (int) Math.max(wanted - granted, PORTION);
            boolean taken = all.take(owner, more);
            granted += taken ? more : 0;
            return taken;
        }
    }

    /** The reply is over, and its text is in the log. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            detach();
            if (granted > 0) {
                all.giveBack(owner, granted);
            }
        }
    }
}

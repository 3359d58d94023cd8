package ai.konko.conversation;

import ai.konko.chat.Draft;
import ai.konko.chat.Writer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What one other process tells of a reply that it runs, however many listen to it here. It ends
 * when that process has nothing more to tell, or can't be reached; what became of the reply the log
 * tells.
 */
public final class Relayed {
    /** The other process gives a sign of life that often. */
    public static final Duration PULSE = Duration.ofSeconds(2);

    /** After so long a silence nothing more is expected. */
    private static final long SILENCE = PULSE.multipliedBy(3).toNanos();

    /**
     * How long the log may stay unread meanwhile. A process that was taken for dead does not know
     * that another one runs the reply by now.
     */
    private static final long UNREAD = Duration.ofSeconds(5).toNanos();

    /** A process that told nothing is not asked again before that. */
    private static final long PAUSE = Duration.ofSeconds(5).toNanos();

    private final LiveReply reply;
    private final Writer writer;
    private final Runnable whenOver;
    private final Draft draft;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final long since = System.nanoTime();
    private volatile long heard = since;
    private volatile long compared = since;
    private volatile ReplyRelay.@Nullable Call call;

    /**
     * @param whenOver is run, on any thread, if it ends by itself
     */
    Relayed(LiveReply reply, Writer writer, Runnable whenOver) {
        this.reply = reply;
        this.writer = writer;
        this.whenOver = whenOver;
        this.draft = Draft.through(addition -> reply.grow(this, addition));
    }

    void open(ReplyRelay relay) {
        call = relay.open(writer, reply.reply(), this);
    }

    /** Lets go of the other process, if nobody takes anything any more, or nothing comes. */
    void settle() {
        ReplyRelay.Call opened = call;
        if (opened == null) {
            return;
        }
        if (isOpen()) {
            opened.giveUp();
            over();
        } else {
            opened.stop();
        }
    }

    /** Takes what the other process tells. */
    public Draft draft() {
        return draft;
    }

    /** The other process has told something, or that there is nothing to tell. */
    public void heard() {
        heard = System.nanoTime();
    }

    /** Nothing more comes. */
    public void over() {
        if (closed.compareAndSet(false, true)) {
            whenOver.run();
        }
    }

    /** Nothing more is taken. */
    void close() {
        closed.set(true);
    }

    boolean isOpen() {
        return !closed.get();
    }

    boolean isSilent(long now) {
        return now - heard > SILENCE;
    }

    boolean isFrom(Writer other) {
        return writer.replica().equals(other.replica());
    }

    /** Whether the same process may be asked again. */
    boolean isLongAgo(long now) {
        return now - since > PAUSE;
    }

    /** The log was read, and has nothing else. */
    void compared(long now) {
        compared = now;
    }

    /** Whether nobody has to look into the log at the moment. */
    boolean suffices(long now) {
        return isOpen() && now - compared < UNREAD && !isSilent(now);
    }
}

package ai.konko.conversation;

import ai.konko.assistant.Cancellation;
import ai.konko.assistant.Ending;
import ai.konko.assistant.TextAllowance;
import ai.konko.chat.Message;
import ai.konko.chat.RefusedException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A reply that is not over yet, or has just ended, as this process knows it: its text so far, those
 * who listen to it, those who wait for its end, and the way to stop it.
 *
 * <p>There is no buffer of events. All listeners share the one text, each an offset into it: one
 * that reads slowly is given more text at a time, and costs the reply and the others nothing.
 *
 * <p>One thread at a time runs the reply: it alone adds text, and ends the reply with exactly the
 * text that listeners can have seen. A reply that nobody runs here shows the text that the log has
 * of it, and is ended by whoever finds it over.
 *
 * <p>Where the process that ran a reply has died, the reply is written anew. As long as the new
 * text says the same, listeners notice nothing. One that has seen text which the new one does not
 * repeat is given no more text, only the end.
 *
 * <p>{@code lock} guards all fields but the final and the volatile ones; nothing foreign is called
 * under it.
 */
public final class LiveReply {
    private final Message reply;
    private final CompletableFuture<Message> end = new CompletableFuture<>();
    private final AtomicInteger listening;
    private volatile @Nullable Origin origin;
    private volatile Cancellation cancellation = new Cancellation();
    private volatile @Nullable Run underWay;

    private final Object lock = new Object();
    private StringBuilder text = new StringBuilder();

    /** What is written anew, until it has come as far as {@code text}, or differs from it. */
    private @Nullable StringBuilder anew;

    /** The text before it changed into another one; {@code version} counts how often it has. */
    private String before = "";

    private int version;

    private List<Listener> listeners = List.of();
    private boolean run;
    private boolean sealed;
    private boolean left;
    private @Nullable Message ended;
    private @Nullable Runnable unheard;

    /** Counts text that another process writes. */
    private @Nullable TextAllowance shown;

    /**
     * @param reply as it was when it was first asked for
     * @param listening counts the listeners of all replies
     */
    LiveReply(Message reply, AtomicInteger listening) {
        this.reply = reply;
        this.listening = listening;
    }

    Message reply() {
        return reply;
    }

    /** Who posted its turn to this process; absent if another did, or it is not known yet. */
    @Nullable Origin origin() {
        return origin;
    }

    void postedBy(Origin poster) {
        origin = poster;
    }

    void cancel(Ending ending) {
        cancellation.cancel(ending);
    }

    /**
     * From now on only the caller adds text and ends the reply.
     *
     * @return how the caller is told to stop
     */
    Cancellation run() {
        synchronized (lock) {
            run = true;
            notShown();
            sealed = false;
            anew = text.isEmpty() ? null : new StringBuilder();
        }
        return cancellation;
    }

    /** Who {@link #run}s the reply, for {@link Watch}. */
    void isRunBy(Run runner) {
        underWay = runner;
    }

    /**
     * @return absent unless this process runs the reply
     */
    @Nullable Run underWay() {
        return underWay;
    }

    /** The caller of {@link #run} has found that the reply is another process' by now. */
    void handOver() {
        underWay = null;
        cancellation = new Cancellation();
        synchronized (lock) {
            run = false;
            anew = null;
        }
    }

    boolean isRun() {
        synchronized (lock) {
            return run;
        }
    }

    /** Adds to the text, unless it is sealed, and wakes the listeners. */
    void append(String piece) {
        List<Listener> woken;
        synchronized (lock) {
            if (sealed) {
                return;
            }
            if (anew == null) {
                text.append(piece);
            } else {
                int from = anew.length();
                become(anew.append(piece), from);
            }
            woken = listeners;
        }
        woken.forEach(Listener::wake);
    }

    /** Whether text that {@link #show} may bring is counted by nobody. */
    boolean isUncounted() {
        synchronized (lock) {
            return !run && ended == null && shown == null;
        }
    }

    /**
     * @param room counts that text, and is closed here
     */
    void countBy(TextAllowance room) {
        synchronized (lock) {
            if (!run && ended == null && shown == null) {
                shown = room;
                return;
            }
        }
        room.close();
    }

    /**
     * Takes over the text that the log has, if nobody runs the reply here. Where there is no room
     * for it, listeners get the rest with the end.
     */
    void show(String content) {
        List<Listener> woken;
        synchronized (lock) {
            if (run || ended != null || content.contentEquals(text)) {
                return;
            }
            if (shown == null || !shown.admits(content.length())) {
                return;
            }
            become(new StringBuilder(content), 0);
            woken = listeners;
        }
        woken.forEach(Listener::wake);
    }

    private void notShown() {
        if (shown != null) {
            shown.close();
            shown = null;
        }
    }

    /**
     * A text that is only behind the one known is no change.
     *
     * @param from up to where the two are known to be the same
     */
    private void become(StringBuilder content, int from) {
        boolean same = agree(text, content, from, Math.min(text.length(), content.length()));
        if (same && content.length() < text.length()) {
            return;
        }
        if (!same) {
            changed();
        }
        text = content;
        anew = null;
    }

    private static boolean agree(CharSequence one, CharSequence other, int from, int until) {
        for (int i = from; i < until; i++) {
            if (one.charAt(i) != other.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Mostly it is the same, which is found out many characters at a time. */
    private static boolean beginsWith(String content, StringBuilder text) {
        return content.contentEquals(text)
                || (text.length() <= content.length() && agree(content, text, 0, text.length()));
    }

    private void changed() {
        before = text.toString();
        version++;
    }

    /**
     * @return the text of the run, to which nothing is added any more
     */
    String seal() {
        synchronized (lock) {
            sealed = true;
            return anew == null ? content().toString() : anew.toString();
        }
    }

    /** Tells everybody who waits or listens; only the first call counts. */
    void ended(Message terminal) {
        List<Listener> woken;
        synchronized (lock) {
            if (ended != null) {
                return;
            }
            if (!beginsWith(terminal.content(), text)) {
                changed();
            }
            ended = terminal;
            notShown();
            sealed = true;
            text = new StringBuilder(); // the end has it
            anew = null;
            woken = listeners;
        }
        end.complete(terminal);
        woken.forEach(Listener::wake);
    }

    /**
     * The same, if nobody runs the reply.
     *
     * @return whether the reply is over now
     */
    boolean endedUnlessRun(Message terminal) {
        synchronized (lock) {
            if (run && ended == null) {
                return false;
            }
        }
        ended(terminal);
        return true;
    }

    /** This process lets go of the reply, which goes on elsewhere. */
    void leave(RefusedException reason) {
        List<Listener> woken;
        synchronized (lock) {
            left = ended == null;
            notShown();
            woken = listeners;
        }
        end.completeExceptionally(reason);
        woken.forEach(Listener::wake);
    }

    /**
     * @return the reply in its terminal state, once it has come to that. It fails only with a
     *     {@link RefusedException}, when the service stops while the reply goes on elsewhere;
     *     cancelling it stops nothing.
     */
    public CompletableFuture<Message> end() {
        return end.copy();
    }

    /**
     * @return the length of its text in UTF-16 units, if it is over; else 0
     */
    public int endedLength() {
        synchronized (lock) {
            return ended == null ? 0 : ended.content().length();
        }
    }

    /** Runs {@code action} once nobody listens to the end any more; now, if it is not over. */
    void onceUnheard(Runnable action) {
        synchronized (lock) {
            if (ended != null && !listeners.isEmpty()) {
                unheard = action;
                return;
            }
        }
        action.run();
    }

    /** Runs {@code action} once the reply is over, or goes on elsewhere. */
    void whenOver(Runnable action) {
        CompletableFuture<Message> _ = end.whenComplete((_, _) -> action.run());
    }

    /**
     * @return whether a listener can start there: not beyond the text so far and not inside a
     *     surrogate pair
     */
    public boolean hasOffset(int offset) {
        synchronized (lock) {
            CharSequence content = content();
            return offset >= 0 && offset <= content.length() && !splitsPair(content, offset);
        }
    }

    /**
     * Starts to listen.
     *
     * @param from an offset that {@linkplain #hasOffset the reply has}, in UTF-16 units
     * @param wake is run when there is more, once or more often, on any thread; it must neither
     *     block nor throw
     */
    public Listener listen(int from, Runnable wake) {
        Listener listener;
        synchronized (lock) {
            listener = new Listener(this, from, version, wake);
            listeners = Stream.concat(listeners.stream(), Stream.of(listener)).toList();
        }
        listening.incrementAndGet();
        return listener;
    }

    void leave(Listener listener) {
        Runnable last = null;
        synchronized (lock) {
            listeners = listeners.stream().filter(each -> each != listener).toList();
            if (listeners.isEmpty()) {
                last = unheard;
                unheard = null;
            }
        }
        listening.decrementAndGet();
        if (last != null) {
            last.run();
        }
    }

    /**
     * What follows {@code from}, up to {@code most} UTF-16 units or one more.
     *
     * @param seen the version of the text that {@code from} is in
     */
    Listener.Piece after(int from, int seen, int most) {
        synchronized (lock) {
            CharSequence content = content();
            if (!repeats(content, from, seen)) {
                return new Listener.Piece("", from, ended, seen, left);
            }
            int start = Math.min(from, content.length());
            int until = Math.min(start + most, content.length());
            until += splitsPair(content, until) ? 1 : 0;
            return new Listener.Piece(
                    content.subSequence(start, until).toString(),
                    until,
                    until == content.length() ? ended : null,
                    version,
                    left);
        }
    }

    /** Whether the text has what a listener has seen of the one before. */
    private boolean repeats(CharSequence content, int from, int seen) {
        return seen == version
                || from == 0
                || (seen == version - 1
                        && from <= content.length()
                        && from <= before.length()
                        && agree(before, content, 0, from));
    }

    private CharSequence content() {
        return ended == null ? text : ended.content();
    }

    private static boolean splitsPair(CharSequence content, int offset) {
        return offset > 0
                && offset < content.length()
                && Character.isSurrogatePair(content.charAt(offset - 1), content.charAt(offset));
    }
}

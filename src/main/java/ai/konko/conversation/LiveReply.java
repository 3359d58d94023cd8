package ai.konko.conversation;

import ai.konko.assistant.Cancellation;
import ai.konko.assistant.Ending;
import ai.konko.chat.Message;
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
 * text that listeners can have seen. A reply that nobody runs is ended by whoever finds it over.
 * {@code lock} guards all fields but the final ones; nothing foreign is called under it.
 */
public final class LiveReply {
    private final Cancellation cancellation = new Cancellation();
    private final CompletableFuture<Message> end = new CompletableFuture<>();
    private final AtomicInteger listening;

    private final Object lock = new Object();
    private StringBuilder text = new StringBuilder();
    private List<Listener> listeners = List.of();
    private boolean run;
    private boolean sealed;
    private @Nullable Message ended;

    /**
     * @param listening counts the listeners of all replies
     */
    LiveReply(AtomicInteger listening) {
        this.listening = listening;
    }

    Cancellation cancellation() {
        return cancellation;
    }

    void cancel(Ending ending) {
        cancellation.cancel(ending);
    }

    /** From now on only the caller ends the reply. */
    void run() {
        synchronized (lock) {
            run = true;
        }
    }

    /** Adds to the text, unless it is sealed, and wakes the listeners. */
    void append(String piece) {
        List<Listener> woken;
        synchronized (lock) {
            if (sealed) {
                return;
            }
            text.append(piece);
            woken = listeners;
        }
        woken.forEach(Listener::wake);
    }

    /**
     * @return the text, to which nothing is added any more
     */
    String seal() {
        synchronized (lock) {
            sealed = true;
            return content().toString();
        }
    }

    /** Tells everybody who waits or listens; only the first call counts. */
    void ended(Message reply) {
        List<Listener> woken;
        synchronized (lock) {
            if (ended != null) {
                return;
            }
            ended = reply;
            sealed = true;
            text = new StringBuilder(); // the end has it
            woken = listeners;
        }
        end.complete(reply);
        woken.forEach(Listener::wake);
    }

    /**
     * The same, if nobody runs the reply.
     *
     * @return whether the reply is over now
     */
    boolean endedUnlessRun(Message reply) {
        synchronized (lock) {
            if (run && ended == null) {
                return false;
            }
        }
        ended(reply);
        return true;
    }

    /**
     * @return the reply in its terminal state, once it has come to that; it never fails, and
     *     cancelling it stops nothing
     */
    public CompletableFuture<Message> end() {
        return end.copy();
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
        Listener listener = new Listener(this, from, wake);
        synchronized (lock) {
            listeners = Stream.concat(listeners.stream(), Stream.of(listener)).toList();
        }
        listening.incrementAndGet();
        return listener;
    }

    void leave(Listener listener) {
        synchronized (lock) {
            listeners = listeners.stream().filter(each -> each != listener).toList();
        }
        listening.decrementAndGet();
    }

    /** What follows {@code from}, up to {@code most} UTF-16 units or one more. */
    Listener.Piece after(int from, int most) {
        synchronized (lock) {
            CharSequence content = content();
            int start = Math.min(from, content.length());
            int until = Math.min(start + most, content.length());
            until += splitsPair(content, until) ? 1 : 0;
            return new Listener.Piece(
                    content.subSequence(start, until).toString(),
                    until,
                    until == content.length() ? ended : null);
        }
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

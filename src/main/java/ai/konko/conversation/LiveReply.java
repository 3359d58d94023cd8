package ai.konko.conversation;

import ai.konko.assistant.Cancellation;
import ai.konko.assistant.Ending;
import ai.konko.assistant.TextAllowance;
import ai.konko.chat.Draft;
import ai.konko.chat.Message;
import ai.konko.chat.Origin;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Written;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A reply that is not over yet, or has just ended, as this process knows it: what there is of it,
 * those who listen to it, those who wait for its end, and the way to stop it.
 *
 * <p>There is no buffer of events. All listeners share the one content, each a position in it: one
 * that reads slowly is given more text at a time, and costs the reply and the others nothing.
 *
 * <p>One thread at a time runs the reply: it alone adds to it, and ends it with exactly what
 * listeners can have seen. A reply that nobody runs here shows what the log has of it, and is ended
 * by whoever finds it over.
 *
 * <p>If the process that ran a reply has died, another writes the reply anew, see {@link
 * ReplyContent}: a listener who has seen text that the new one does not repeat is given no more
 * text, only the end.
 *
 * <p>What another process writes is shown as far as the log has it, and as it comes from there if
 * that can be asked, see {@link Relayed}.
 *
 * <p>{@code lock} guards {@code content} and all fields but the final and the volatile ones;
 * nothing foreign is called under it.
 */
public final class LiveReply {
    /** A flush takes half as long, at most. */
    private static final Duration ON_ITS_WAY = Duration.ofSeconds(1);

    private final Message reply;
    private final AtomicReference<Places.@Nullable Place> place;
    private volatile boolean released;
    private final CompletableFuture<Message> end = new CompletableFuture<>();
    private final AtomicInteger listening;
    private volatile @Nullable Origin origin;
    private volatile Cancellation cancellation = new Cancellation();
    private volatile @Nullable Run underWay;

    /** The last one; written under {@code lock}. */
    private volatile @Nullable Relayed relayed;

    private final Object lock = new Object();
    private final ReplyContent content = new ReplyContent();
    private Phase phase = Phase.FOLLOWED;
    private List<Listener> listeners = List.of();
    private boolean left;
    private @Nullable Message ended;
    private @Nullable Runnable unheard;

    /** Counts text that another process writes. */
    private @Nullable TextAllowance shown;

    private enum Phase {
        /** If anybody runs it, it is another process. */
        FOLLOWED,
        RUN,
        /** It is run, and nothing is added any more. */
        SEALED
    }

    /**
     * @param reply as it was when it was first asked for
     * @param place is given back when the reply is {@linkplain #release released}; absent for one
     *     that is over already
     * @param listening counts the listeners of all replies
     */
    LiveReply(Message reply, Places.@Nullable Place place, AtomicInteger listening) {
        this.reply = reply;
        this.place = new AtomicReference<>(place);
        this.listening = listening;
    }

    /** The reply has another place from now on, and gives the one before back. */
    void moveTo(Places.Place other) {
        Places.Place before = place.getAndSet(other);
        if (before != null) {
            before.close();
        }
        if (released) {
            other.close();
        }
    }

    /** The reply needs no place any more. */
    void release() {
        released = true;
        Places.Place last = place.get();
        if (last != null) {
            last.close();
        }
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
            phase = Phase.RUN;
            notRelayed();
            notShown();
            content.beginAnew();
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
            phase = Phase.FOLLOWED;
            content.dropAnew();
        }
    }

    boolean isRun() {
        synchronized (lock) {
            return phase != Phase.FOLLOWED;
        }
    }

    /** Takes the reply from whoever runs it, unless it is sealed, and wakes the listeners. */
    Draft draft() {
        return Draft.through(this::grow);
    }

    private void grow(Consumer<Draft> addition) {
        List<Listener> woken;
        synchronized (lock) {
            if (phase != Phase.RUN || ended != null) {
                return;
            }
            addition.accept(content.growing());
            content.grown();
            woken = listeners;
        }
        woken.forEach(Listener::wake);
    }

    /** Who brings what another process writes, or did so last. */
    @Nullable Relayed relayed() {
        return relayed;
    }

    /**
     * From now on takes what {@code next} brings, from the reply's beginning, and nothing of the
     * one before.
     *
     * @return false if nobody is to bring anything, or somebody else does already
     */
    boolean takeFrom(Relayed next, @Nullable Relayed before) {
        synchronized (lock) {
            if (phase != Phase.FOLLOWED || ended != null || left || relayed != before) {
                return false;
            }
            relayed = next;
            content.dropAnew();
            content.beginAnew();
            return true;
        }
    }

    /** Takes more of what another process writes. If there is no room for it, that is over. */
    void grow(Relayed from, Consumer<Draft> addition) {
        List<Listener> woken;
        synchronized (lock) {
            if (from != relayed || !from.isOpen()) {
                return;
            }
            addition.accept(content.growing());
            content.grown();
            if (shown == null || !shown.admits((int) content.grownTo())) {
                notRelayed();
            }
            woken = listeners;
        }
        woken.forEach(Listener::wake);
    }

    private void notRelayed() {
        if (relayed != null && relayed.isOpen()) {
            relayed.close();
            content.dropAnew();
        }
    }

    /** Whether text that {@link #show} may bring is counted by nobody. */
    boolean isUncounted() {
        synchronized (lock) {
            return phase == Phase.FOLLOWED && ended == null && shown == null;
        }
    }

    /**
     * @param room counts that text, and is closed here
     */
    void countBy(TextAllowance room) {
        synchronized (lock) {
            if (phase == Phase.FOLLOWED && ended == null && shown == null) {
                shown = room;
                return;
            }
        }
        room.close();
    }

    /**
     * Takes over what the log has of the reply, if nobody runs the reply here. If there is no room
     * for it, listeners get the rest with the end.
     */
    void show(Written inLog) {
        List<Listener> woken;
        synchronized (lock) {
            if (phase != Phase.FOLLOWED || ended != null || content.says(inLog)) {
                return;
            }
            boolean relays = relayed != null && relayed.isOpen();
            long most = Math.max(inLog.characters(), relays ? content.grownTo() : 0);
            if (shown == null || !shown.admits((int) most)) {
                return;
            }
            boolean same = content.show(inLog);
            if (relays && same) {
                content.goOnAnew();
            } else if (relays) {
                notRelayed(); // it has another run of the reply
            }
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
     * @return what the run has written, to which nothing is added any more
     */
    Written seal() {
        synchronized (lock) {
            phase = Phase.SEALED;
            return content.ofRun();
        }
    }

    /** Tells everybody who waits or listens; only the first call counts. */
    void ended(Message terminal) {
        List<Listener> woken;
        synchronized (lock) {
            if (ended != null) {
                return;
            }
            notRelayed();
            content.end(new Written(terminal.content(), terminal.items()));
            ended = terminal;
            notShown();
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
            if (phase != Phase.FOLLOWED && ended == null) {
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
            notRelayed();
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
     * @return how many UTF-16 units it has in all, if it is over; else 0
     */
    public long endedCharacters() {
        synchronized (lock) {
            return ended == null ? 0 : ended.characters();
        }
    }

    /**
     * @return what there is of it for listeners
     */
    public Written written() {
        synchronized (lock) {
            return content.known();
        }
    }

    /**
     * @return the text from there to there. A reply that is written anew at this moment may not
     *     have all of it
     */
    public String text(int from, int until) {
        synchronized (lock) {
            return content.text(from, until);
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
     * @return whether a listener can start there: not beyond what there is and not inside a
     *     surrogate pair
     */
    public boolean has(Position position) {
        synchronized (lock) {
            return content.has(position);
        }
    }

    /**
     * Waits a moment for what somebody has read of a reply at the process that runs it, and that is
     * on its way here.
     *
     * @param there whether it has come
     * @return that; at once, if nothing is on its way
     */
    public boolean comesTo(BooleanSupplier there) {
        if (there.getAsBoolean() || !isFollowed()) {
            return there.getAsBoolean();
        }
        Semaphore more = new Semaphore(0);
        Listener listener = listen(Position.START, more::release);
        try {
            long until = System.nanoTime() + ON_ITS_WAY.toNanos();
            long left = ON_ITS_WAY.toNanos();
            while (!there.getAsBoolean()
                    && isFollowed()
                    && more.tryAcquire(left, TimeUnit.NANOSECONDS)) {
                left = until - System.nanoTime();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            listener.close();
        }
        return there.getAsBoolean();
    }

    private boolean isFollowed() {
        synchronized (lock) {
            return phase == Phase.FOLLOWED && ended == null && !left;
        }
    }

    /**
     * Starts to listen.
     *
     * @param from a position that {@linkplain #has the reply has}
     * @param wake is run when there is more, once or more often, on any thread; it must neither
     *     block nor throw
     */
    public Listener listen(Position from, Runnable wake) {
        Listener listener;
        synchronized (lock) {
            listener = new Listener(this, from, content.version(), wake);
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
     * What follows {@code from}: one item's event, or up to {@code most} UTF-16 units of text or
     * reasoning, or one more.
     *
     * @param seen the version of the reply that {@code from} is in
     */
    Listener.Piece after(Position from, int seen, int most) {
        synchronized (lock) {
            if (!content.repeats(from, seen)) {
                return Listener.Piece.nothing(from, ended, seen, left);
            }
            Position start = content.within(from);
            ReplyPart part = content.after(start, most);
            Position until = part == null ? start : part.end();
            return new Listener.Piece(
                    part, until, content.ends(until) ? ended : null, content.version(), left);
        }
    }
}

package ai.konko.conversation;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Message;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The replies under way that this process knows of, by id and attempt: those it runs, those it was
 * asked for, and those it follows while another process runs them. A reply is here from its turn's
 * acceptance, or from when it was first asked for, until the log has its end.
 */
@Singleton
class LiveReplies {
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final ChatLimits limits;
    private final Shares shares;
    private final Map<Attempt, LiveReply> replies = new ConcurrentHashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger listening = new AtomicInteger();
    private final CompletableFuture<@Nullable Void> drained = new CompletableFuture<>();
    private volatile boolean draining;

    LiveReplies(ChatLimits limits, Shares shares) {
        this.limits = limits;
        this.shares = shares;
    }

    /**
     * Takes a place for one more turn, to be used by {@link #admit} or given back by {@link
     * #leave}.
     *
     * @throws RefusedException {@link ErrorCode#OVERLOADED} if there is none, or the service is
     *     shutting down
     */
    void enter(Owner owner) {
        inFlight.incrementAndGet();
        try {
            requireRoom(owner, 0);
        } catch (RuntimeException | Error full) {
            leave();
            throw full;
        }
    }

    /**
     * Where as many turns are in flight, or wait, as may, an owner who has less than an equal share
     * of them still gets in, whatever the others have; up to twice as many in flight.
     *
     * @param more how many turns of this owner there would have to be room for
     * @throws RefusedException as {@link #enter}
     */
    void requireRoom(Owner owner, int more) {
        int wanted = inFlight.get() + more;
        if (draining) {
            throw overloaded("The service is shutting down.");
        }
        int most = limits.turnsInFlight();
        if (wanted > most && (wanted > 2L * most || shares.hasMoreThanItsPart(owner, most))) {
            throw overloaded("The service has as many turns in flight as it may.");
        }
        if (wanted - running.get() > limits.queuedTurns()
                && shares.hasMoreThanItsPart(owner, limits.queuedTurns() + running.get())) {
            throw overloaded("The service has as many turns waiting as it may.");
        }
    }

    private static RefusedException overloaded(String detail) {
        return RefusedException.forNow(ErrorCode.OVERLOADED, detail, RETRY);
    }

    void leave() {
        if (inFlight.decrementAndGet() == 0 && draining) {
            drained.complete(null);
        }
    }

    /** One of the turns in flight is run by this process, and does not wait any more. */
    void started() {
        running.incrementAndGet();
    }

    void stopped() {
        running.decrementAndGet();
    }

    /**
     * @return how many turns are in flight
     */
    int inFlight() {
        return inFlight.get();
    }

    /** From now on nobody enters; completes when the last one has left. */
    CompletableFuture<@Nullable Void> drain() {
        draining = true;
        if (inFlight.get() == 0) {
            drained.complete(null);
        }
        return drained;
    }

    /** Whether nobody may enter any more. */
    boolean draining() {
        return draining;
    }

    /**
     * @return how many listeners all replies have
     */
    int listening() {
        return listening.get();
    }

    /**
     * @return the entry of a reply whose turn has a place already
     */
    LiveReply admit(Message reply) {
        LiveReply made = new LiveReply(reply, listening);
        LiveReply known = replies.putIfAbsent(Attempt.of(reply), made);
        if (known == null) {
            return made;
        }
        leave();
        return known;
    }

    /**
     * @return the reply's entry, made if need be
     */
    LiveReply at(Message reply) {
        LiveReply known = find(reply.id(), reply.attempt());
        if (known != null) {
            return known;
        }
        inFlight.incrementAndGet();
        return admit(reply);
    }

    @Nullable LiveReply find(UUID replyId, int attempt) {
        return replies.get(new Attempt(replyId, attempt));
    }

    @Nullable LiveReply remove(Message reply) {
        LiveReply removed = replies.remove(Attempt.of(reply));
        if (removed != null) {
            leave();
        }
        return removed;
    }

    /**
     * @return a reply that has ended before; it is not kept here
     */
    LiveReply over(Message reply) {
        LiveReply over = new LiveReply(reply, listening);
        over.ended(reply);
        return over;
    }

    void forEach(Consumer<LiveReply> action) {
        replies.values().forEach(action);
    }

    Collection<LiveReply> all() {
        return List.copyOf(replies.values());
    }

    private record Attempt(UUID replyId, int number) {
        static Attempt of(Message reply) {
            return new Attempt(reply.id(), reply.attempt());
        }
    }
}

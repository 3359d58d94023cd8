package ai.konko.conversation;

import ai.konko.chat.Accepted;
import ai.konko.chat.Cancelled;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Message;
import ai.konko.chat.NewChat;
import ai.konko.chat.Origin;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Role;
import ai.konko.chat.StartOptions;
import ai.konko.chat.Started;
import ai.konko.chat.Turn;
import io.opentelemetry.api.trace.Span;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The turns of all chats: posted, cancelled, written again, and found by whoever listens.
 *
 * <p>The log is the line; there is no other. When a turn was accepted, and when one has ended, the
 * log is asked for the chat's next turn to run, see {@link TurnRunner}. If several processes share
 * the log, each runs what the log hands out to it. It follows in the log what it was asked for and
 * another process runs, see {@link ReplyFollower}.
 */
@ApplicationScoped
public class TurnEngine {

    /** A reply that another replica ran, which has died, needs its lease to run out. */
    private static final Duration LONGEST_CANCEL = Duration.ofSeconds(30);

    private final ChatRepository repository;
    private final TurnRunner runner;
    private final LiveReplies live;
    private final Places places;
    private final ReplyFollower follower;
    private final TurnEvents events;
    private final Workers workers;

    TurnEngine(
            ChatRepository repository,
            TurnRunner runner,
            LiveReplies live,
            Places places,
            ReplyFollower follower,
            TurnEvents events,
            Workers workers) {
        this.repository = repository;
        this.runner = runner;
        this.live = live;
        this.places = places;
        this.follower = follower;
        this.events = events;
        this.workers = workers;
    }

    /**
     * Whoever comes with a turn can be told before anything else is done.
     *
     * @throws RefusedException {@link ErrorCode#OVERLOADED} if there is no room for one more turn
     *     at this moment
     */
    public void requireRoom(Owner owner) {
        places.requireRoom(owner, 1);
    }

    /**
     * Accepts a post and sees to it that its turn runs.
     *
     * @throws RefusedException see {@link ChatRepository#accept}; also {@link
     *     ErrorCode#OVERLOADED}, and {@link ErrorCode#RATE_LIMITED} if the owner has as many turns
     *     in flight as it may
     */
    public PostedTurn post(Origin origin, UUID chatId, Post post) {
        return accepted(origin, chatId, start -> repository.accept(chatId, post, start));
    }

    /**
     * Makes a chat for a turn, and sees to it that this runs.
     *
     * @throws RefusedException see {@link ChatRepository#open} and {@link #post}
     */
    public PostedTurn open(Origin origin, NewChat chat, Post post) {
        return accepted(origin, null, start -> repository.open(chat, post, start));
    }

    private PostedTurn accepted(
            Origin origin, @Nullable UUID chatId, Function<StartOptions, Accepted> accepting) {
        AtomicReference<@Nullable Started> started = new AtomicReference<>();
        return orLater(
                chatId,
                started,
                () -> {
                    Accepted accepted =
                            placed(
                                    origin,
                                    () -> {
                                        Accepted now = accepting.apply(runner.startOptions());
                                        started.set(now.started());
                                        return now;
                                    },
                                    Accepted::added);
                    accepted.cancelled().forEach(this::announce);
                    if (accepted.toCancel() != null) {
                        Optional<LiveReply> _ = stop(accepted.toCancel());
                    }
                    return run(accepted.turn(), accepted.repeated(), started);
                });
    }

    /**
     * A turn that was accepted runs, also if this process fails before it is started.
     *
     * @param chatId null if it is not known; then only what was started can be begun
     * @param started the turn that the log has started, until it is begun
     */
    private <T> T orLater(
            @Nullable UUID chatId,
            AtomicReference<@Nullable Started> started,
            Supplier<T> operation) {
        try {
            return operation.get();
        } catch (RuntimeException | Error failed) {
            if (!(failed instanceof RefusedException) || started.get() != null) {
                workers.later(TurnRunner.SOON, () -> runNext(chatId, started));
            }
            throw failed;
        }
    }

    private void runNext(@Nullable UUID chatId, AtomicReference<@Nullable Started> started) {
        Started begun = started.getAndSet(null);
        if (begun != null) {
            runner.begin(begun);
        } else if (chatId != null) {
            runner.runNext(chatId);
        }
    }

    /**
     * Takes a place for the turn that {@code operation} may add.
     *
     * @param added the reply of that turn, if there is one
     */
    private <T> T placed(
            Origin origin, Supplier<T> operation, Function<T, Optional<Message>> added) {
        Places.Place place = places.take(origin.owner());
        Optional<Message> reply = Optional.empty();
        try {
            T result = operation.get();
            reply = added.apply(result);
            return result;
        } finally {
            if (reply.isPresent()) {
                live.admit(reply.get(), place).postedBy(origin);
            } else {
                place.close();
            }
        }
    }

    /**
     * Has a failed or incomplete reply written again.
     *
     * @throws RefusedException see {@link ChatRepository#retry} and {@link #post}
     */
    public PostedTurn retry(Origin origin, UUID chatId, UUID replyId, boolean streamed) {
        AtomicReference<@Nullable Started> started = new AtomicReference<>();
        return orLater(
                chatId,
                started,
                () -> {
                    Turn turn =
                            placed(
                                    origin,
                                    () -> repository.retry(chatId, replyId, streamed),
                                    retried -> Optional.of(retried.reply()));
                    return run(turn, false, started);
                });
    }

    /**
     * @param started the chat's next turn, if the log has started it
     */
    private PostedTurn run(
            Turn turn, boolean repeated, AtomicReference<@Nullable Started> started) {
        Message reply = turn.reply();
        Started next = started.get();
        boolean own = next != null && next.turn().reply().id().equals(reply.id());
        LiveReply entry = own ? live.at(reply) : follower.follow(reply);
        runNext(reply.chatId(), started);
        return new PostedTurn(turn, repeated, entry);
    }

    /**
     * @return the reply, to listen to and to wait for
     * @throws RefusedException {@link ErrorCode#MESSAGE_NOT_FOUND} also for a user's message
     */
    public LiveReply reply(UUID chatId, UUID replyId) {
        Message reply = repository.message(chatId, replyId);
        if (reply.role() != Role.ASSISTANT) {
            throw RefusedException.replyNotFound();
        }
        return follower.follow(reply);
    }

    /**
     * @param reply as the log had it
     * @return the reply, to listen to and to wait for
     */
    public LiveReply follow(Message reply) {
        return follower.follow(reply);
    }

    /**
     * @return the reply, if this process runs this attempt of it
     */
    public Optional<LiveReply> running(UUID replyId, int attempt) {
        return Optional.ofNullable(live.find(replyId, attempt)).filter(LiveReply::isRun);
    }

    /**
     * Stops a reply, also at the model.
     *
     * @return the reply in its terminal state, once it has come to that; refused with {@link
     *     ErrorCode#STORE_UNAVAILABLE} if the log can't take its end for long
     * @throws RefusedException see {@link ChatRepository#cancel}
     */
    public CompletableFuture<Message> cancel(UUID chatId, UUID replyId) {
        Cancelled cancelled = repository.cancel(chatId, replyId);
        Message reply = cancelled.reply();
        if (cancelled.now()) {
            announce(reply);
            runner.runNext(chatId);
        }
        if (reply.status().terminal()) {
            return CompletableFuture.completedFuture(reply);
        }
        return stop(reply)
                .map(TurnEngine::endSoon)
                .orElseGet(() -> cancel(chatId, replyId)); // it has ended and runs again
    }

    private static CompletableFuture<Message> endSoon(LiveReply stopped) {
        return stopped.end()
                .orTimeout(LONGEST_CANCEL.toSeconds(), TimeUnit.SECONDS)
                .exceptionallyCompose(
                        failed ->
                                CompletableFuture.failedFuture(
                                        failed instanceof TimeoutException
                                                ? notYetOver()
                                                : failed));
    }

    private static RefusedException notYetOver() {
        return RefusedException.forNow(
                ErrorCode.STORE_UNAVAILABLE,
                "The reply is stopped, but its end can't be kept at the moment.",
                TurnRunner.SOON);
    }

    /**
     * Removes a chat. What runs in it is cancelled, also at the model, and whoever waits for it is
     * told.
     */
    public void delete(UUID chatId) {
        for (Message reply : repository.delete(chatId)) {
            LiveReply running = live.find(reply.id(), reply.attempt());
            if (reply.model() == null) { // it never ran
                announce(reply);
            } else if (running != null) { // else it is over, or is about to find no chat
                running.cancel(Outcome::cancelled);
                if (running.endedUnlessRun(reply)) {
                    live.remove(reply);
                }
            }
        }
    }

    /**
     * Whoever runs the reply ends it.
     *
     * @return empty if this attempt is over and there is a new one, which is not stopped
     */
    private Optional<LiveReply> stop(Message running) {
        live.at(running).cancel(Outcome::cancelled);
        return follower.followAttempt(running);
    }

    /** A reply that never ran was ended by somebody else. */
    private void announce(Message ended) {
        LiveReply waiting = live.remove(ended);
        if (waiting != null) {
            waiting.ended(ended);
        }
        events.ended(ended, Span.getInvalid());
    }
}

package ai.konko.conversation;

import ai.konko.assistant.Cancellation;
import ai.konko.assistant.ModelEndpoint;
import ai.konko.assistant.ReplyWriter;
import ai.konko.chat.Accepted;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.Fault;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Started;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jboss.logging.Logger;

/**
 * The turns of all chats.
 *
 * <p>There is no line here: the log is the line. After a turn was accepted, and after one has
 * ended, the log is asked for the chat's next turn to run; it hands out one at a time, in order, so
 * each chat has at most one turn running and none is forgotten. Every turn runs on a virtual thread
 * of its own, and ends in the log before anybody hears of it.
 */
@ApplicationScoped
public class Conversation {
    private static final Logger LOG = Logger.getLogger(Conversation.class);

    private final ChatRepository repository;
    private final ReplyWriter writer;
    private final ModelEndpoint endpoint;
    private final LiveReplies live;

    /**
     * Not the request's: a turn keeps nothing of the request that posted it, such as its context.
     */
    private final ExecutorService threads =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("turn-", 0).factory());

    Conversation(
            ChatRepository repository,
            ReplyWriter writer,
            ModelEndpoint endpoint,
            LiveReplies live) {
        this.repository = repository;
        this.writer = writer;
        this.endpoint = endpoint;
        this.live = live;
    }

    /**
     * Accepts a post and sees to it that its turn runs.
     *
     * @throws RefusedException see {@link ChatRepository#accept}; also {@link ErrorCode#OVERLOADED}
     */
    public PostedTurn post(UUID chatId, Post post) {
        live.enter();
        boolean entered = true;
        try {
            Accepted accepted = repository.accept(chatId, post);
            entered = accepted.repeated();
            accepted.cancelled().forEach(this::announce);
            if (accepted.toCancel() != null) {
                cancel(accepted.toCancel());
            }
            CompletableFuture<Message> end = end(accepted.turn().reply());
            runNext(chatId);
            return new PostedTurn(accepted.turn(), end);
        } finally {
            if (entered) {
                live.leave();
            }
        }
    }

    /**
     * Removes a chat. What runs in it is cancelled, also at the model, and whoever waits for it is
     * told.
     */
    public void delete(UUID chatId) {
        for (Message reply : repository.delete(chatId)) {
            live.at(reply.id()).cancel(Outcome::cancelled);
            announce(reply);
        }
    }

    /** Whoever runs the reply ends it. */
    private void cancel(Message reply) {
        live.at(reply.id()).cancel(Outcome::cancelled);
        CompletableFuture<Message> _ = end(reply);
    }

    /**
     * Whoever asks first makes the entry; only then is the log asked, so that an end in between is
     * not missed.
     */
    private CompletableFuture<Message> end(Message reply) {
        if (reply.status().terminal()) {
            return CompletableFuture.completedFuture(reply);
        }
        CompletableFuture<Message> end = live.at(reply.id()).end();
        try {
            Message now = repository.message(reply.chatId(), reply.id());
            if (now.status().terminal()) {
                forget(now);
            }
        } catch (RefusedException _) {
            forget(cancelledWithItsChat(reply));
        }
        return end;
    }

    private void runNext(UUID chatId) {
        repository
                .start(chatId, endpoint.defaultModel())
                .ifPresent(next -> threads.execute(() -> run(next)));
    }

    private void run(Started started) {
        Message reply = started.turn().reply();
        try {
            Cancellation cancellation = live.at(reply.id()).cancellation();
            forget(finish(reply, writer.write(started, cancellation)));
        } finally {
            live.leave();
            runNext(reply.chatId());
        }
    }

    /**
     * @return the reply's end as the log has it, or as it would be in a chat that was deleted
     *     meanwhile
     */
    private Message finish(Message reply, Outcome outcome) {
        try {
            return repository.finish(reply.chatId(), reply.id(), outcome);
        } catch (RefusedException _) {
            return cancelledWithItsChat(reply);
        } catch (RuntimeException | Error failed) {
            LOG.errorf(
                    Fault.of(failed),
                    "The end of reply %s of chat %s is lost",
                    reply.id(),
                    reply.chatId());
            return reply.ended(
                    Outcome.brokenOff("", Failure.of(ErrorCode.INTERNAL, "The service failed.")),
                    reply.createdAt());
        }
    }

    private static Message cancelledWithItsChat(Message reply) {
        return reply.ended(Outcome.cancelled(""), reply.createdAt());
    }

    /**
     * A reply was ended by somebody else than who runs it. One that never ran leaves now, the other
     * when it stops.
     */
    private void announce(Message ended) {
        forget(ended);
        if (ended.model() == null) {
            live.leave();
        }
    }

    /** Tells those who wait. */
    private void forget(Message ended) {
        LiveReply waiting = live.remove(ended.id());
        if (waiting != null) {
            waiting.ended(ended);
        }
    }
}

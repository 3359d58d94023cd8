package ai.konko.conversation;

import ai.konko.assistant.Ending;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.Fault;
import ai.konko.chat.Outcome;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/**
 * What other processes that share the log do, as far as it matters here: replies that they run and
 * this one follows, replies of this one that are to stop, and turns that nobody runs any more.
 *
 * <p>Replies are read again one after the other, each at most once for all that has happened to it
 * meanwhile, so that a slow log has nothing to catch up with. What is to be started waits in the
 * same way, for a few threads.
 */
@ApplicationScoped
class ReplicaObserver implements ChatRepository.Observer {
    private static final Logger LOG = Logger.getLogger(ReplicaObserver.class);

    /** Few enough to leave most connections of the log to turns that people post. */
    private static final int STARTERS = 4;

    private final ChatRepository repository;
    private final TurnRunner runner;
    private final LiveReplies live;
    private final Places places;
    private final ReplyFollower follower;
    private final Set<LiveReply> toRead = ConcurrentHashMap.newKeySet();
    private final Executor reader =
            Executors.newSingleThreadExecutor(Thread.ofVirtual().name("follower").factory());

    /** Chats whose next turn is to be started. */
    private final Set<UUID> toStart = ConcurrentHashMap.newKeySet();

    /** After a crash there may be thousands, and who tells of them has a lease to renew. */
    private final Executor starters =
            Executors.newFixedThreadPool(
                    STARTERS, Thread.ofVirtual().name("starter-", 0).factory());

    ReplicaObserver(
            ChatRepository repository,
            TurnRunner runner,
            LiveReplies live,
            Places places,
            ReplyFollower follower) {
        this.repository = repository;
        this.runner = runner;
        this.live = live;
        this.places = places;
        this.follower = follower;
    }

    /** After the rest has started: what refuses the start does so before the log is opened. */
    void start(@Observes @Priority(Integer.MAX_VALUE) StartupEvent event) {
        repository.observe(this);
    }

    @Override
    public void changed(Predicate<UUID> chats) {
        for (LiveReply each : live.all()) {
            if (chats.test(each.reply().chatId()) && isToBeRead(each) && toRead.add(each)) {
                reader.execute(() -> read(each));
            }
        }
    }

    /** The log has nothing new of what another process tells at once. */
    private static boolean isToBeRead(LiveReply reply) {
        Relayed relayed = reply.relayed();
        return !reply.isRun() && (relayed == null || !relayed.suffices(System.nanoTime()));
    }

    private void read(LiveReply reply) {
        toRead.remove(reply);
        try {
            boolean _ = follower.refresh(reply);
        } catch (RuntimeException failed) {
            LOG.errorf(Fault.of(failed), "Reply %s can't be followed", reply.reply().id());
        }
    }

    @Override
    public void startable(UUID chatId) {
        if (!places.draining() && toStart.add(chatId)) {
            starters.execute(() -> startNext(chatId));
        }
    }

    private void startNext(UUID chatId) {
        toStart.remove(chatId);
        if (!places.draining()) {
            runner.runNext(chatId);
        }
    }

    @Override
    public void toStop(UUID chatId, UUID replyId, int attempt) {
        LiveReply running = live.find(replyId, attempt);
        if (running != null) {
            Ending ending = Outcome::cancelled;
            running.cancel(ending);
        }
    }
}

package ai.konko.conversation;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.Fault;
import ai.konko.chat.Writer;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Replies that are brought here while other processes write them, each once, however many listen.
 * If one can't be, those who listen get what the log has, as if nobody had been asked.
 */
@ApplicationScoped
class Relays {
    private static final Logger LOG = Logger.getLogger(Relays.class);
    private static final Duration ROUND = Duration.ofSeconds(1);

    private final ChatRepository repository;
    private final ReplyRelay relay;
    private final Workers workers;
    private final Set<Relayed> open = ConcurrentHashMap.newKeySet();

    Relays(ChatRepository repository, ReplyRelay relay, Workers workers) {
        this.repository = repository;
        this.relay = relay;
        this.workers = workers;
    }

    void start(@Observes StartupEvent event) {
        workers.every(ROUND, () -> look(System.nanoTime()));
    }

    /**
     * Has a reply that was read from the log brought from the process that runs it, unless it is
     * already, or that process was asked in vain a moment ago.
     *
     * @param refresh reads it from the log again, when nothing more is brought
     */
    void keep(LiveReply reply, Consumer<LiveReply> refresh) {
        long now = System.nanoTime();
        Relayed last = reply.relayed();
        if (reply.isRun() || (last != null && last.suffices(now))) {
            return;
        }
        Optional<Writer> writer = repository.writer(reply.reply());
        if (last == null) {
            writer.ifPresent(each -> open(reply, each, null, refresh));
            return;
        }
        boolean same = writer.map(last::isFrom).orElse(false);
        if (same && last.isOpen()) {
            last.compared(now);
            return;
        }
        last.close();
        if (!same || last.isLongAgo(now)) {
            writer.ifPresent(each -> open(reply, each, last, refresh));
        }
    }

    private void open(
            LiveReply reply, Writer writer, @Nullable Relayed last, Consumer<LiveReply> refresh) {
        Relayed next =
                new Relayed(reply, writer, () -> workers.execute(() -> refresh.accept(reply)));
        if (reply.takeFrom(next, last)) {
            ask(next);
        }
    }

    private void ask(Relayed next) {
        try {
            next.open(relay);
            open.add(next);
        } catch (RuntimeException impossible) {
            LOG.debugf(Fault.of(impossible), "Another replica can't be asked for a reply");
            next.over();
        }
    }

    /** Lets go of what is over, and of what has been silent for too long. */
    void look(long now) {
        open.forEach(
                each -> {
                    if (!each.isOpen() || each.isSilent(now)) {
                        open.remove(each);
                        each.settle();
                    }
                });
    }
}

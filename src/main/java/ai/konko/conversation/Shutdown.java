package ai.konko.conversation;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.Fault;
import ai.konko.chat.Outcome;
import ai.konko.chat.RefusedException;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Stops without losing a reply that can still finish. New turns are refused, and running ones get a
 * grace period. What is not over then is interrupted, or, if other replicas share the log, left for
 * them to run again.
 */
@ApplicationScoped
class Shutdown {
    private static final Logger LOG = Logger.getLogger(Shutdown.class);

    /** Interrupted replies end as soon as their threads hear of it. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private static final int ROUNDS = 10;
    private static final Duration SOON = Duration.ofSeconds(1);

    private static final Failure STOPPED =
            new Failure(ErrorCode.OVERLOADED, "The service was stopped.", SOON);

    private final ChatRepository repository;
    private final LiveReplies live;
    private final Places places;
    private final TurnConfig config;

    Shutdown(ChatRepository repository, LiveReplies live, Places places, TurnConfig config) {
        this.repository = repository;
        this.live = live;
        this.places = places;
        this.config = config;
    }

    /**
     * Comes before anything is torn down: answers still go out, to those who wait and to those who
     * are refused.
     */
    void stop(@Observes ShutdownDelayInitiatedEvent event) {
        CompletableFuture<@Nullable Void> drained = places.drain();
        if (!within(drained, config.shutdownGrace())) {
            if (handedOver()) {
                LOG.warnf(
                        "%d turns are not over after %s and are left to other replicas",
                        places.inFlight(), config.shutdownGrace());
                live.all().forEach(this::leave);
            } else {
                LOG.warnf(
                        "%d turns are not over after %s and are interrupted",
                        places.inFlight(), config.shutdownGrace());
                interrupt(drained);
            }
        } else {
            boolean _ = handedOver();
        }
    }

    private boolean handedOver() {
        try {
            return repository.handOver();
        } catch (RefusedException _) {
            return true; // out of reach, so the lease runs out
        } catch (RuntimeException failed) {
            LOG.warnf(Fault.of(failed), "Turns are handed over when the lease runs out");
            return true;
        }
    }

    private void leave(LiveReply reply) {
        reply.leave(
                RefusedException.forNow(
                        ErrorCode.OVERLOADED,
                        "The service is shutting down; the turn goes on when it is back.",
                        SOON));
        reply.cancel(text -> Outcome.brokenOff(text, STOPPED));
        live.remove(reply.reply());
    }

    private void interrupt(CompletableFuture<@Nullable Void> drained) {
        int rounds = 0;
        do { // also for a turn that came in just before and was not yet among them
            live.all().forEach(reply -> reply.cancel(text -> Outcome.brokenOff(text, STOPPED)));
            rounds++;
        } while (!within(drained, LAST_WORDS.dividedBy(ROUNDS)) && rounds < ROUNDS);
    }

    private static boolean within(CompletableFuture<@Nullable Void> drained, Duration time) {
        try {
            drained.get(time.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException | ExecutionException _) {
            return false;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}

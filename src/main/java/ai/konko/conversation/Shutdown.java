package ai.konko.conversation;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.Outcome;
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
 * Stops without losing a reply that can still finish: no new turns, a grace period, then what is
 * left is interrupted.
 */
@ApplicationScoped
class Shutdown {
    private static final Logger LOG = Logger.getLogger(Shutdown.class);

    /** Interrupted replies end as soon as their threads hear of it. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private static final int ROUNDS = 10;

    private static final Failure STOPPED =
            new Failure(ErrorCode.OVERLOADED, "The service was stopped.", Duration.ofSeconds(1));

    private final LiveReplies live;
    private final TurnConfig config;

    Shutdown(LiveReplies live, TurnConfig config) {
        this.live = live;
        this.config = config;
    }

    /**
     * Comes before anything is torn down: answers still go out, to those who wait and to those who
     * are refused.
     */
    void stop(@Observes ShutdownDelayInitiatedEvent event) {
        CompletableFuture<@Nullable Void> drained = live.drain();
        if (!within(drained, config.shutdownGrace())) {
            LOG.warnf(
                    "%d turns are not over after %s and are interrupted",
                    live.inFlight(), config.shutdownGrace());
            int rounds = 0;
            do { // also for a turn that came in just before and was not yet among them
                live.all().forEach(reply -> reply.cancel(text -> Outcome.brokenOff(text, STOPPED)));
                rounds++;
            } while (!within(drained, LAST_WORDS.dividedBy(ROUNDS)) && rounds < ROUNDS);
        }
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

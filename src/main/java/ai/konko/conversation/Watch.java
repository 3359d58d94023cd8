package ai.konko.conversation;

import ai.konko.assistant.Ending;
import ai.konko.assistant.ModelConfig;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.Outcome;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;

/**
 * Makes sure that each reply that this process runs comes to its end, even if what should have
 * ended it is lost, as may happen when memory is short. All else ends a reply earlier.
 */
@ApplicationScoped
class Watch {
    private static final Duration ROUND = Duration.ofSeconds(1);

    /** How much later than its own timer a model call is given up here. */
    private static final Duration LATER = Duration.ofSeconds(5);

    private static final Failure TIMED_OUT =
            Failure.of(ErrorCode.MODEL_TIMEOUT, "The model took too long.");

    private static final Ending TOO_LATE = what -> Outcome.brokenOff(what, TIMED_OUT);

    private final LiveReplies live;
    private final Workers workers;
    private final long longest;

    Watch(LiveReplies live, Workers workers, ModelConfig config) {
        this.live = live;
        this.workers = workers;
        this.longest = config.model().totalTimeout().plus(LATER).toNanos();
    }

    void start(@Observes StartupEvent event) {
        workers.every(ROUND, () -> look(System.nanoTime()));
    }

    void look(long now) {
        live.forEach(each -> look(each, now));
    }

    private void look(LiveReply reply, long now) {
        Run run = reply.underWay();
        if (run != null && run.look(now, longest)) {
            reply.cancel(TOO_LATE);
            run.over(() -> TOO_LATE);
        }
    }
}

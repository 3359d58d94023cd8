package ai.konko.conversation;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.RefusedException;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import org.jboss.logging.Logger;

/** Deletes the chats that nobody has used for long. */
@ApplicationScoped
class Retention {
    private static final Logger LOG = Logger.getLogger(Retention.class);

    private final ChatRepository repository;
    private final RetentionConfig config;
    private final Clock clock;

    Retention(ChatRepository repository, RetentionConfig config, Clock clock) {
        this.repository = repository;
        this.config = config;
        this.clock = clock;
    }

    @Scheduled(
            every = "{konko.retention.sweep}",
            delayed = "5s", // or the first one would always be skipped
            skipExecutionIf = Scheduled.ApplicationNotRunning.class, // a start may be refused
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    @RunOnVirtualThread
    void sweep() {
        config.idle().ifPresent(this::sweep);
    }

    private void sweep(Duration idle) {
        try {
            int expired = repository.expire(clock.instant().minus(idle));
            if (expired > 0) {
                LOG.infof("%d chats were deleted after %s without a change", expired, idle);
            }
        } catch (RefusedException refused) {
            LOG.warnf("Idle chats are deleted later: %s", refused.getMessage());
        }
    }
}

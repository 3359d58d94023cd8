package ai.konko.conversation;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.Fault;
import ai.konko.chat.RefusedException;
import ai.konko.chat.RepeatableRequest;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Deletes the chats that nobody has used for long, and forgets old keys of requests, on a thread of
 * its own. Its pauses do not depend on the clock, so one that is set back does not keep it from its
 * work.
 */
@ApplicationScoped
class Retention {
    private static final Logger LOG = Logger.getLogger(Retention.class);

    /** After a start, chats have been idle for long already. */
    private static final Duration FIRST = Duration.ofSeconds(5);

    private final ChatRepository repository;
    private final RetentionConfig config;
    private @Nullable Thread thread;

    Retention(ChatRepository repository, RetentionConfig config) {
        this.repository = repository;
        this.config = config;
    }

    void start(@Observes StartupEvent event) {
        thread = Thread.ofVirtual().name("retention").start(this::sweepAgainAndAgain);
    }

    @PreDestroy
    void stop() {
        if (thread != null) {
            thread.interrupt();
        }
    }

    private void sweepAgainAndAgain() {
        try {
            Thread.sleep(config.sweep().compareTo(FIRST) < 0 ? config.sweep() : FIRST);
            while (true) {
                sweep("Idle chats are deleted", this::deleteIdle);
                sweep("Old keys are forgotten", this::forgetKeys);
                Thread.sleep(config.sweep());
            }
        } catch (InterruptedException _) {
            // The service stops.
        }
    }

    /**
     * @param what it does, to be read before "later"
     */
    private static void sweep(String what, Runnable sweep) {
        try {
            sweep.run();
        } catch (RefusedException refused) {
            LOG.warnf("%s later: %s", what, refused.getMessage());
        } catch (RuntimeException | Error failed) {
            LOG.errorf(Fault.of(failed), "%s later, because of a fault", what);
        }
    }

    private void deleteIdle() {
        config.idle()
                .ifPresent(
                        idle -> {
                            int expired = repository.expire(idle);
                            if (expired > 0) {
                                LOG.infof(
                                        "%d chats were deleted after %s without a change",
                                        expired, idle);
                            }
                        });
    }

    private void forgetKeys() {
        int _ = repository.forgetKeys(RepeatableRequest.KEYS_LIVE);
    }
}

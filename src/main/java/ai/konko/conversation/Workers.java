package ai.konko.conversation;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.Fault;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Does what needs the log: on the calling thread, be it an event loop, if the log makes nobody
 * wait, else on a virtual thread of its own.
 */
@Singleton
public class Workers implements Executor {
    private static final Logger LOG = Logger.getLogger(Workers.class);

    private final ChatRepository repository;
    private final Executor threads =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("turn-", 0).factory());

    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("turn-timer").factory());

    Workers(ChatRepository repository) {
        this.repository = repository;
    }

    @PreDestroy
    void stop() {
        timer.shutdownNow();
    }

    @Override
    public void execute(Runnable work) {
        if (repository.blocks()) {
            threads.execute(work);
        } else {
            work.run();
        }
    }

    /** Does the same after a pause, unless the service stops before. */
    void later(Duration pause, Runnable work) {
        Future<?> _ = timer.schedule(() -> execute(work), pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Does something short, which does not wait, again and again, whatever comes of it. */
    void every(Duration pause, Runnable work) {
        Future<?> _ =
                timer.scheduleWithFixedDelay(
                        () -> {
                            try {
                                work.run();
                            } catch (RuntimeException | Error failed) {
                                LOG.errorf(Fault.of(failed), "A round failed");
                            }
                        },
                        pause.toMillis(),
                        pause.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    /**
     * @return what {@code work} returns, or throws
     */
    public <T> CompletableFuture<T> call(Supplier<T> work) {
        return call(false, work);
    }

    /**
     * @param takesLong whether it would keep an event loop from its streams, even if the log makes
     *     nobody wait
     * @return what {@code work} returns, or throws
     */
    public <T> CompletableFuture<T> call(boolean takesLong, Supplier<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Executor executor = takesLong ? threads : this;
        executor.execute(
                () -> {
                    try {
                        result.complete(work.get());
                    } catch (RuntimeException | Error failed) {
                        result.completeExceptionally(failed);
                    }
                });
        return result;
    }
}

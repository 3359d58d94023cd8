package ai.konko.conversation;

import ai.konko.chat.ChatRepository;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Does what needs the log: on the calling thread, be it an event loop, if the log makes nobody
 * wait, else on a virtual thread of its own.
 */
@ApplicationScoped
public class Workers implements Executor {
    private final ChatRepository repository;
    private final Executor threads =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("turn-", 0).factory());

    Workers(ChatRepository repository) {
        this.repository = repository;
    }

    @Override
    public void execute(Runnable work) {
        if (repository.blocks()) {
            threads.execute(work);
        } else {
            work.run();
        }
    }

    /**
     * @return what {@code work} returns, or throws
     */
    public <T> CompletableFuture<T> call(Supplier<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        execute(
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

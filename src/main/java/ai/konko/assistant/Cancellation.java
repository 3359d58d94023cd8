package ai.konko.assistant;

import java.util.concurrent.CompletableFuture;

/** Stops a model call once, from any thread, before, while or after it runs. */
public final class Cancellation {
    private final CompletableFuture<Ending> signal = new CompletableFuture<>();

    /**
     * Stops the call and closes its connection to the model. Only the first cancel counts.
     *
     * @param ending decides how the text so far ends
     */
    public void cancel(Ending ending) {
        signal.complete(ending);
    }

    public boolean cancelled() {
        return signal.isDone();
    }

    /**
     * Runs {@code action} on cancel, or at once if the call is cancelled already. It must not
     * block.
     */
    void onCancel(Runnable action) {
        CompletableFuture<Void> _ = signal.thenRun(action);
    }

    /**
     * @return how the reply ends; to be called only after a cancel
     */
    Ending ending() {
        return signal.resultNow();
    }
}

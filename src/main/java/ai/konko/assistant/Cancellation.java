package ai.konko.assistant;

import java.util.concurrent.CompletableFuture;

/** The way to stop a model call: once, from any thread, before, while or after it runs. */
public final class Cancellation {
    private final CompletableFuture<Ending> signal = new CompletableFuture<>();

    /**
     * Stops the call and closes its connection to the model; the first call counts.
     *
     * @param ending what becomes of the text so far
     */
    public void cancel(Ending ending) {
        signal.complete(ending);
    }

    public boolean cancelled() {
        return signal.isDone();
    }

    /** Runs {@code action} on cancel, or at once if that has been. It must not block. */
    void onCancel(Runnable action) {
        CompletableFuture<Void> _ = signal.thenRun(action);
    }

    /**
     * @return how the reply ends; only after a cancel
     */
    Ending ending() {
        return signal.resultNow();
    }
}

package ai.konko.assistant;

import ai.konko.chat.Outcome;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** The way to stop a model call: once, from any thread, before, while or after it runs. */
public final class Cancellation {
    private final CompletableFuture<Function<String, Outcome>> signal = new CompletableFuture<>();

    /**
     * Stops the call and closes its connection to the model; the first call counts.
     *
     * @param ending what the text so far ends as
     */
    public void cancel(Function<String, Outcome> ending) {
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
     * @return the reply's end, given the text it has; only after a cancel
     */
    Outcome outcome(String text) {
        return signal.resultNow().apply(text);
    }
}

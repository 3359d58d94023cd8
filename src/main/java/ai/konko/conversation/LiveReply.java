package ai.konko.conversation;

import ai.konko.assistant.Cancellation;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * A reply that is not over yet, as this process knows it: those who wait for it, and the way to
 * stop it. It ends once; everybody who waits gets the same terminal reply.
 */
final class LiveReply {
    private final CompletableFuture<Message> end = new CompletableFuture<>();
    private final Cancellation cancellation = new Cancellation();

    Cancellation cancellation() {
        return cancellation;
    }

    void cancel(Function<String, Outcome> ending) {
        cancellation.cancel(ending);
    }

    /** Tells everybody who waits; only the first call counts. */
    void ended(Message reply) {
        end.complete(reply);
    }

    /**
     * @return the reply in its terminal state, once it has come to that; cancelling it stops
     *     nothing
     */
    CompletableFuture<Message> end() {
        return end.copy();
    }
}

package ai.konko.openai;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.RepeatableRequest;
import ai.konko.chat.RepeatableRequest.Made;
import ai.konko.http.Caller;
import ai.konko.http.JsonTree;
import ai.konko.http.RequestHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds what requests have added to the log before. OpenAI's clients repeat by themselves a request
 * that got no answer, and say how often they have done so. If a client sends an {@code
 * Idempotency-Key}, that decides instead. The log knows them; but it can't know a request without a
 * key that is still under way, so such a one is waited for here.
 */
@ApplicationScoped
class RepeatedRequests {
    private final ChatRepository repository;

    /** The newest of each kind of request without a key, by its digest. */
    private final Map<UUID, CompletableFuture<Made>> underWay = new ConcurrentHashMap<>();

    RepeatedRequests(ChatRepository repository) {
        this.repository = repository;
    }

    /**
     * @return the request; null if its client neither gives it a key nor repeats it by itself
     */
    static @Nullable RepeatableRequest of(RoutingContext request, @Nullable JsonTree body) {
        String count = request.request().getHeader("x-stainless-retry-count");
        String key = RequestHeaders.idempotencyKey(request.request());
        return count == null && key == null
                ? null
                : new RepeatableRequest(
                        Caller.of(request),
                        request.normalizedPath(),
                        body == null ? "" : body.digest(),
                        key,
                        count != null && count.matches("[1-9][0-9]{0,8}"));
    }

    /**
     * Runs the action, unless this request has done so before. A request that was refused has not.
     *
     * @param request null if it can't be a repeat
     * @param chatId the chat that it goes on with; null if it makes one
     */
    Made once(@Nullable RepeatableRequest request, @Nullable UUID chatId, Supplier<Made> action) {
        if (request == null) {
            return action.get();
        }
        if (request.key() != null) {
            return repository.made(request, chatId).orElseGet(action);
        }
        Optional<Made> known = Optional.empty();
        if (request.retry()) {
            known = outcome(underWay.get(request.digest()));
            known = known.isPresent() ? known : repository.made(request, chatId);
        }
        return known.orElseGet(() -> make(request.digest(), action));
    }

    private Made make(UUID request, Supplier<Made> action) {
        CompletableFuture<Made> making = new CompletableFuture<>();
        var _ = underWay.put(request, making);
        try {
            Made made = action.get();
            making.complete(made);
            return made;
        } catch (RuntimeException | Error failed) {
            making.completeExceptionally(failed);
            throw failed;
        } finally {
            underWay.remove(request, making);
        }
    }

    /** Waits for it. */
    private static Optional<Made> outcome(@Nullable CompletableFuture<Made> making) {
        try {
            return making == null ? Optional.empty() : Optional.of(making.join());
        } catch (CompletionException _) {
            return Optional.empty(); // refused, so it was not run
        }
    }
}

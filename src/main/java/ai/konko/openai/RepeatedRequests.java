package ai.konko.openai;

import ai.konko.RecentCache;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import ai.konko.http.Caller;
import ai.konko.http.JsonTree;
import ai.konko.http.RequestHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds requests that this process has seen before. OpenAI's clients repeat by themselves a request
 * that got no answer, and say how often they have done so. A repetition gets the result of the
 * first request. If a client sends an {@code Idempotency-Key}, that decides instead. Requests to
 * other processes are not known here.
 */
@ApplicationScoped
class RepeatedRequests {
    private static final Duration RETRIED_WITHIN = Duration.ofMinutes(1);
    private static final Duration KEYS_LIVE = Duration.ofDays(1);
    private static final int REMEMBERED = 100_000;

    private final RecentCache<Request, CompletableFuture<Object>> retried =
            RecentCache.put(REMEMBERED, RETRIED_WITHIN, System::nanoTime);

    private final RecentCache<Key, Keyed> keyed =
            RecentCache.put(REMEMBERED, KEYS_LIVE, System::nanoTime);

    private record Key(Owner owner, String path, String key) {}

    /** The request that an idempotency key stands for. */
    private record Keyed(String digest, CompletableFuture<Object> made) {}

    /**
     * What tells a request from others.
     *
     * @param key its idempotency key
     * @param retry whether its client says that it has sent it before
     */
    record Request(
            Owner owner,
            String method,
            String path,
            String digest,
            @Nullable String key,
            boolean retry) {

        static Request of(RoutingContext request, @Nullable JsonTree body) {
            String count = request.request().getHeader("x-stainless-retry-count");
            return new Request(
                    Caller.of(request),
                    request.request().method().name(),
                    request.normalizedPath(),
                    body == null ? "" : body.digest(),
                    RequestHeaders.idempotencyKey(request.request()),
                    count != null && count.matches("[1-9][0-9]{0,8}"));
        }

        private Request first() {
            return new Request(owner, method, path, digest, null, false);
        }
    }

    /**
     * Runs the action, unless it was run for this request before; then the result is that of the
     * first time. A request that was refused has not been run.
     *
     * @param action returns only what a repetition needs
     */
    <T> T once(Request request, Class<T> type, Supplier<T> action) {
        return request.key() == null
                ? retried(request, type, action)
                : keyed(request, request.key(), type, action);
    }

    private <T> T retried(Request request, Class<T> type, Supplier<T> action) {
        CompletableFuture<Object> known = request.retry() ? retried.get(request.first()) : null;
        @Nullable T before = known == null ? null : outcome(known, type);
        if (before != null) {
            return before;
        }
        CompletableFuture<Object> made = new CompletableFuture<>();
        retried.put(request.first(), made);
        return make(made, action, () -> retried.remove(request.first(), made));
    }

    private <T> T keyed(Request request, String name, Class<T> type, Supplier<T> action) {
        Key key = new Key(request.owner(), request.path(), name);
        while (true) {
            Keyed mine = new Keyed(request.digest(), new CompletableFuture<>());
            Keyed known = keyed.putIfAbsent(key, mine);
            if (known == null) {
                return make(mine.made(), action, () -> keyed.remove(key, mine));
            }
            @Nullable T before = outcome(known.made(), type);
            if (before != null && !known.digest().equals(request.digest())) {
                throw RefusedException.keyReused();
            }
            if (before != null) {
                return before;
            }
        }
    }

    private static <T> T make(CompletableFuture<Object> made, Supplier<T> action, Runnable forget) {
        try {
            T result = action.get();
            made.complete(result);
            return result;
        } catch (RuntimeException | Error failed) {
            forget.run();
            made.completeExceptionally(failed);
            throw failed;
        }
    }

    /** Waits for a request that is under way. */
    private static <T> @Nullable T outcome(CompletableFuture<Object> made, Class<T> type) {
        try {
            return type.cast(made.join());
        } catch (CompletionException _) {
            return null; // refused, so it was not run
        }
    }
}

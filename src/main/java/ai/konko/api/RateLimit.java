package ai.konko.api;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How many requests a caller may send to this process: a token bucket for each, which holds one
 * minute's worth.
 */
@ApplicationScoped
class RateLimit {
    private static final Duration PERIOD = Duration.ofMinutes(1);

    /** A bucket that was left alone for so long is full, and so as good as a new one. */
    private static final Duration FULL_AGAIN = PERIOD.multipliedBy(2);

    private final @Nullable LoadingCache<Owner, Bucket> buckets;

    RateLimit(HttpLimits limits) {
        buckets =
                limits.requestsPerMinute().isEmpty()
                        ? null
                        : Caffeine.newBuilder()
                                .expireAfterAccess(FULL_AGAIN)
                                .build(_ -> full(limits.requestsPerMinute().getAsInt()));
    }

    private static Bucket full(int requests) {
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(requests).refillGreedy(requests, PERIOD))
                .withNanosecondPrecision() // by nanoTime, which nobody sets
                .build();
    }

    /**
     * @throws RefusedException {@link ErrorCode#RATE_LIMITED}, with the time until the next request
     *     is accepted
     */
    void count(Owner caller) {
        if (buckets == null) {
            return;
        }
        ConsumptionProbe probe = buckets.get(caller).tryConsumeAndReturnRemaining(1);
        if (!probe.isConsumed()) {
            throw RefusedException.forNow(
                    ErrorCode.RATE_LIMITED,
                    "The caller has sent as many requests as it may in a minute.",
                    wholeSeconds(Duration.ofNanos(probe.getNanosToWaitForRefill())));
        }
    }

    /** Rounded up: whoever comes back then is not too early. */
    private static Duration wholeSeconds(Duration wait) {
        return Duration.ofSeconds(wait.plusSeconds(1).minusNanos(1).toSeconds());
    }
}

package ai.konko.http;

import ai.konko.RecentCache;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.OptionalInt;

/**
 * Bounds how many requests a caller may send to this process, by a token bucket for each caller
 * that holds one minute's worth.
 */
@Singleton
class RateLimit {
    private static final Duration PERIOD = Duration.ofMinutes(1);

    /** After half of this time an unused bucket is full, and so as good as a new one. */
    private static final Duration FULL_AGAIN = PERIOD.multipliedBy(2);

    private final OptionalInt requestsPerMinute;
    private final RecentCache<Owner, Bucket> buckets =
            RecentCache.used(FULL_AGAIN, System::nanoTime);

    RateLimit(HttpLimits limits) {
        requestsPerMinute = limits.requestsPerMinute();
    }

    private Bucket bucket(Owner caller, int requests) {
        Bucket known = buckets.get(caller);
        if (known != null) {
            return known;
        }
        Bucket full =
                Bucket.builder()
                        .addLimit(limit -> limit.capacity(requests).refillGreedy(requests, PERIOD))
                        .withNanosecondPrecision() // by nanoTime, which nobody sets
                        .build();
        Bucket first = buckets.putIfAbsent(caller, full);
        return first == null ? full : first;
    }

    /**
     * @throws RefusedException {@link ErrorCode#RATE_LIMITED}, with the time until the next request
     *     is accepted
     */
    void count(Owner caller) {
        if (requestsPerMinute.isEmpty()) {
            return;
        }
        ConsumptionProbe probe =
                bucket(caller, requestsPerMinute.getAsInt()).tryConsumeAndReturnRemaining(1);
        if (!probe.isConsumed()) {
            throw RefusedException.forNow(
                    ErrorCode.RATE_LIMITED,
                    "The caller has sent as many requests as it may in a minute.",
                    wholeSeconds(Duration.ofNanos(probe.getNanosToWaitForRefill())));
        }
    }

    /** Rounded up, so that a client that comes back then is not too early. */
    private static Duration wholeSeconds(Duration wait) {
        return Duration.ofSeconds(wait.plusSeconds(1).minusNanos(1).toSeconds());
    }
}

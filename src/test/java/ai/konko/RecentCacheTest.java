package ai.konko;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RecentCacheTest {
    private static final Duration LIFETIME = Duration.ofMinutes(2);

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1); // a clock may start there

    @Test
    void put_ofMoreThanThereIsRoomFor_keepsTheLastHalfAndNoMoreThanAll() {
        RecentCache<Integer, String> recent = RecentCache.ofMost(100);

        IntStream.range(0, 1000).forEach(i -> recent.put(i, "value"));

        assertThat(IntStream.range(950, 1000)).allMatch(i -> recent.get(i) != null);
        assertThat(IntStream.range(0, 1000).filter(i -> recent.get(i) != null).count())
                .isLessThanOrEqualTo(100);
    }

    @Test
    void get_ofWhatIsUsedAllAlong_isFoundWhateverElseIsPut() {
        RecentCache<Integer, String> recent = RecentCache.ofMost(100);
        recent.put(-1, "used");

        List<String> found = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            recent.put(i, "value");
            found.add(recent.get(-1));
        }

        assertThat(found).containsOnly("used");
    }

    @Test
    void get_afterTheLifetimeOfWhatWasPut_findsNothingThoughItWasUsed() {
        RecentCache<String, String> recent = RecentCache.put(100, LIFETIME, nanos::get);
        recent.put("a", "1");
        nanos.addAndGet(LIFETIME.toNanos() - 1);
        assertThat(recent.get("a")).isEqualTo("1");

        nanos.addAndGet(1);

        assertThat(recent.get("a")).isNull();
        assertThat(recent.putIfAbsent("a", "2")).isNull();
        assertThat(recent.get("a")).isEqualTo("2");
    }

    @Test
    void get_ofWhatIsUsedOften_findsItBeyondItsLifetime() {
        RecentCache<String, String> recent = RecentCache.used(LIFETIME, nanos::get);
        recent.put("used", "1");
        recent.put("left alone", "1");

        for (int i = 0; i < 10; i++) {
            nanos.addAndGet(LIFETIME.dividedBy(2).toNanos());
            recent.put("other " + i, "1");
            assertThat(recent.get("used")).isEqualTo("1");
        }

        assertThat(recent.get("left alone")).isNull();
    }

    @Test
    void remove_ofAValueThatWasReplaced_leavesTheNewOne() {
        RecentCache<String, Object> recent = RecentCache.ofMost(100);
        Object first = new Object();
        Object second = new Object();
        recent.put("a", first);
        recent.put("a", second);

        recent.remove("a", first);
        assertThat(recent.get("a")).isSameAs(second);
        recent.remove("a", second);

        assertThat(recent.get("a")).isNull();
    }

    /** A removed value does not come back from the generation before. */
    @Test
    void remove_ofAnyValueInAnyGeneration_leavesNothing() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        RecentCache<Integer, Object> recent = RecentCache.ofMost(8);

        for (int i = 0; i < 10_000; i++) {
            int key = random.nextInt(6);
            Object value = new Object();
            recent.put(key, value);
            assertThat(recent.get(key)).describedAs("seed %d", seed).isSameAs(value);
            if (random.nextBoolean()) {
                recent.remove(key, value);
                assertThat(recent.get(key)).describedAs("seed %d", seed).isNull();
            }
        }
    }

    @Test
    void putIfAbsent_byManyAtOnce_isWonByOneWhileGenerationsChange() throws Exception {
        RecentCache<Integer, Object> recent = RecentCache.ofMost(64);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < 500; round++) {
                int key = -round - 1;
                List<Future<Boolean>> won = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    int other = 8 * round + i;
                    won.add(
                            threads.submit(
                                    () -> {
                                        recent.put(other, "other");
                                        return recent.putIfAbsent(key, new Object()) == null;
                                    }));
                }

                int winners = 0;
                for (Future<Boolean> each : won) {
                    winners += each.get() ? 1 : 0;
                }
                assertThat(winners).isEqualTo(1);
            }
        }
    }
}

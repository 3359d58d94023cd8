package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GrowingIdsTest {
    private static final Instant NOW = Instant.parse("2026-06-01T13:00:00.123Z");

    /** The last ids of a millisecond: all random bits are ones. */
    private static final RandomGenerator ONES = () -> -1L;

    private final TestClock clock = new TestClock(NOW);

    @Test
    void get_isOfVersion7AndHasTheTime() {
        UUID id = new GrowingIds(clock).get();

        assertThat(id.version()).isEqualTo(7);
        assertThat(id.variant()).isEqualTo(2);
        assertThat(id.getMostSignificantBits() >>> 16).isEqualTo(NOW.toEpochMilli());
        assertThat(id).isGreaterThanOrEqualTo(GrowingIds.firstAt(NOW));
        assertThat(id).isLessThan(GrowingIds.firstAt(NOW.plusMillis(1)));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void get_onAClockThatIsSetAtEachReading_grows(long seed) {
        Random random = new Random(seed);
        GrowingIds ids =
                new GrowingIds(
                        new TestClock(
                                () ->
                                        random.nextInt(10) == 0
                                                ? Instant.ofEpochMilli(random.nextLong())
                                                : NOW.plusMillis(random.nextInt(-9, 9))));

        List<UUID> made = Stream.generate(ids).limit(1000).toList();

        assertGrow(made);
    }

    @Test
    void get_whenTheClockHasComeBackFromFarAhead_goesOnFromThere() {
        GrowingIds ids = new GrowingIds(clock);
        clock.set(Instant.parse("9999-12-31T23:59:59Z"));
        UUID ahead = ids.get();
        clock.set(NOW);

        assertGrow(List.of(ahead, ids.get(), ids.get()));
    }

    /** In one millisecond, and where the time of the next one is given out already. */
    @Test
    void get_withNoIdLeftInTheMillisecond_takesTheNextOne() {
        GrowingIds ids = new GrowingIds(clock, () -> ONES);

        List<UUID> made = new ArrayList<>(Stream.generate(ids).limit(3).toList());
        clock.set(NOW.plusMillis(1));
        made.add(ids.get());
        clock.set(NOW.plusMillis(2));
        made.addAll(Stream.generate(ids).limit(2).toList());

        assertGrow(made);
        assertThat(made.get(1)).isEqualTo(GrowingIds.firstAt(NOW.plusMillis(1)));
    }

    @Test
    void get_withTheLowBitsAtTheirEnd_countsTheHighOnesOn() {
        GrowingIds ids = new GrowingIds(clock, () -> halves(0x7F5, -1L));

        assertGrow(Stream.generate(ids).limit(3).toList());
    }

    @Test
    void get_fromManyThreads_givesEachOnce() throws Exception {
        GrowingIds ids = new GrowingIds(Clock.systemUTC());
        Callable<List<UUID>> some = () -> Stream.generate(ids).limit(5000).toList();
        List<UUID> all = new ArrayList<>();

        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (Future<List<UUID>> each : threads.invokeAll(List.of(some, some, some, some))) {
                assertGrow(each.get());
                all.addAll(each.get());
            }
        }

        assertThat(new HashSet<>(all)).hasSize(20_000);
    }

    @Test
    void after_aGreaterOne_isTheCandidate() {
        UUID first = new GrowingIds(clock).get();
        clock.set(NOW.plusMillis(1));
        UUID second = new GrowingIds(clock).get();

        assertThat(GrowingIds.after(first, second)).isEqualTo(second);
        assertThat(GrowingIds.after(null, second)).isEqualTo(second);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "01a20b86-8c89-7414-8000-000000000000",
                "01a20b86-8c89-7414-bfff-ffffffffffff",
                "01a20b86-8c89-7fff-bfff-ffffffffffff",
                "01a20b86-ffff-7fff-bfff-ffffffffffff",
                "7fff0b86-8c89-7414-9000-000000000000"
            })
    void after_oneOfAClockThatIsAhead_isGreaterAndAnother(String ahead) {
        UUID last = UUID.fromString(ahead);
        UUID mine = new GrowingIds(clock).get();
        UUID others = new GrowingIds(clock).get();

        assertGrow(List.of(last, GrowingIds.after(last, mine)));
        assertGrow(List.of(last, GrowingIds.after(last, last)));
        assertThat(GrowingIds.after(last, mine))
                .as("two replicas at once")
                .isNotEqualTo(GrowingIds.after(last, others));
    }

    /** First the one, then the other, again and again. */
    private static RandomGenerator halves(long high, long low) {
        boolean[] second = {true};
        return () -> {
            second[0] = !second[0];
            return second[0] ? low : high;
        };
    }

    private static void assertGrow(List<UUID> ids) {
        for (int i = 0; i < ids.size(); i++) {
            assertThat(ids.get(i).version()).isEqualTo(7);
            assertThat(ids.get(i).variant()).isEqualTo(2);
            assertThat(ids.get(i).getMostSignificantBits()).isPositive();
            if (i > 0) {
                assertThat(ids.get(i)).isGreaterThan(ids.get(i - 1));
                assertThat(ids.get(i).toString())
                        .as("as a database compares them")
                        .isGreaterThan(ids.get(i - 1).toString());
            }
        }
    }
}

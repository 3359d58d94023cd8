package ai.konko.assistant;

import static ai.konko.assistant.TokenCoalescing.MANY;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** In microseconds, by a clock that only the test and the sleep move. */
class TokenCoalescingTest {
    private static final Duration INTERVAL = Duration.ofMillis(3);

    private final Queue<Runnable> atRoundEnd = new ArrayDeque<>();
    private final List<Long> sleeps = new ArrayList<>();
    private long now = -5_000_000;
    private TokenCoalescing coalescing;

    @BeforeEach
    void begin() {
        coalescing = coalescing(INTERVAL);
        pass(10_000);
    }

    @Test
    void tokenRead_afterASilence_doesNotSleep() {
        round(MANY);
        pass(3_000);
        round(MANY);

        assertThat(sleeps).isEmpty();
    }

    @Test
    void tokenRead_soonAfterMany_sleepsForTheRestOfTheInterval() {
        round(MANY);
        pass(1_000);
        round(1);

        assertThat(sleeps).containsExactly(2_000L);
    }

    @Test
    void tokenRead_whileManyGoOn_hasOneRoundInAnInterval() {
        round(MANY);
        for (int i = 0; i < 3; i++) {
            pass(500);
            round(MANY);
        }

        assertThat(sleeps).containsExactly(2_500L, 2_500L, 2_500L);
    }

    @Test
    void tokenRead_whereFewCame_doesNotSleep() {
        round(MANY);
        pass(1_000);
        round(MANY - 1);
        pass(1_000);
        round(1);
        pass(1_000);
        round(1);

        assertThat(sleeps).containsExactly(2_000L);
    }

    @Test
    void tokenRead_whereManyCameOneByOne_sleeps() {
        for (int i = 0; i < MANY; i++) {
            round(1);
            pass(800);
        }
        round(1);
        pass(500);
        round(1);

        assertThat(sleeps).containsExactly(2_500L);
    }

    @Test
    void tokenRead_whereARoundTakesTheInterval_doesNotSleep() {
        round(MANY);
        for (int i = 0; i < 3; i++) {
            coalescing.tokenRead();
            pass(4_000);
            endRound();
        }

        assertThat(sleeps).isEmpty();
    }

    @Test
    void tokenRead_withoutAnInterval_leavesTheLoopAlone() {
        coalescing = coalescing(Duration.ZERO);

        coalescing.tokenRead();

        assertThat(atRoundEnd).isEmpty();
    }

    private TokenCoalescing coalescing(Duration interval) {
        return new TokenCoalescing(interval, atRoundEnd::add, () -> now, this::sleep);
    }

    private void sleep(long nanos) {
        sleeps.add(nanos / 1000);
        now += nanos;
    }

    private void pass(long micros) {
        now += micros * 1000;
    }

    private void round(int tokens) {
        for (int i = 0; i < tokens; i++) {
            coalescing.tokenRead();
        }
        endRound();
    }

    private void endRound() {
        for (Runnable end = atRoundEnd.poll(); end != null; end = atRoundEnd.poll()) {
            end.run();
        }
    }
}

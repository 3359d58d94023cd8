package ai.konko.assistant;

import static ai.konko.assistant.TokenCoalescing.MANY;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.SingleThreadEventLoop;
import io.netty.channel.nio.NioEventLoopGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * On a real event loop, by a clock that only the test and the sleep move. Times are in
 * microseconds.
 */
class TokenCoalescingTest {
    private static final Duration INTERVAL = Duration.ofMillis(3);

    private final NioEventLoopGroup loops = new NioEventLoopGroup(1);
    private final SingleThreadEventLoop loop = (SingleThreadEventLoop) loops.next();
    private final List<String> done = new ArrayList<>();
    private long now = -50_000_000;
    private final TokenCoalescing coalescing = coalescing(INTERVAL);

    @AfterEach
    void stop() {
        loops.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void tokensRead_afterASilence_doesNotSleep() {
        pass(10_000);
        round(MANY);
        pass(3_000);
        round(MANY);

        assertThat(done).isEmpty();
    }

    @Test
    void tokensRead_inTheFirstMoment_doesNotSleep() {
        round(MANY);

        assertThat(done).isEmpty();
    }

    @Test
    void tokensRead_soonAfterMany_sleepsForTheRestOfTheInterval() {
        pass(10_000);
        round(MANY);
        pass(1_000);
        round(1);

        assertThat(done).containsExactly("slept 2000");
    }

    @Test
    void tokensRead_whileManyGoOn_hasOneRoundInAnInterval() {
        pass(10_000);
        round(MANY);
        for (int i = 0; i < 3; i++) {
            pass(500);
            round(MANY);
        }

        assertThat(done).containsExactly("slept 2500", "slept 2500", "slept 2500");
    }

    @Test
    void tokensRead_whereFewCame_doesNotSleep() {
        pass(10_000);
        round(MANY);
        pass(1_000);
        round(MANY - 1);
        pass(1_000);
        round(1);
        pass(1_000);
        round(1);

        assertThat(done).containsExactly("slept 2000");
    }

    @Test
    void tokensRead_whereManyCameOneByOne_sleeps() {
        pass(10_000);
        for (int i = 0; i < MANY; i++) {
            round(1);
            pass(800);
        }
        round(1);
        pass(500);
        round(1);

        assertThat(done).containsExactly("slept 2500");
    }

    @Test
    void tokensRead_whereARoundTakesTheInterval_doesNotSleep() {
        pass(10_000);
        round(MANY);
        for (int i = 0; i < 3; i++) {
            round(MANY, () -> pass(4_000));
        }

        assertThat(done).isEmpty();
    }

    @Test
    void tokensRead_whatItHasLedTo_isDoneBeforeTheSleep() {
        pass(10_000);
        round(MANY);
        round(1, () -> loop.execute(() -> done.add("passed on")));

        assertThat(done).containsExactly("passed on", "slept 3000");
    }

    @Test
    void tokensRead_whereMoreIsToBeDoneThanOneRoundDoes_doesNotSleep() {
        pass(10_000);
        round(MANY);
        round(
                MANY,
                () -> {
                    for (int i = 0; i < 1000; i++) {
                        loop.execute(() -> {});
                    }
                });

        assertThat(done).isEmpty();
    }

    @Test
    void tokensRead_withoutAnInterval_leavesTheLoopAlone() {
        TokenCoalescing none = coalescing(Duration.ZERO);

        int left =
                CompletableFuture.supplyAsync(
                                () -> {
                                    none.tokensRead();
                                    return loop.pendingTasks();
                                },
                                loop)
                        .join();

        assertThat(left).isZero();
    }

    private TokenCoalescing coalescing(Duration interval) {
        return new TokenCoalescing(loop, interval, () -> now, this::sleep);
    }

    private void sleep(long nanos) {
        done.add("slept " + nanos / 1000);
        now += nanos;
    }

    private void pass(long micros) {
        now += micros * 1000;
    }

    private void round(int reads) {
        round(reads, () -> {});
    }

    /** Nothing else is asked of the loop meanwhile: what is scheduled comes in the next round. */
    private void round(int reads, Runnable meanwhile) {
        CompletableFuture<Void> over = new CompletableFuture<>();
        loop.execute(
                () -> {
                    for (int i = 0; i < reads; i++) {
                        coalescing.tokensRead();
                    }
                    meanwhile.run();
                    var _ = loop.schedule(() -> over.complete(null), 1, TimeUnit.NANOSECONDS);
                });
        over.join();
    }
}

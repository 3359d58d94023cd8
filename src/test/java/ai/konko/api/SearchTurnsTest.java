package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import ai.konko.chat.SearchConfig.Switch;
import ai.konko.chat.TestLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SearchTurnsTest {
    private static final Owner ANN = new Owner("ann");
    private static final Owner BEN = new Owner("ben");

    private final SearchTurns turns = new SearchTurns(() -> Switch.ON, TestLimits.WIDE);
    private final Executor threads = task -> Thread.ofVirtual().start(task);

    @Test
    void run_whileAnotherOwnersSearchesWait_isNotBehindThem() {
        CountDownLatch held = new CountDownLatch(1);
        List<CompletableFuture<Integer>> theirs = new ArrayList<>();
        AtomicInteger running = new AtomicInteger();
        for (int i = 0; i < 50; i++) {
            theirs.add(search(ANN, held, running));
        }
        await().until(() -> running.get() == 1);

        int found = turns.run(BEN, () -> 7);

        assertThat(found).isEqualTo(7);
        assertThat(theirs).noneMatch(CompletableFuture::isDone);
        assertThat(running).hasValue(1);
        held.countDown();
        theirs.forEach(CompletableFuture::join);
        await().until(() -> turns.owners() == 0);
    }

    @Test
    void run_thatFails_givesItsTurnBack() {
        CompletableFuture<Integer> failed =
                CompletableFuture.supplyAsync(
                        () ->
                                turns.run(
                                        ANN,
                                        () -> {
                                            throw new IllegalStateException("planted");
                                        }),
                        threads);

        await().until(failed::isCompletedExceptionally);

        assertThat(turns.<Integer>run(ANN, () -> 8)).isEqualTo(8);
        assertThat(turns.owners()).isZero();
    }

    @Test
    void run_whileSearchIsOff_isRefusedWithTheField() {
        SearchTurns none = new SearchTurns(() -> Switch.OFF, TestLimits.WIDE);

        assertThatThrownBy(() -> none.run(ANN, () -> 1))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> {
                            assertThat(refused.code()).isEqualTo(ErrorCode.INVALID);
                            assertThat(refused.violations().getFirst().field()).isEqualTo("q");
                        });
    }

    private CompletableFuture<Integer> search(
            Owner owner, CountDownLatch held, AtomicInteger running) {
        return CompletableFuture.supplyAsync(
                () ->
                        turns.run(
                                owner,
                                () -> {
                                    running.incrementAndGet();
                                    try {
                                        held.await();
                                    } catch (InterruptedException e) {
                                        throw new IllegalStateException(e);
                                    }
                                    return 1;
                                }),
                threads);
    }
}

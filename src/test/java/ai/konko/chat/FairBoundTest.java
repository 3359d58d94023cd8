package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class FairBoundTest {
    private static final int MOST = 1000;

    private final FairBound bound = new FairBound(MOST);

    @Test
    void take_ofOneOwner_givesAllThereIsAndNoMore() {
        assertThat(bound.take(owner(0), MOST)).isTrue();
        assertThat(bound.take(owner(0), 1)).isFalse();
        assertThat(bound.held()).isEqualTo(MOST);

        bound.giveBack(owner(0), 1);

        assertThat(bound.take(owner(0), 1)).isTrue();
    }

    @Test
    void take_whereAnotherOwnerHasAll_givesAnEqualShare() {
        assertThat(bound.take(owner(0), MOST)).isTrue();

        assertThat(bound.take(owner(1), MOST / 2)).isTrue();
        assertThat(bound.take(owner(1), 1)).isFalse();
    }

    @Test
    void take_ofMoreThanTheLimit_isForOneWhoHasNothing() {
        assertThat(bound.take(owner(0), 3 * MOST)).isTrue();
        assertThat(bound.take(owner(0), 1)).isFalse();
        assertThat(bound.take(owner(1), 1)).isFalse();

        bound.giveBack(owner(0), 3 * MOST);

        assertThat(bound.held()).isZero();
        assertThat(bound.take(owner(1), 1)).isTrue();
    }

    /** Each takes what is an equal share at that moment, which adds up to many times the limit. */
    @Test
    void take_byManyOwnersOneAfterTheOther_isTwiceTheLimitAtMost() {
        for (int i = 0; i < 50; i++) {
            while (bound.take(owner(i), 10)) {
                assertThat(bound.held()).isLessThanOrEqualTo(2 * MOST);
            }
        }

        assertThat(bound.held()).isEqualTo(2 * MOST);
    }

    @Test
    void takeAndGiveBack_byManyAtOnce_leaveNothing() throws Exception {
        List<Future<?>> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 8; i++) {
                Owner owner = owner(i % 3);
                all.add(
                        threads.submit(
                                () -> {
                                    for (int n = 1; n < 10_000; n++) {
                                        if (bound.take(owner, n % 97)) {
                                            bound.giveBack(owner, n % 97);
                                        }
                                    }
                                }));
            }
            for (Future<?> each : all) {
                assertThat(each.get()).isNull();
            }
        }

        assertThat(bound.held()).isZero();
        assertThat(bound.take(owner(9), MOST)).isTrue();
    }

    private static Owner owner(int number) {
        return new Owner("owner" + number);
    }
}

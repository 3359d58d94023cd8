package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each period is searched once, the newest first, and in a few steps. */
class SearchPeriodsTest {

    @Test
    void period_isWhatAnIdBeginsWith() {
        UUID id = UUID.fromString("fedcba98-7654-7000-8000-000000000000");

        assertThat(SearchPeriods.of(id)).isEqualTo(0xfedcb);
        assertThat(SearchPeriods.firstId(0xfedcb))
                .isEqualTo(UUID.fromString("fedcb000-0000-0000-0000-000000000000"));
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 1", "1000, 1000, 1", "1000, 999, 1", "1000, 650, 2", "1048575, 0, 2"})
    void periods_areOverAfterAFewSteps(int last, int first, int most) {
        SearchPeriods periods = new SearchPeriods(last, first, 1, 0);
        int steps = 0;
        int next = last;
        while (!periods.areOver()) {
            int from = periods.firstOf(periods.next(20));
            assertThat(periods.last()).isEqualTo(next);
            assertThat(from).isBetween(first, next);
            next = from - 1;
            periods = periods.before(from, 0);
            steps++;
        }

        assertThat(next).isEqualTo(first - 1);
        assertThat(steps).isLessThanOrEqualTo(most);
    }

    @Test
    void moreFinds_makeShorterSteps() {
        assertThat(new SearchPeriods(1000, 0, 0, 0).next(20)).isOne();
        assertThat(new SearchPeriods(1000, 0, 10, 0).next(20)).isEqualTo(300);
        assertThat(new SearchPeriods(1000, 0, 10, 10).next(20)).isEqualTo(31);
        assertThat(new SearchPeriods(1000, 0, 10, 100).next(2)).isEqualTo(1);
    }

    @Test
    void manyPeriods_areAskedForByTheirOwnerAlone() {
        SearchPeriods all = new SearchPeriods(1000, 0, 10, 0);

        assertThat(all.areMany(990)).isFalse();
        assertThat(all.areMany(0)).isTrue();
        assertThat(new SearchPeriods(1000, 995, 10, 0).areMany(995)).isFalse();
        assertThat(new SearchPeriods(1000, 980, 10, 0).areMany(980)).isTrue();
    }
}

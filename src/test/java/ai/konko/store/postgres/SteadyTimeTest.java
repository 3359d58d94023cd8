package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SteadyTimeTest {
    private static final Instant NOW = Instant.parse("2026-06-01T13:00:00Z");

    private final SteadyTime time = new SteadyTime();

    @Test
    void clockThatRuns_isFollowed() {
        assertThat(at(NOW, 7)).isEqualTo(NOW);
        assertThat(at(NOW.plusSeconds(60), 67)).isEqualTo(NOW.plusSeconds(60));
    }

    @Test
    void clockThatIsSetAhead_isNotFollowed() {
        at(NOW, 0);

        assertThat(at(NOW.plusSeconds(1_000_000), 60)).isEqualTo(NOW.plusSeconds(60));
        assertThat(at(NOW.plusSeconds(1_000_060), 120)).isEqualTo(NOW.plusSeconds(120));
        assertThat(at(NOW.plusSeconds(180), 180)).isEqualTo(NOW.plusSeconds(180));
    }

    @Test
    void clockThatIsSetBack_isFollowed() {
        at(NOW, 0);

        assertThat(at(NOW.minusSeconds(3600), 60)).isEqualTo(NOW.minusSeconds(3600));
    }

    private Instant at(Instant clock, long seconds) {
        return time.at(clock, TimeUnit.SECONDS.toNanos(seconds));
    }
}

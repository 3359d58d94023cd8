package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class ChatTest {
    private static final Instant CHANGED = Instant.parse("2026-01-02T03:04:05.678Z");

    @Test
    void timeOfChange_isTheClocksInMilliseconds() {
        Instant later = CHANGED.plusNanos(1_999_999);

        assertThat(Chat.timeOfChange(CHANGED, later)).isEqualTo(CHANGED.plusMillis(1));
    }

    @Test
    void timeOfChange_onceTheClockHasGoneBack_isThatOfTheLastChange() {
        assertThat(Chat.timeOfChange(CHANGED, CHANGED.minusSeconds(60))).isEqualTo(CHANGED);
    }
}

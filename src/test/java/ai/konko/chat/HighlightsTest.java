package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which highlights a chat keeps. */
class HighlightsTest {

    @ParameterizedTest
    @CsvSource({
        // kept: through and asked; found: through and asked; answered through; whether kept
        "2, 5, 4, 1, 4, true",
        "4, 5, 4, 5, 4, true",
        "4, 5, 4, 6, 4, true",
        "4, 5, 4, 4, 4, false",
        "6, 5, 4, 9, 6, false",
        "2, 5, 4, 5, 2, false"
    })
    void replaces_ofOthers_ifTheyTakeInMoreAndNothingThatRunsAgain(
            int through, int asked, int foundThrough, int foundAsked, int answered, boolean kept) {
        assertThat(
                        highlights(foundThrough, foundAsked)
                                .replaces(highlights(through, asked), answered))
                .isEqualTo(kept);
    }

    @Test
    void replaces_ofNone_unlessAReplyRunsAgain() {
        assertThat(highlights(4, 5).replaces(null, 4)).isTrue();
        assertThat(highlights(4, 5).replaces(null, 2)).isFalse();
    }

    private static Highlights highlights(int through, int asked) {
        return new Highlights(List.of(), asked, Highlights.By.MODEL, through);
    }
}

package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a reply is given up. */
class RecoveryTest {

    @ParameterizedTest
    @CsvSource({
        // runs, whether somebody wants it cancelled, whether it is run again
        "1, false, true",
        "2, false, true",
        "3, false, false",
        "4, false, false",
        "1, true, false"
    })
    void runsAgain_afterSomeRuns_untilItIsGivenUp(int runs, boolean cancelled, boolean again) {
        assertThat(Recovery.runsAgain(runs, cancelled)).isEqualTo(again);
    }

    @ParameterizedTest
    @CsvSource({
        // text, whether somebody wants it cancelled, status, finish reason
        "some, false, INCOMPLETE, INTERRUPTED",
        "'', false, FAILED,",
        "some, true, INCOMPLETE, CANCELLED",
        "'', true, INCOMPLETE, CANCELLED"
    })
    void end_ofAReplyThatIsNotRunAgain_saysWhy(
            String text, boolean cancelled, Status status, @Nullable FinishReason reason) {
        Outcome end = Recovery.end(Written.of(text), cancelled);

        assertThat(end.status()).isEqualTo(status);
        assertThat(end.finishReason()).isEqualTo(reason);
        assertThat(end.content()).isEqualTo(text);
    }
}

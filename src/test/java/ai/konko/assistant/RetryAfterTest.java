package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryAfterTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

    @ParameterizedTest
    @CsvSource({
        "'7', 7",
        "' 7 ', 7",
        "'0', 0",
        "'100000', 100000",
        "'2147483648', 2147483647",
        "'999999999999999999', 2147483647",
        "'Fri, 31 Dec 9999 23:59:59 GMT', 2147483647",
        "'Mon, 23 Nov 2026 12:01:30 GMT', 90",
        "'Mon, 23 Nov 2026 11:00:00 GMT', 0",
        "'-7', 5",
        "'1.5', 5",
        "'soon', 5",
        "'', 5",
        ", 5"
    })
    void parse_takesSecondsAndDates(String header, long seconds) {
        assertThat(RetryAfter.parse(header, NOW).toSeconds()).isEqualTo(seconds);
    }
}

package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
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
        "'1.5', 2",
        "'12.0', 12",
        "'0.2', 1",
        "'7.', 7",
        "'.5', 1",
        "'.', 5",
        "'1e3', 5",
        "'99999999999999999999', 2147483647",
        "'7.00000000000000000000', 7",
        "'Mon, 23 Nov 2026 13:01:30 +0100', 90",
        "'23 Nov 2026 12:01:30 GMT', 90",
        "'Monday, 23-Nov-26 12:01:30 GMT', 90",
        "'Mon, 23-Nov-26 12:01:30 GMT', 90",
        "'Sunday, 06-Nov-94 08:49:37 GMT', 0",
        "'Mon Nov 23 12:01:30 2026', 90",
        "'Sun Nov  6 08:49:37 1994', 0",
        "'Tue Dec  1 12:00:00 2026', 691200",
        "'Tue Dec 01 12:00:00 2026', 691200",
        "'Mon Nev 30 12:00:00 2026', 5",
        "'soon', 5",
        "'', 5",
        ", 5"
    })
    void parse_takesSecondsAndDates(String header, long seconds) {
        assertThat(RetryAfter.parse(header, NOW).toSeconds()).isEqualTo(seconds);
    }

    @ParameterizedTest
    @CsvSource({
        "'1500', '60', 2",
        "'20', , 1",
        "'0', '60', 0",
        "'soon', '60', 60",
        ", '60', 60",
        ", , 5"
    })
    void of_millisecondsBesideSeconds_takesThem(String millis, String header, long seconds) {
        Map<String, String> headers = new HashMap<>();
        headers.put("retry-after-ms", millis);
        headers.put("retry-after", header);

        assertThat(RetryAfter.of(headers::get, NOW).toSeconds()).isEqualTo(seconds);
    }
}

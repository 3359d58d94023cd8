package ai.konko.assistant;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** The {@code Retry-After} header (RFC 9110, 10.2.3): seconds, or the date of an HTTP message. */
final class RetryAfter {
    /** What is passed on where the provider says nothing usable. */
    static final Duration DEFAULT = Duration.ofSeconds(5);

    private RetryAfter() {}

    /**
     * @return a whole number of seconds, none for a date that has passed
     */
    static Duration parse(@Nullable String header, Instant now) {
        if (header == null) {
            return DEFAULT;
        }
        String text = header.strip();
        if (text.matches("\\d{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(text));
        }
        try {
            Instant date =
                    ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            return Duration.ofSeconds(
                    Math.max(0, Math.ceilDiv(Duration.between(now, date).toMillis(), 1000L)));
        } catch (DateTimeException _) {
            return DEFAULT;
        }
    }
}

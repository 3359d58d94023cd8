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

    /** In seconds: some 68 years, and what the log keeps of it. */
    private static final long LONGEST = Integer.MAX_VALUE;

    private RetryAfter() {}

    /**
     * @return a whole number of seconds, 0 for a date that has passed, and at most 2,147,483,647
     */
    static Duration parse(@Nullable String header, Instant now) {
        if (header == null) {
            return DEFAULT;
        }
        String text = header.strip();
        if (text.matches("\\d{1,18}")) {
            return within(Long.parseLong(text));
        }
        try {
            Instant date =
                    ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            return within(Math.ceilDiv(Duration.between(now, date).toMillis(), 1000L));
        } catch (DateTimeException _) {
            return DEFAULT;
        }
    }

    private static Duration within(long seconds) {
        return Duration.ofSeconds(Math.clamp(seconds, 0, LONGEST));
    }
}

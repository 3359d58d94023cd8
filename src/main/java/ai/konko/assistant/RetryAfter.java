package ai.konko.assistant;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The {@code Retry-After} header (RFC 9110, 10.2.3): seconds, or the date of an HTTP message in one
 * of its three forms (5.6.7). Some providers have a fraction of a second, and OpenAI a header of
 * its own with milliseconds, which is the more exact one.
 */
final class RetryAfter {
    /** The wait that is passed on if the provider gives none that is usable. */
    static final Duration DEFAULT = Duration.ofSeconds(5);

    /** In seconds: some 68 years, and what the log keeps of it. */
    private static final BigDecimal LONGEST = BigDecimal.valueOf(Integer.MAX_VALUE);

    private static final int MILLIS = 3;
    private static final Pattern NUMBER =
            Pattern.compile("[0-9]{1,400}(\\.[0-9]{0,400})?|\\.[0-9]{1,400}");

    /** The day of the week says nothing that the date does not. */
    private static final Pattern DATE = Pattern.compile("(?:\\p{Alpha}{3,9},? +)?(\\p{Alnum}.*)");

    /** RFC 850's, with two digits of the year, and asctime's of C. */
    private static final DateTimeFormatter[] OLD_DATES = {
        DateTimeFormatter.ofPattern("d-MMM-uu HH:mm:ss 'GMT'", Locale.US),
        DateTimeFormatter.ofPattern("MMM ppd HH:mm:ss uuuu", Locale.US)
    };

    private static final int MOST_YEARS_AHEAD = 50;
    private static final int CENTURY = 100;

    private RetryAfter() {}

    /**
     * @param header gives the value of a header, or null
     */
    static Duration of(Function<String, @Nullable String> header, Instant now) {
        String millis = header.apply("retry-after-ms");
        return millis != null && NUMBER.matcher(millis.strip()).matches()
                ? within(new BigDecimal(millis.strip()).movePointLeft(MILLIS))
                : parse(header.apply("retry-after"), now);
    }

    /**
     * @return a whole number of seconds, 0 for a date that has passed, and at most 2,147,483,647
     */
    static Duration parse(@Nullable String header, Instant now) {
        if (header == null) {
            return DEFAULT;
        }
        String text = header.strip();
        if (NUMBER.matcher(text).matches()) {
            return within(new BigDecimal(text));
        }
        Instant date = date(text, now);
        return date == null
                ? DEFAULT
                : within(BigDecimal.valueOf(Duration.between(now, date).toMillis(), MILLIS));
    }

    private static @Nullable Instant date(String text, Instant now) {
        Matcher date = DATE.matcher(text);
        if (!date.matches()) {
            return null;
        }
        String day = date.group(1);
        try {
            return ZonedDateTime.parse(day, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
        } catch (DateTimeException _) {
            // An old form, if any.
        }
        for (DateTimeFormatter form : OLD_DATES) {
            try {
                LocalDateTime then = LocalDateTime.parse(day, form);
                LocalDateTime last = LocalDateTime.ofInstant(now, ZoneOffset.UTC);
                return (then.isAfter(last.plusYears(MOST_YEARS_AHEAD))
                                ? then.minusYears(CENTURY)
                                : then)
                        .toInstant(ZoneOffset.UTC);
            } catch (DateTimeException _) {
                // The next form.
            }
        }
        return null;
    }

    private static Duration within(BigDecimal seconds) {
        return Duration.ofSeconds(
                seconds.max(BigDecimal.ZERO)
                        .min(LONGEST)
                        .setScale(0, RoundingMode.CEILING)
                        .longValueExact());
    }
}

package ai.konko.http;

import ai.konko.chat.RefusedException;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** Parses query parameters, and refuses bad ones by their names. */
public final class Query {
    private Query() {}

    public static LocalDate day(String name, @Nullable String text, LocalDate otherwise) {
        if (text == null || text.isEmpty()) {
            return otherwise;
        }
        try {
            if (text.length() == "2000-01-01".length()) { // no signs, no years beyond 9999
                return LocalDate.parse(text);
            }
        } catch (DateTimeParseException _) {
            // refused below, like anything else that is no day
        }
        throw RefusedException.invalid(name, "must be a day, such as 2000-01-31");
    }

    public static int number(String name, @Nullable String text, int least, int most, int where) {
        if (text == null) {
            return where;
        }
        try {
            int number = text.matches("\\d+") ? Integer.parseInt(text) : -1;
            if (number >= Math.max(0, least) && number <= most) {
                return number;
            }
        } catch (NumberFormatException _) {
            // refused below, like a number out of bounds
        }
        throw RefusedException.invalid(
                name, "must be a whole number from %d to %d".formatted(least, most));
    }
}

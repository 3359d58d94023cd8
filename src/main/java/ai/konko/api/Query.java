package ai.konko.api;

import ai.konko.chat.RefusedException;
import org.jspecify.annotations.Nullable;

/** Query parameters, parsed so that a bad one is refused as such. */
final class Query {
    private Query() {}

    static int number(String name, @Nullable String text, int least, int most, int where) {
        if (text == null) {
            return where;
        }
        try {
            int number = text.matches("\\d+") ? Integer.parseInt(text) : -1;
            if (number >= Math.max(0, least) && number <= most) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Refused like a number out of bounds.
        }
        throw RefusedException.invalid(
                name, "must be a whole number from %d to %d".formatted(least, most));
    }
}

package ai.konko.http;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.RefusedException.Violation;
import ai.konko.chat.WellFormed;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Bounds the texts of a request: their lengths, in UTF-16 units, and their characters. */
public enum TextBound {
    TITLE(_ -> 200),
    INSTRUCTIONS(ChatLimits::instructionsCharacters),
    MODEL(_ -> 200),
    METADATA_KEY(_ -> 64),
    METADATA_VALUE(_ -> 512) {
        @Override
        int least() {
            return 0;
        }
    },
    SEARCH(_ -> 200),
    MESSAGE(ChatLimits::messageCharacters) {
        @Override
        Optional<String> brokenIn(String text) {
            return text.codePoints().allMatch(TextBound::isWhiteSpace)
                    ? Optional.of("must not be blank")
                    : Optional.empty();
        }
    };

    private final ToIntFunction<ChatLimits> most;

    TextBound(ToIntFunction<ChatLimits> most) {
        this.most = most;
    }

    /**
     * @return what is wrong with the text, to be read after the field's name
     */
    public Optional<String> broken(String text, ChatLimits limits) {
        int longest = most.applyAsInt(limits);
        if (text.length() < least() || text.length() > longest) {
            return Optional.of("must have %d to %d characters".formatted(least(), longest));
        }
        return WellFormed.holds(text)
                ? brokenIn(text)
                : Optional.of("must not have a NUL character or an unpaired surrogate");
    }

    /** Notes what is wrong with a field's text, if it has one. */
    public void check(
            String field, @Nullable String text, ChatLimits limits, List<Violation> broken) {
        if (text != null) {
            broken(text, limits).ifPresent(message -> broken.add(new Violation(field, message)));
        }
    }

    int least() {
        return 1;
    }

    Optional<String> brokenIn(String text) {
        return Optional.empty();
    }

    /** The property White_Space of the Unicode Character Database, {@code PropList.txt}. */
    private static boolean isWhiteSpace(int codePoint) {
        return (codePoint >= 0x09 && codePoint <= 0x0D)
                || codePoint == 0x85
                || Character.getType(codePoint) == Character.SPACE_SEPARATOR
                || Character.getType(codePoint) == Character.LINE_SEPARATOR
                || Character.getType(codePoint) == Character.PARAGRAPH_SEPARATOR;
    }
}

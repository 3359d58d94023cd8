package ai.konko.chat;

/**
 * The rule for every text that is kept: no NUL and no unpaired surrogate, so that it is valid UTF-8
 * everywhere.
 */
public final class WellFormed {
    private static final char REPLACEMENT = '\uFFFD';

    private WellFormed() {}

    public static boolean holds(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (breaks(text, i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * @return the text with each unit that breaks the rule replaced by U+FFFD; of the same length
     */
    public static String repaired(String text) {
        if (holds(text)) {
            return text;
        }
        char[] units = text.toCharArray();
        for (int i = 0; i < units.length; i++) {
            if (breaks(text, i)) {
                units[i] = REPLACEMENT;
            }
        }
        return new String(units);
    }

    private static boolean breaks(String text, int i) {
        char unit = text.charAt(i);
        if (Character.isHighSurrogate(unit)) {
            return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
        }
        if (Character.isLowSurrogate(unit)) {
            return i == 0 || !Character.isHighSurrogate(text.charAt(i - 1));
        }
        return unit == 0;
    }
}

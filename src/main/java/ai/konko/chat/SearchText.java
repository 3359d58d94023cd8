package ai.konko.chat;

import java.text.Normalizer;
import java.util.Locale;

/** A text as the search compares it. The log in PostgreSQL has the same rule in its schema. */
public final class SearchText {
    private static final String DOT = "\u0307";

    private SearchText() {}

    /**
     * @return the text without case, with each i as one with a dot, with accents in one code point
     *     where there is one, and with one kind of small sigma; whatever the machine's locale
     */
    public static String folded(String text) {
        return isAscii(text)
                ? text.toLowerCase(Locale.ROOT)
                : Normalizer.normalize(text, Normalizer.Form.NFC)
                        .replace('İ', 'i')
                        .replace('ı', 'i')
                        .replace('Σ', 'σ')
                        .replace('ς', 'σ')
                        .replace("i" + DOT, "i")
                        .toLowerCase(Locale.ROOT);
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > '\u007F') {
                return false;
            }
        }
        return true;
    }
}

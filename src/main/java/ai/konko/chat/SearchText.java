package ai.konko.chat;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Locale;

/**
 * A text that is searched for, and how texts are compared with it. The log in PostgreSQL has the
 * same rule in its schema.
 *
 * <p>Most texts are in ASCII, and are looked through as they are, without a copy: for that the
 * searched text is also kept as an automaton which reads one character at a time (Knuth, Morris and
 * Pratt).
 */
public final class SearchText {
    private static final String DOT = "\u0307";

    /** How many characters ASCII has. */
    private static final int ASCII = 128;

    private final String folded;

    /**
     * The state after each character of ASCII in each state: how many characters of the searched
     * text the last ones agree with.
     */
    private final short[] next;

    /** The state at its end; -1 if it is more than ASCII, because no text in ASCII has it. */
    private final int found;

    private SearchText(String folded) {
        boolean plain = isAscii(folded);
        this.folded = folded;
        this.next = plain ? automaton(folded) : new short[ASCII];
        this.found = plain ? folded.length() : -1;
    }

    private static short[] automaton(String folded) {
        short[] next = new short[(folded.length() + 1) * ASCII];
        int shorter = 0; // the state after the same characters but the first
        for (int state = 0; state < folded.length(); state++) {
            System.arraycopy(next, shorter * ASCII, next, state * ASCII, ASCII);
            char small = folded.charAt(state);
            next[state * ASCII + small] = (short) (state + 1);
            next[state * ASCII + capital(small)] = (short) (state + 1);
            if (state > 0) {
                shorter = next[shorter * ASCII + small];
            }
        }
        return next;
    }

    private static char capital(char small) {
        return small >= 'a' && small <= 'z' ? (char) (small - 'a' + 'A') : small;
    }

    /**
     * @param text has from one to some thousand characters
     */
    public static SearchText of(String text) {
        return new SearchText(folded(text));
    }

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

    /** By the length in UTF-8, which the JDK finds out many characters at a time. */
    private static boolean isAscii(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length == text.length();
    }

    /**
     * @return whether that text has the searched one
     */
    public boolean isIn(String text) {
        return scan().finds(text);
    }

    /** Looks for the searched text in one that is given part by part. */
    public Scan scan() {
        return new Scan();
    }

    /**
     * @param unit a UTF-16 unit, or a byte of UTF-8
     * @return whether a part of a text may begin with it: only with a character of ASCII, which no
     *     accent or surrogate joins to what stands before it
     */
    public static boolean beginsPart(int unit) {
        return unit >= 0 && unit < ASCII;
    }

    /** Not safe for use by several threads. */
    public final class Scan {
        /** The end of what was given, which the searched text may begin in. */
        private String carried = "";

        private Scan() {}

        /**
         * @param part what follows on the part before; see {@link #beginsPart}
         * @return whether the text so far has the searched one
         */
        public boolean finds(String part) {
            String text = carried + folded(part);
            carry(text);
            return text.contains(folded);
        }

        /**
         * @param utf8 has the part from {@code begin} to {@code end}
         * @return the same
         */
        public boolean finds(byte[] utf8, int begin, int end) {
            // What is more than ASCII may have begun in the part before, and end in this one.
            boolean mayHaveBegun = found < 0 && !isAscii(carried);
            int state = carriedState();
            for (int i = begin; i < end; i++) {
                if (utf8[i] < 0 || mayHaveBegun) {
                    return finds(new String(utf8, begin, end - begin, StandardCharsets.UTF_8));
                }
                if (state == found) {
                    return true; // and no accent follows, which would make it another text
                }
                state = next[state * ASCII + utf8[i]];
            }
            int tail = Math.max(begin, end - folded.length());
            carry(carried + folded(new String(utf8, tail, end - tail, StandardCharsets.US_ASCII)));
            return state == found;
        }

        private void carry(String text) {
            carried = text.substring(Math.max(0, text.length() - folded.length() + 1));
        }

        private int carriedState() {
            int state = 0;
            for (int i = 0; i < carried.length(); i++) {
                char unit = carried.charAt(i);
                state = unit < ASCII ? next[state * ASCII + unit] : 0;
            }
            return state;
        }
    }
}

package ai.konko.conversation;

import org.jspecify.annotations.Nullable;

/**
 * A reply's text so far, which is written anew if the process that ran it has died. As long as the
 * new text says the same, readers notice nothing. A reader who has seen text that the new one does
 * not repeat is given none of it.
 *
 * <p>Not safe for use by several threads.
 */
final class ReplyText {
    private StringBuilder text = new StringBuilder();

    /** What is written anew, until it has come as far as {@code text}, or differs from it. */
    private @Nullable StringBuilder anew;

    /** The text before it changed into another one; {@code version} counts how often it has. */
    private String before = "";

    private int version;
    private @Nullable String whole;

    /** The text that is added from now on is that of a new run, from its beginning. */
    void beginAnew() {
        anew = text.isEmpty() ? null : new StringBuilder();
    }

    /** The text that was written anew does not count. */
    void dropAnew() {
        anew = null;
    }

    void append(String piece) {
        if (anew == null) {
            text.append(piece);
        } else {
            int from = anew.length();
            become(anew.append(piece), from);
        }
    }

    /** Takes over the text that the log has. */
    void show(String content) {
        become(new StringBuilder(content), 0);
    }

    boolean says(String content) {
        return content.contentEquals(text);
    }

    /**
     * A text that is only behind the one known is no change.
     *
     * @param from up to where the two are known to be the same
     */
    private void become(StringBuilder content, int from) {
        boolean same = agree(text, content, from, Math.min(text.length(), content.length()));
        if (same && content.length() < text.length()) {
            return;
        }
        if (!same) {
            changed();
        }
        text = content;
        anew = null;
    }

    private static boolean agree(CharSequence one, CharSequence other, int from, int until) {
        for (int i = from; i < until; i++) {
            if (one.charAt(i) != other.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private void changed() {
        before = text.toString();
        version++;
    }

    /**
     * @return the text of the last run
     */
    String ofRun() {
        return anew == null ? content().toString() : anew.toString();
    }

    /** Nothing follows: that is all of the text. */
    void end(String content) {
        if (!beginsWithText(content)) {
            changed();
        }
        whole = content;
        text = new StringBuilder();
        anew = null;
    }

    /** Mostly it is the same, which is found out many characters at a time. */
    private boolean beginsWithText(String content) {
        return content.contentEquals(text)
                || (text.length() <= content.length() && agree(content, text, 0, text.length()));
    }

    int version() {
        return version;
    }

    int length() {
        return content().length();
    }

    private CharSequence content() {
        return whole == null ? text : whole;
    }

    /**
     * @return whether a reader can start there: not beyond the text so far and not inside a
     *     surrogate pair
     */
    boolean hasOffset(int offset) {
        CharSequence content = content();
        return offset >= 0 && offset <= content.length() && !splitsPair(content, offset);
    }

    /**
     * @return where a piece ends that begins at {@code from} and has {@code most} UTF-16 units, or
     *     one more
     */
    int pieceEnd(int from, int most) {
        CharSequence content = content();
        int until = Math.min(from + most, content.length());
        return until + (splitsPair(content, until) ? 1 : 0);
    }

    String piece(int from, int until) {
        return content().subSequence(from, until).toString();
    }

    /**
     * @param seen the version in which somebody has read up to {@code from}
     * @return whether the text has what was read
     */
    boolean repeats(int from, int seen) {
        CharSequence content = content();
        return seen == version
                || from == 0
                || (seen == version - 1
                        && from <= content.length()
                        && from <= before.length()
                        && agree(before, content, 0, from));
    }

    private static boolean splitsPair(CharSequence content, int offset) {
        return offset > 0
                && offset < content.length()
                && Character.isSurrogatePair(content.charAt(offset - 1), content.charAt(offset));
    }
}

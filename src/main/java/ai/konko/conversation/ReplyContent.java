package ai.konko.conversation;

import ai.konko.chat.Draft;
import ai.konko.chat.DraftContent;
import ai.konko.chat.Written;
import org.jspecify.annotations.Nullable;

/**
 * What a reply consists of, as it grows, is written anew, and ends.
 *
 * <p>If the process that ran a reply has died, another writes the reply anew, from its beginning.
 * Until that has come as far as what is known, readers lack nothing; then it takes the place of
 * what is known. What differs is another version, in which nobody can go on reading who has read
 * what is not in it.
 *
 * <p>Not safe for use by several threads.
 */
final class ReplyContent {
    private ReplyParts known;

    /** What is added from now on, until it has come as far as {@code known}, or differs. */
    private @Nullable DraftContent anew;

    /** Up to where the text of {@code anew} agrees with what is known. */
    private int agreed;

    /** To which pieces are added. */
    private DraftContent growing = new DraftContent();

    /** What was known before it changed into something else; {@code version} counts how often. */
    private ReplyParts before;

    private int version;

    ReplyContent() {
        known = new ReplyParts(growing);
        before = known;
    }

    /** What is added from now on is that of a new run, from its beginning. */
    void beginAnew() {
        growing = new DraftContent();
        if (known.isEmpty()) {
            known = new ReplyParts(growing);
        } else {
            anew = growing;
            agreed = 0;
        }
    }

    /** What was written anew does not count. */
    void dropAnew() {
        anew = null;
    }

    /** What is added goes on taking the place of what is known, if the log was further than it. */
    void goOnAnew() {
        if (anew == null && !known.isOf(growing)) {
            anew = growing;
            agreed = 0;
        }
    }

    /** How much text was added in all. */
    long grownTo() {
        return growing.characters();
    }

    /** Takes what is added; after each addition, {@link #grown} has to be called. */
    Draft growing() {
        return growing;
    }

    void grown() {
        if (anew == null) {
            return;
        }
        if (become(new ReplyParts(anew), agreed)) {
            anew = null;
        } else {
            agreed = anew.text().length();
        }
    }

    /**
     * Takes over what the log has.
     *
     * @return whether that can be the same reply as what was known
     */
    boolean show(Written content) {
        int before = version;
        boolean _ = become(ReplyParts.ofRunning(content), 0);
        return version == before;
    }

    boolean says(Written content) {
        return known.says(content);
    }

    /**
     * What is only behind what is known is no change.
     *
     * @return whether it has taken the place of what is known
     */
    private boolean become(ReplyParts other, int from) {
        boolean same = known.agrees(other, from);
        if (same && other.progress() < known.progress()) {
            return false;
        }
        if (!same) {
            changed();
        }
        known = other;
        return true;
    }

    private void changed() {
        before = known.kept();
        version++;
    }

    /** What is known. */
    Written known() {
        return known.written();
    }

    /** As much of that part of the text as is known. */
    String text(int from, int until) {
        return known.text(from, until);
    }

    /** What the last run has written. */
    Written ofRun() {
        return anew == null ? known.written() : anew.written();
    }

    /** Nothing follows: that is all of it. */
    void end(Written content) {
        ReplyParts whole = ReplyParts.ofEnded(content);
        if (!known.agrees(whole, 0) || whole.progress() < known.progress()) {
            changed();
        }
        known = whole;
        growing = new DraftContent();
        anew = null;
    }

    int version() {
        return version;
    }

    boolean has(Position position) {
        return known.has(position);
    }

    /** Whether all was read. */
    boolean ends(Position position) {
        return known.ends(position);
    }

    /**
     * @param most the most UTF-16 units of text, or one more
     * @return what follows a position; null if there is nothing at the moment
     */
    @Nullable ReplyPart after(Position from, int most) {
        return known.after(from, most);
    }

    /** The position itself, or the end if it is beyond that. */
    Position within(Position from) {
        return known.within(from);
    }

    /**
     * @param seen the version in which somebody has read up to {@code from}
     * @return whether what was read is still there
     */
    boolean repeats(Position from, int seen) {
        return seen == version
                || from.equals(Position.START)
                || (seen == version - 1 && before.agreesUntil(from, known));
    }
}

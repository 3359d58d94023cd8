package ai.konko.conversation;

import ai.konko.chat.DraftContent;
import ai.konko.chat.Item;
import ai.konko.chat.Item.Call;
import ai.konko.chat.Item.Reasoning;
import ai.konko.chat.Written;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A reply's text and items, which may still grow, as one order of text, events and reasoning: the
 * text up to an item, the event of its beginning, its reasoning if it has one, and the event that
 * it is whole, then more text.
 */
final class ReplyParts {
    private final @Nullable DraftContent draft;
    private final Written ended;

    /** Whether the last item of {@code ended} may not be whole. */
    private final boolean open;

    ReplyParts(DraftContent draft) {
        this.draft = draft;
        this.ended = Written.NOTHING;
        this.open = false;
    }

    private ReplyParts(Written ended, boolean open) {
        this.draft = null;
        this.ended = ended;
        this.open = open;
    }

    /** Of a reply that is over. */
    static ReplyParts ofEnded(Written content) {
        return new ReplyParts(content, false);
    }

    /** Of a reply that somebody else runs; its last item is whole once text follows. */
    static ReplyParts ofRunning(Written content) {
        List<Item> items = content.items();
        boolean last = !items.isEmpty() && items.getLast().offset() == content.text().length();
        return new ReplyParts(content, last);
    }

    /** The same, which does not grow any more. */
    ReplyParts kept() {
        return draft == null ? this : new ReplyParts(draft.written(), draft.isItemUnderWay());
    }

    /** Whether it is that draft, and grows with it. */
    boolean isOf(DraftContent growing) {
        return draft == growing;
    }

    Written written() {
        return draft == null ? ended : draft.written();
    }

    String text(int from, int until) {
        CharSequence all = text();
        return all.subSequence(Math.min(from, all.length()), Math.min(until, all.length()))
                .toString();
    }

    private CharSequence text() {
        return draft == null ? ended.text() : draft.text();
    }

    private int count() {
        return draft == null ? ended.items().size() : draft.count();
    }

    private Item item(int i) {
        return draft == null ? ended.items().get(i) : draft.item(i);
    }

    private boolean isWhole(int i) {
        return i < count() - 1 || !(draft == null ? open : draft.isItemUnderWay());
    }

    /** The reasoning of an item, which may still grow; empty if it is none. */
    private CharSequence reasoning(int i) {
        CharSequence growing = draft == null ? null : draft.reasoningOf(i);
        return growing != null ? growing : item(i) instanceof Reasoning all ? all.text() : "";
    }

    /** How many events an item takes up: those that are there already. */
    private int events(int i) {
        return 1 + reasoning(i).length() + (isWhole(i) ? 1 : 0);
    }

    private int events() {
        int sum = 0;
        for (int i = 0; i < count(); i++) {
            sum += events(i);
        }
        return sum;
    }

    boolean isEmpty() {
        return text().isEmpty() && count() == 0;
    }

    /** Grows with each piece. */
    long progress() {
        return (long) text().length() + events();
    }

    boolean says(Written content) {
        return content.text().contentEquals(text()) && content.items().equals(written().items());
    }

    boolean ends(Position position) {
        return position.length() == text().length() && position.events() == events();
    }

    Position within(Position from) {
        return new Position(
                Math.min(from.length(), text().length()),
                count() == 0 ? 0 : Math.min(from.events(), events()));
    }

    boolean has(Position at) {
        CharSequence text = text();
        if (at.length() < 0
                || at.length() > text.length()
                || splitsPair(text, at.length())
                || at.events() < 0
                || at.events() > (count() == 0 ? 0 : events())) {
            return false;
        }
        int before = 0;
        int least = 0;
        for (int i = 0; i < count(); i++) {
            int end = before + events(i);
            int offset = item(i).offset();
            if (at.events() == before) {
                return at.length() >= least && at.length() <= offset;
            }
            if (at.events() < end || !isWhole(i)) {
                return at.length() == offset && !splitsPair(reasoning(i), at.events() - before - 1);
            }
            before = end;
            least = offset;
        }
        return at.length() >= least;
    }

    @Nullable ReplyPart after(Position from, int most) {
        int before = 0;
        int index = 0;
        int least = 0;
        for (int i = 0; i < count(); i++) {
            int offset = item(i).offset();
            index += offset > least ? 1 : 0;
            int end = before + events(i);
            if (from.events() < end || !isWhole(i)) {
                return from.length() < offset
                        ? text(from, Math.min(offset, pieceEnd(text(), from.length(), most)))
                        : ofItem(i, index, from, from.events() - before, most);
            }
            before = end;
            least = offset;
            index++;
        }
        return text(from, pieceEnd(text(), from.length(), most));
    }

    private @Nullable ReplyPart text(Position from, int until) {
        return until <= from.length()
                ? null
                : new ReplyPart.Text(
                        text().subSequence(from.length(), until).toString(), from.text(until));
    }

    /**
     * @param given how many of the item's events and characters were given
     */
    private @Nullable ReplyPart ofItem(int i, int index, Position from, int given, int most) {
        CharSequence reasoning = reasoning(i);
        if (given > 0 && given <= reasoning.length()) {
            int until = pieceEnd(reasoning, given - 1, most);
            String piece = reasoning.subSequence(given - 1, until).toString();
            return new ReplyPart.Thought(index, piece, from.plus(piece.length()));
        }
        if (given == 0) {
            return new ReplyPart.Begun(index, begun(i), from.plus(1));
        }
        return isWhole(i) ? new ReplyPart.Whole(index, now(i), from.plus(1)) : null;
    }

    /** The item as it is now, and reasoning without its text, which comes after. */
    private Item begun(int i) {
        return item(i) instanceof Reasoning all ? new Reasoning(all.offset(), "") : item(i);
    }

    /** The item as it is now. */
    private Item now(int i) {
        return item(i) instanceof Reasoning all && all.text().length() < reasoning(i).length()
                ? new Reasoning(all.offset(), reasoning(i).toString())
                : item(i);
    }

    /** Where a piece ends that begins at {@code from} and has {@code most} units, or one more. */
    private static int pieceEnd(CharSequence content, int from, int most) {
        int until = Math.min(from + most, content.length());
        return until + (splitsPair(content, until) ? 1 : 0);
    }

    private static boolean splitsPair(CharSequence content, int offset) {
        return offset > 0
                && offset < content.length()
                && Character.isSurrogatePair(content.charAt(offset - 1), content.charAt(offset));
    }

    /**
     * Whether both can be parts of the same reply: where one ends, the other may go on.
     *
     * @param from up to where the texts are known to agree
     */
    boolean agrees(ReplyParts other, int from) {
        CharSequence mine = text();
        CharSequence theirs = other.text();
        int shared = Math.min(count(), other.count());
        for (int i = 0; i < shared; i++) {
            if (!agrees(i, other)) {
                return false;
            }
        }
        return sameStart(mine, theirs, from)
                && beginsAfter(shared, theirs.length())
                && other.beginsAfter(shared, mine.length());
    }

    /** Mostly they are the same, which is found out many characters at a time. */
    private static boolean sameStart(CharSequence one, CharSequence other, int from) {
        return (other instanceof String text && text.contentEquals(one))
                || agree(one, other, from, Math.min(one.length(), other.length()));
    }

    /** An item that only one of two has begins where the other's text ends, or later. */
    private boolean beginsAfter(int shared, int length) {
        return count() <= shared || item(shared).offset() >= length;
    }

    /** Whether the other has all that was read of this up to there. */
    boolean agreesUntil(Position read, ReplyParts other) {
        if (!other.has(read) || read.length() > text().length()) {
            return false;
        }
        int before = 0;
        for (int i = 0; i < count() && before < read.events(); i++) {
            if (i >= other.count() || !agrees(i, other)) {
                return false;
            }
            before += events(i);
        }
        return agree(text(), other.text(), 0, read.length());
    }

    /** Whether an item is the same in both, as far as they have it. */
    private boolean agrees(int i, ReplyParts other) {
        Item mine = item(i);
        Item theirs = other.item(i);
        if (mine.offset() != theirs.offset()) {
            return false;
        }
        if (mine instanceof Call call && theirs instanceof Call same) {
            return call.callId().equals(same.callId())
                    && call.tool().equals(same.tool())
                    && agree(call.arguments(), isWhole(i), same.arguments(), other.isWhole(i));
        }
        return mine instanceof Reasoning
                && theirs instanceof Reasoning
                && agree(reasoning(i), isWhole(i), other.reasoning(i), other.isWhole(i));
    }

    /** What is whole has no less than the other. */
    private static boolean agree(
            CharSequence one, boolean oneIsWhole, CharSequence other, boolean otherIsWhole) {
        return (!oneIsWhole || other.length() <= one.length())
                && (!otherIsWhole || one.length() <= other.length())
                && agree(one, other, 0, Math.min(one.length(), other.length()));
    }

    private static boolean agree(CharSequence one, CharSequence other, int from, int until) {
        for (int i = from; i < until; i++) {
            if (one.charAt(i) != other.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}

package ai.konko.conversation;

/**
 * How far somebody has read a reply. It is the same live and afterwards.
 *
 * @param length of the text before it, in UTF-16 units
 * @param events how many events of items come before it, and characters of reasoning: an item
 *     begins with one event and is whole with another. So does one that is erased, but readers are
 *     not shown these two. Positions from before an erasure are positions in what is left.
 */
public record Position(int length, int events) {
    public static final Position START = new Position(0, 0);

    /** The same with more text. */
    Position text(int until) {
        return new Position(until, events);
    }

    /** The same with more events, or characters of reasoning. */
    Position plus(int more) {
        return new Position(length, events + more);
    }
}

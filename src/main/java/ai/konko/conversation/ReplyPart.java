package ai.konko.conversation;

import ai.konko.chat.Item;

/**
 * What a reader of a reply is given next. An item may be an erased one, which is not to be shown.
 *
 * <p>Its positions are those up to and with it.
 */
public sealed interface ReplyPart {

    Position end();

    /** A piece of the text. */
    record Text(String piece, Position end) implements ReplyPart {
        @Override
        public String toString() {
            return "Text[end=" + end + "]";
        }
    }

    /**
     * An item has begun.
     *
     * @param index its place among all items of the reply, from 0
     * @param item as it is now, which may be more than it was when it began
     */
    record Begun(int index, Item item, Position end) implements ReplyPart {}

    /** A piece of the reasoning that has begun. */
    record Thought(int index, String piece, Position end) implements ReplyPart {
        @Override
        public String toString() {
            return "Thought[end=" + end + "]";
        }
    }

    /** The item that has begun is whole. */
    record Whole(int index, Item item, Position end) implements ReplyPart {}
}

package ai.konko.store.memory;

import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Message;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Post;
import ai.konko.chat.Settings;
import ai.konko.chat.Sized;
import java.util.List;

/** What texts take of a {@link Budget}, in units that take at most two bytes of heap each. */
final class TextBudget {
    private static final char LAST_OF_TWO_BYTES = '\u07FF';

    /** Roughly what a chat and a turn take of the heap beside their text. */
    private static final int CHAT_WEIGHT = 1000;

    private static final int TURN_WEIGHT = 150;

    /** A turn with options is not packed, see {@link PackedTurns}. */
    private static final int OPTIONS_WEIGHT = 150;

    /** Nor is one with items, which are objects of their own. */
    private static final int ITEMS_WEIGHT = 150;

    private static final int ITEM_WEIGHT = 120;

    /** An idempotency key is kept with what it stands for. */
    private static final int KEY_WEIGHT = 60;

    private TextBudget() {}

    /** What all chats may hold together. */
    static Budget of(long limit) {
        return new Budget(limit, "The service holds as much text as it may.");
    }

    /** The text's UTF-16 units; each that takes three bytes in UTF-8 counts one and a half. */
    static int weight(String text) {
        int wide = 0;
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            wide += unit > LAST_OF_TWO_BYTES && !Character.isSurrogate(unit) ? 1 : 0;
        }
        return text.length() + (wide + 1) / 2;
    }

    /** The same of a message that may have more than text. */
    static int weight(String text, List<Item> items) {
        return items.isEmpty()
                ? weight(text)
                : (int)
                        Math.min(
                                weight(text)
                                        + ITEMS_WEIGHT
                                        + (long) ITEM_WEIGHT * items.size()
                                        + Sized.characters(items),
                                Integer.MAX_VALUE);
    }

    /**
     * The same of a message of the log, without the outputs of its calls: the messages that brought
     * them have taken them.
     */
    static int weight(Message message) {
        int outputs = 0;
        for (Item.Call each : Items.calls(message.items())) {
            outputs += each.output() == null ? 0 : each.output().length();
        }
        return weight(message.content(), message.items()) - outputs;
    }

    /** What a chat with these settings takes of the budget before its first turn. */
    static int weight(Settings settings) {
        return CHAT_WEIGHT + settings.characters();
    }

    /** What the turn of a post takes until it has a reply, without the earlier turns it brings. */
    static int weight(Post post) {
        return TURN_WEIGHT
                + weight(post.content(), post.items())
                + (post.options() == null ? 0 : OPTIONS_WEIGHT + post.options().characters())
                + (post.idempotencyKey() == null ? 0 : KEY_WEIGHT + post.idempotencyKey().length());
    }

    /** What turns take that were over when they came. */
    static int weight(List<PastTurn> turns) {
        int weight = 0;
        for (PastTurn each : turns) {
            weight += TURN_WEIGHT + weight(each.message(), each.items());
            weight +=
                    each.reply() == null ? 0 : weight(each.reply().content(), each.reply().items());
        }
        return weight;
    }
}

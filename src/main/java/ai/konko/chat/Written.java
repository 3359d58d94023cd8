package ai.konko.chat;

import java.util.List;

/**
 * What was written of a reply.
 *
 * @param items all but texts, in their order
 */
public record Written(String text, List<Item> items) implements Sized {
    public static final Written NOTHING = new Written("", List.of());

    public Written {
        items = List.copyOf(items);
    }

    public static Written of(String text) {
        return new Written(text, List.of());
    }

    /** Whether there is neither text nor a call, so that it is no answer. */
    public boolean isNoAnswer() {
        return text.isEmpty() && !Items.haveCalls(items);
    }

    @Override
    public long characters() {
        return text.length() + Sized.characters(items);
    }

    @Override
    public String toString() {
        return "Written[characters=" + characters() + "]";
    }
}

package ai.konko.chat;

import ai.konko.chat.Item.Reasoning;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a reply consists of so far. A reply of text alone costs its text.
 *
 * <p>Not safe for use by several threads.
 */
public final class DraftContent implements Draft, Sized {
    private final StringBuilder text = new StringBuilder();
    private List<Item> items = List.of();

    /** The text of the reasoning under way. */
    private @Nullable StringBuilder reasoning;

    private boolean underWay;

    @Override
    public void text(String piece) {
        text.append(piece);
    }

    @Override
    public void begin(Item item) {
        if (items.isEmpty()) {
            items = new ArrayList<>();
        }
        items.add(item);
        reasoning = item instanceof Reasoning begun ? new StringBuilder(begun.text()) : null;
        underWay = true;
    }

    @Override
    public void reasoning(String piece) {
        if (reasoning != null) {
            reasoning.append(piece);
        }
    }

    @Override
    public void whole(Item item) {
        items.set(items.size() - 1, item);
        reasoning = null;
        underWay = false;
    }

    /** The text, which grows; not to be changed. */
    public StringBuilder text() {
        return text;
    }

    public boolean isEmpty() {
        return text.isEmpty() && items.isEmpty();
    }

    /** The items as they are now. */
    public List<Item> items() {
        if (reasoning == null) {
            return List.copyOf(items);
        }
        List<Item> now = new ArrayList<>(items);
        now.set(now.size() - 1, new Reasoning(now.getLast().offset(), reasoning.toString()));
        return List.copyOf(now);
    }

    public int count() {
        return items.size();
    }

    /** One item; if it is the reasoning under way, without its text. */
    public Item item(int i) {
        return items.get(i);
    }

    /** The reasoning under way, which grows, if it is this item; else null. */
    public @Nullable CharSequence reasoningOf(int i) {
        return i == items.size() - 1 ? reasoning : null;
    }

    /** Whether the last item is not whole yet. */
    public boolean isItemUnderWay() {
        return underWay;
    }

    @Override
    public long characters() {
        long before = (long) text.length() + (reasoning == null ? 0 : reasoning.length());
        return items.isEmpty() ? before : before + Sized.characters(items);
    }

    /** All of it as it is now. */
    public Written written() {
        return new Written(text.toString(), items());
    }
}

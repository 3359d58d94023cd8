package ai.konko.chat;

import java.util.List;
import java.util.function.Function;

/**
 * A part of a list.
 *
 * @param more whether the list goes on after these items
 */
public record Page<T>(List<T> items, boolean more) {
    /**
     * A page ends with the item that brings its text over so many UTF-16 units, also before its
     * limit.
     */
    public static final int MOST_CHARACTERS = 1 << 22;

    public Page {
        items = List.copyOf(items);
    }

    /**
     * @param found as many items as a page may have and one more, or as there are
     * @return those that a page may have, see {@link #MOST_CHARACTERS}
     */
    public static <T extends Sized> Page<T> of(List<T> found, int limit) {
        long characters = 0;
        int count = 0;
        while (count < Math.min(limit, found.size()) && characters <= MOST_CHARACTERS) {
            characters += found.get(count).characters();
            count++;
        }
        return new Page<>(found.subList(0, count), count < found.size());
    }

    public <R> Page<R> map(Function<? super T, ? extends R> mapping) {
        return new Page<>(items.stream().<R>map(mapping).toList(), more);
    }
}

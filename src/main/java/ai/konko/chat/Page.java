package ai.konko.chat;

import java.util.List;
import java.util.function.Function;

/**
 * A part of a list.
 *
 * @param more whether the list goes on after these items
 */
public record Page<T>(List<T> items, boolean more) {

    public Page {
        items = List.copyOf(items);
    }

    /**
     * @return the first {@code limit} of these, and whether there was one more.
     */
    public static <T> Page<T> of(List<T> oneMore, int limit) {
        return oneMore.size() > limit
                ? new Page<>(oneMore.subList(0, limit), true)
                : new Page<>(oneMore, false);
    }

    public <R> Page<R> map(Function<? super T, ? extends R> mapping) {
        return new Page<>(items.stream().<R>map(mapping).toList(), more);
    }
}

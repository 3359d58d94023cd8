package ai.konko.chat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Changes to a chat's settings, by the rules of a JSON merge patch (RFC 7396).
 *
 * @param metadata the entries to set, or with {@code null} to remove; to replace all, see {@link
 *     Change}
 */
public record SettingsPatch(
        Change<String> title,
        Change<String> instructions,
        Change<String> model,
        Change<Map<String, @Nullable String>> metadata) {

    /** The most entries that a chat's metadata may have. */
    public static final int METADATA_ENTRIES = 16;

    /**
     * @throws RefusedException if the metadata would have more entries than it may
     */
    public Settings applyTo(Settings old) {
        return new Settings(
                title.applyTo(old.title()),
                instructions.applyTo(old.instructions()),
                model.applyTo(old.model()),
                merged(old.metadata()));
    }

    private Map<String, String> merged(Map<String, String> old) {
        return switch (metadata) {
            case Change.Keep<?> _ -> old;
            case Change.Remove<?> _ -> Map.of();
            case Change.Set<Map<String, @Nullable String>> set -> merge(old, set.value());
        };
    }

    private static Map<String, String> merge(
            Map<String, String> old, Map<String, @Nullable String> entries) {
        Map<String, String> result = new LinkedHashMap<>(old);
        entries.forEach(
                (key, value) -> {
                    if (value == null) {
                        result.remove(key);
                    } else {
                        result.put(key, value);
                    }
                });
        if (result.size() > METADATA_ENTRIES) {
            throw RefusedException.invalid(
                    "metadata", "must have at most " + METADATA_ENTRIES + " entries");
        }
        return result;
    }

    @Override
    public String toString() {
        return "SettingsPatch[]";
    }

    /** What a patch does to one field. */
    public sealed interface Change<T> {

        @Nullable T applyTo(@Nullable T old);

        /** The patch does not name the field. */
        record Keep<T>() implements Change<T> {
            @Override
            public @Nullable T applyTo(@Nullable T old) {
                return old;
            }
        }

        /** The patch says null. */
        record Remove<T>() implements Change<T> {
            @Override
            public @Nullable T applyTo(@Nullable T old) {
                return null;
            }
        }

        /** The patch gives a new value. */
        record Set<T>(T value) implements Change<T> {
            @Override
            public T applyTo(@Nullable T old) {
                return value;
            }
        }
    }
}

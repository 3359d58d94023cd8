package ai.konko.chat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Changes to a chat's settings, by the rules of a JSON merge patch (RFC 7396).
 *
 * @param metadata the entries to set, or with {@code null} to remove; to replace all, see {@link
 *     Change}
 * @param parameters the same for the parameters
 */
public record SettingsPatch(
        Change<String> title,
        Change<String> instructions,
        Change<String> model,
        Change<Map<String, @Nullable String>> metadata,
        Change<Map<String, @Nullable Object>> parameters,
        Memory.Patch memory) {

    /** The most entries that a chat's metadata may have. */
    public static final int METADATA_ENTRIES = 16;

    /** A patch that leaves the parameters and the memory. */
    public SettingsPatch(
            Change<String> title,
            Change<String> instructions,
            Change<String> model,
            Change<Map<String, @Nullable String>> metadata) {
        this(title, instructions, model, metadata, new Change.Keep<>(), Memory.Patch.KEEP_ALL);
    }

    /** A patch of the memory alone. */
    public static SettingsPatch of(Memory.Patch memory) {
        return new SettingsPatch(
                new Change.Keep<>(),
                new Change.Keep<>(),
                new Change.Keep<>(),
                new Change.Keep<>(),
                new Change.Keep<>(),
                memory);
    }

    /**
     * @throws RefusedException if the metadata would have more entries, or the parameters more
     *     text, than they may
     */
    public Settings applyTo(Settings old) {
        return new Settings(
                title.applyTo(old.title()),
                instructions.applyTo(old.instructions()),
                model.applyTo(old.model()),
                bounded(merged(metadata, old.metadata())),
                boundedParameters(merged(parameters, old.parameters())),
                memory.applyTo(old.memory()));
    }

    private static <V> Map<String, V> merged(
            Change<Map<String, @Nullable V>> change, Map<String, V> old) {
        return switch (change) {
            case Change.Keep<?> _ -> old;
            case Change.Remove<?> _ -> Map.of();
            case Change.Set<Map<String, @Nullable V>> set -> merge(old, set.value());
        };
    }

    private static <V> Map<String, V> merge(Map<String, V> old, Map<String, @Nullable V> entries) {
        Map<String, V> result = new LinkedHashMap<>(old);
        entries.forEach(
                (key, value) -> {
                    if (value == null) {
                        result.remove(key);
                    } else {
                        result.put(key, value);
                    }
                });
        return result;
    }

    private static Map<String, Object> boundedParameters(Map<String, Object> merged) {
        if (Options.characters(merged) > Options.MOST_CHARACTERS) {
            throw RefusedException.invalid(
                    "parameters",
                    "must have at most %d characters, with tools and all that goes with them"
                            .formatted(Options.MOST_CHARACTERS));
        }
        return merged;
    }

    private static Map<String, String> bounded(Map<String, String> metadata) {
        if (metadata.size() > METADATA_ENTRIES) {
            throw RefusedException.invalid(
                    "metadata", "must have at most " + METADATA_ENTRIES + " entries");
        }
        return metadata;
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

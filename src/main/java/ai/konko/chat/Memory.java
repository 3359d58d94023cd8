package ai.konko.chat;

import ai.konko.chat.SettingsPatch.Change;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How much of a chat the model sees, as far as its client has chosen; for what is absent, the
 * service's own settings hold.
 *
 * @param maxMessages the most messages, the new one counted
 * @param maxTokens the most tokens by estimate, the new message counted
 * @param keep how much of both a cut leaves
 * @param compaction what becomes of what a cut leaves out
 */
public record Memory(
        @Nullable Integer maxMessages,
        @Nullable Integer maxTokens,
        @Nullable Double keep,
        @Nullable Compaction compaction) {
    private static final String MAX_MESSAGES = "maxMessages";
    private static final String MAX_TOKENS = "maxTokens";
    private static final String KEEP = "keep";
    private static final String COMPACTION = "compaction";

    /** As many messages as a client may choose. */
    public static final int MOST_MESSAGES = 10_000;

    /** As many tokens as a client may choose: no model takes more. */
    public static final int MOST_TOKENS = 1_000_000;

    /** If a cut left less, the model would forget what was just said. */
    public static final double LEAST_KEPT = 0.1;

    public static final Memory NONE = new Memory(null, null, null);

    /** What becomes of what a cut leaves out. */
    public enum Compaction {
        /** The model is not told of it. */
        OFF,
        /** A running summary tells the model of it. */
        SUMMARY;

        /** As clients name it. */
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * @return empty if there is none of this name
         */
        public static Optional<Compaction> of(@Nullable String wire) {
            return Arrays.stream(values()).filter(each -> each.wire().equals(wire)).findFirst();
        }
    }

    /** Bounds alone. */
    public Memory(
            @Nullable Integer maxMessages, @Nullable Integer maxTokens, @Nullable Double keep) {
        this(maxMessages, maxTokens, keep, null);
    }

    /** Without what does not say where the window begins. */
    public Memory window() {
        return compaction == null ? this : new Memory(maxMessages, maxTokens, keep);
    }

    /** By the names that a log keeps them by. */
    public static Memory of(Map<String, Object> values) {
        return values.isEmpty()
                ? NONE
                : new Memory(
                        values.get(MAX_MESSAGES) instanceof Number most ? most.intValue() : null,
                        values.get(MAX_TOKENS) instanceof Number most ? most.intValue() : null,
                        values.get(KEEP) instanceof Number share ? share.doubleValue() : null,
                        values.get(COMPACTION) instanceof String name
                                ? Compaction.of(name).orElse(null)
                                : null);
    }

    /** The opposite of {@link #of}; empty if nothing is chosen. */
    public Map<String, Object> values() {
        Map<String, Object> values = new LinkedHashMap<>();
        put(values, MAX_MESSAGES, maxMessages);
        put(values, MAX_TOKENS, maxTokens);
        put(values, KEEP, keep);
        put(values, COMPACTION, compaction == null ? null : compaction.wire());
        return values;
    }

    private static void put(Map<String, Object> values, String name, @Nullable Object value) {
        if (value != null) {
            values.put(name, value);
        }
    }

    /** Changes to each of the values. */
    public record Patch(
            Change<Integer> maxMessages,
            Change<Integer> maxTokens,
            Change<Double> keep,
            Change<Compaction> compaction) {

        public static final Patch KEEP_ALL =
                new Patch(
                        new Change.Keep<>(),
                        new Change.Keep<>(),
                        new Change.Keep<>(),
                        new Change.Keep<>());

        public static final Patch REMOVE_ALL =
                new Patch(
                        new Change.Remove<>(),
                        new Change.Remove<>(),
                        new Change.Remove<>(),
                        new Change.Remove<>());

        /** Sets what is chosen there, and keeps the rest. */
        public static Patch to(Memory chosen) {
            return new Patch(
                    change(chosen.maxMessages),
                    change(chosen.maxTokens),
                    change(chosen.keep),
                    change(chosen.compaction));
        }

        private static <T> Change<T> change(@Nullable T value) {
            return value == null ? new Change.Keep<>() : new Change.Set<>(value);
        }

        public Memory applyTo(Memory old) {
            return new Memory(
                    maxMessages.applyTo(old.maxMessages),
                    maxTokens.applyTo(old.maxTokens),
                    keep.applyTo(old.keep),
                    compaction.applyTo(old.compaction));
        }
    }
}

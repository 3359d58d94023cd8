package ai.konko.api;

import ai.konko.chat.Memory;
import ai.konko.chat.Memory.Compaction;
import ai.konko.chat.RefusedException;
import ai.konko.chat.RefusedException.Violation;
import ai.konko.chat.SettingsPatch.Change;
import ai.konko.http.JsonValues;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads how much of a chat its client has the model see. */
final class MemoryOptions {
    private static final String MEMORY = "memory";
    private static final String MAX_MESSAGES = "maxMessages";
    private static final String MAX_TOKENS = "maxTokens";
    private static final String KEEP = "keep";
    private static final String COMPACTION = "compaction";
    private static final Set<String> FIELDS = Set.of(MAX_MESSAGES, MAX_TOKENS, KEEP, COMPACTION);

    private MemoryOptions() {}

    /**
     * @param memory the field of a body; null if it is absent
     * @param broken takes the rules that are broken
     * @throws RefusedException if it has a field that is not known
     */
    static Memory.Patch read(@Nullable JsonNode memory, List<Violation> broken) {
        if (memory == null) {
            return Memory.Patch.KEEP_ALL;
        }
        if (memory.isNull()) {
            return Memory.Patch.REMOVE_ALL;
        }
        if (!memory.isObject()) {
            broken.add(new Violation(MEMORY, "must be an object"));
            return Memory.Patch.KEEP_ALL;
        }
        JsonValues.requireKnown(MEMORY, memory, FIELDS);
        return new Memory.Patch(
                count(memory, MAX_MESSAGES, Memory.MOST_MESSAGES, broken),
                count(memory, MAX_TOKENS, Memory.MOST_TOKENS, broken),
                change(
                        memory,
                        KEEP,
                        each ->
                                each.isNumber()
                                        && each.doubleValue() >= Memory.LEAST_KEPT
                                        && each.doubleValue() <= 1,
                        JsonNode::doubleValue,
                        "must be a number from %s to 1".formatted(Memory.LEAST_KEPT),
                        broken),
                change(
                        memory,
                        COMPACTION,
                        each -> compaction(each).isPresent(),
                        each -> compaction(each).orElseThrow(),
                        "must be off or summary",
                        broken));
    }

    private static Optional<Compaction> compaction(JsonNode named) {
        return Compaction.of(named.textValue());
    }

    private static Change<Integer> count(
            JsonNode memory, String name, int most, List<Violation> broken) {
        return change(
                memory,
                name,
                each ->
                        each.isIntegralNumber()
                                && each.canConvertToInt()
                                && each.intValue() >= 1
                                && each.intValue() <= most,
                JsonNode::intValue,
                "must be an integer from 1 to " + most,
                broken);
    }

    private static <T> Change<T> change(
            JsonNode memory,
            String name,
            Predicate<JsonNode> legal,
            Function<JsonNode, T> value,
            String rule,
            List<Violation> broken) {
        JsonNode given = memory.get(name);
        if (given == null) {
            return new Change.Keep<>();
        }
        if (given.isNull()) {
            return new Change.Remove<>();
        }
        if (!legal.test(given)) {
            broken.add(new Violation(MEMORY + "." + name, rule));
            return new Change.Keep<>();
        }
        return new Change.Set<>(value.apply(given));
    }
}

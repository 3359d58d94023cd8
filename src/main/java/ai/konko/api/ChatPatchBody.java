package ai.konko.api;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.RefusedException;
import ai.konko.chat.RefusedException.Violation;
import ai.konko.chat.SettingsPatch;
import ai.konko.chat.SettingsPatch.Change;
import ai.konko.http.JsonBody;
import ai.konko.http.TextBound;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JSON merge patch (RFC 7396) of a chat's settings: absent keeps, null removes, anything else
 * sets.
 */
@RegisterForReflection
record ChatPatchBody(
        @Nullable JsonNode title,
        @Nullable JsonNode instructions,
        @Nullable JsonNode model,
        @Nullable JsonNode metadata,
        @Nullable JsonNode tools,
        @Nullable JsonNode toolChoice,
        @Nullable JsonNode responseFormat,
        @Nullable JsonNode parameters,
        @Nullable JsonNode memory)
        implements JsonBody {

    /**
     * @throws RefusedException if a value is of the wrong type or breaks its bound
     */
    SettingsPatch patch(ChatLimits limits) {
        Reader reader = new Reader(limits, new ArrayList<>());
        SettingsPatch patch =
                new SettingsPatch(
                        reader.text("title", title, TextBound.TITLE),
                        reader.text("instructions", instructions, TextBound.INSTRUCTIONS),
                        reader.text("model", model, TextBound.MODEL),
                        reader.entries(metadata),
                        options(reader.violations()),
                        MemoryOptions.read(memory, reader.violations()));
        if (!reader.violations().isEmpty()) {
            throw RefusedException.invalid(reader.violations());
        }
        return patch;
    }

    /** Whether a choice of a tool may have no tool afterwards. */
    boolean changesTools() {
        return tools != null || toolChoice != null;
    }

    private Change<Map<String, @Nullable Object>> options(List<Violation> broken) {
        Map<String, @Nullable Object> options =
                ModelOptions.read(
                        new ModelOptions.Given(tools, toolChoice, responseFormat, parameters),
                        broken);
        return options.isEmpty() ? new Change.Keep<>() : new Change.Set<>(options);
    }

    @Override
    public String toString() {
        return "ChatPatchBody[]";
    }

    /** Turns nodes into changes, and notes which rules they break. */
    private record Reader(ChatLimits limits, List<Violation> violations) {

        Change<String> text(String field, @Nullable JsonNode node, TextBound bound) {
            if (node == null) {
                return new Change.Keep<>();
            }
            return node.isNull()
                    ? new Change.Remove<>()
                    : new Change.Set<>(checked(field, node, bound));
        }

        Change<Map<String, @Nullable String>> entries(@Nullable JsonNode node) {
            if (node == null) {
                return new Change.Keep<>();
            }
            if (node.isNull()) {
                return new Change.Remove<>();
            }
            if (!node.isObject()) {
                violations.add(new Violation("metadata", "must be an object"));
            }
            Map<String, @Nullable String> entries = new LinkedHashMap<>();
            node.properties()
                    .forEach(
                            entry -> {
                                String field =
                                        "metadata."
                                                + entry.getKey()
                                                        .substring(
                                                                0,
                                                                Math.min(
                                                                        entry.getKey().length(),
                                                                        64));
                                TextBound.METADATA_KEY
                                        .broken(entry.getKey(), limits)
                                        .ifPresent(
                                                message ->
                                                        violations.add(
                                                                new Violation(
                                                                        "metadata",
                                                                        "has a key that "
                                                                                + message)));
                                JsonNode value = entry.getValue();
                                entries.put(
                                        entry.getKey(),
                                        value.isNull()
                                                ? null
                                                : checked(field, value, TextBound.METADATA_VALUE));
                            });
            return new Change.Set<>(entries);
        }

        private String checked(String field, JsonNode node, TextBound bound) {
            if (!node.isTextual()) {
                violations.add(new Violation(field, "must be a string"));
                return "";
            }
            bound.broken(node.textValue(), limits)
                    .ifPresent(message -> violations.add(new Violation(field, message)));
            return node.textValue();
        }
    }
}

package ai.konko.api;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Options;
import ai.konko.chat.RefusedException;
import ai.konko.chat.RefusedException.Violation;
import ai.konko.chat.WellFormed;
import ai.konko.http.JsonValues;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a chat or a post chooses for the model: tools, how they are chosen, the form of the
 * reply, and parameters. What it makes of them has the names and forms that a chat completion of
 * OpenAI has, because that is what the provider is sent, and what {@link ModelOptionsView} reads.
 *
 * <p>A value of null stands for one that is to be removed.
 */
final class ModelOptions {
    private static final String TOOLS = "tools";
    private static final String TOOL_CHOICE = "toolChoice";
    private static final String RESPONSE_FORMAT = "responseFormat";
    private static final String PARAMETERS = "parameters";

    private static final int MOST_TOOLS = 128;
    private static final int MOST_STOPS = 4;
    private static final int LONGEST_WORD = 64;

    /** The rule of OpenAI for names of functions and schemas. */
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");

    private static final Set<String> TOOL =
            Set.of("type", "name", "description", PARAMETERS, "strict");
    private static final Set<String> FORMAT = Set.of("type", "name", "schema", "strict");
    private static final Set<String> CHOICES = Set.of("auto", "none", "required");

    private final Map<String, @Nullable Object> read = new LinkedHashMap<>();
    private final List<Violation> broken;

    private ModelOptions(List<Violation> broken) {
        this.broken = broken;
    }

    /**
     * The four fields of a body that are for the model; each null if it is absent.
     *
     * @param parameters by this API's names
     */
    record Given(
            @Nullable JsonNode tools,
            @Nullable JsonNode toolChoice,
            @Nullable JsonNode responseFormat,
            @Nullable JsonNode parameters) {

        boolean isNothing() {
            return tools == null
                    && toolChoice == null
                    && responseFormat == null
                    && parameters == null;
        }

        @Override
        public String toString() {
            return "Given[]";
        }
    }

    /**
     * @param broken takes the rules that are broken
     * @return the options by the provider's names; with null for those to be removed
     */
    static Map<String, @Nullable Object> read(Given given, List<Violation> broken) {
        if (given.isNothing()) {
            return Map.of();
        }
        ModelOptions options = new ModelOptions(broken);
        options.tools(given.tools());
        options.toolChoice(given.toolChoice());
        options.responseFormat(given.responseFormat());
        options.parameters(given.parameters());
        options.requireShort();
        return options.read;
    }

    /**
     * @param checked of a body whose rules hold
     * @return the options by the provider's names; what is null is as if it were not there
     */
    static Map<String, Object> given(Given checked) {
        Map<String, Object> present = new LinkedHashMap<>();
        read(checked, new ArrayList<>())
                .forEach(
                        (name, value) -> {
                            if (value != null) {
                                present.put(name, value);
                            }
                        });
        return present;
    }

    private void requireShort() {
        if (Options.characters(read) > Options.MOST_CHARACTERS) {
            broken(
                    TOOLS,
                    "must have at most %d characters, with all that goes with them"
                            .formatted(Options.MOST_CHARACTERS));
        }
    }

    private void tools(@Nullable JsonNode tools) {
        if (removes("tools", tools) || tools == null) {
            return;
        }
        if (!tools.isArray() || tools.size() > MOST_TOOLS) {
            broken(TOOLS, "must be a list of at most %d tools".formatted(MOST_TOOLS));
            return;
        }
        List<Object> all = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < tools.size(); i++) {
            String field = "%s[%d]".formatted(TOOLS, i);
            JsonNode tool = tools.get(i);
            if (!tool.isObject() || !"function".equals(tool.path("type").textValue())) {
                broken(field + ".type", "must be function");
                continue;
            }
            JsonValues.requireKnown(field, tool, TOOL);
            name(field + ".name", tool.path("name"));
            if (!names.add(tool.path("name").asText())) {
                broken(field + ".name", "is the name of another tool too");
            }
            all.add(tool(field, tool));
        }
        read.put("tools", all);
    }

    private Map<String, Object> tool(String field, JsonNode tool) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", tool.path("name").asText());
        JsonNode description = tool.path("description");
        if (!description.isMissingNode()) {
            if (!description.isTextual() || !WellFormed.holds(description.textValue())) {
                broken(field + ".description", "must be text");
            }
            function.put("description", description.asText());
        }
        object(field + ".parameters", tool.path(PARAMETERS), function, PARAMETERS);
        strict(field, tool, function);
        return typed("function", "function", function);
    }

    private void toolChoice(@Nullable JsonNode choice) {
        if (removes("tool_choice", choice) || choice == null) {
            return;
        }
        if (choice.isTextual() && CHOICES.contains(choice.textValue())) {
            read.put("tool_choice", choice.textValue());
        } else if (choice.isObject() && choice.size() == 1 && choice.path("tool").isTextual()) {
            String tool = choice.path("tool").textValue();
            name(TOOL_CHOICE + ".tool", choice.path("tool"));
            read.put("tool_choice", typed("function", "function", Map.of("name", tool)));
        } else {
            broken(TOOL_CHOICE, "must be auto, none, required, or an object with a tool");
        }
    }

    /**
     * The rule of a choice: it names one of the tools.
     *
     * @param options by the provider's names, of a chat and a turn together
     * @throws RefusedException {@link ErrorCode#INVALID}
     */
    static void requireChoice(Map<String, Object> options) {
        Object chosen = name(options.getOrDefault("tool_choice", ""));
        List<?> tools = options.get("tools") instanceof List<?> list ? list : List.of();
        if (chosen != null && tools.stream().noneMatch(each -> chosen.equals(name(each)))) {
            throw RefusedException.invalid(TOOL_CHOICE + ".tool", "must name one of the tools");
        }
    }

    /** In the same order each time, because caches of prompts look at the letters. */
    private static Map<String, Object> typed(String type, String name, Map<String, ?> fields) {
        Map<String, Object> typed = new LinkedHashMap<>();
        typed.put("type", type);
        typed.put(name, fields);
        return typed;
    }

    /**
     * @param tool in the provider's form
     */
    static @Nullable Object name(Object tool) {
        return tool instanceof Map<?, ?> map && map.get("function") instanceof Map<?, ?> function
                ? function.get("name")
                : null;
    }

    private void responseFormat(@Nullable JsonNode format) {
        if (removes("response_format", format) || format == null) {
            return;
        }
        String type = format.path("type").asText();
        if (type.equals("text") && format.size() == 1) {
            read.put("response_format", Map.of("type", "text"));
        } else if (type.equals("json_schema")) {
            JsonValues.requireKnown(RESPONSE_FORMAT, format, FORMAT);
            name(RESPONSE_FORMAT + ".name", format.path("name"));
            Map<String, Object> schema = new LinkedHashMap<>();
            schema.put("name", format.path("name").asText());
            if (format.path("schema").isMissingNode()) {
                broken(RESPONSE_FORMAT + ".schema", "is missing");
            }
            object(RESPONSE_FORMAT + ".schema", format.path("schema"), schema, "schema");
            strict(RESPONSE_FORMAT, format, schema);
            read.put("response_format", typed(type, "json_schema", schema));
        } else {
            broken(RESPONSE_FORMAT + ".type", "must be text or json_schema");
        }
    }

    private void parameters(@Nullable JsonNode parameters) {
        if (parameters == null) {
            return;
        }
        if (parameters.isNull()) {
            ModelOptionsView.PARAMETERS.values().forEach(each -> read.put(each, null));
            return;
        }
        if (!parameters.isObject()) {
            broken(PARAMETERS, "must be an object");
            return;
        }
        JsonValues.requireKnown(PARAMETERS, parameters, ModelOptionsView.PARAMETERS.keySet());
        parameters.properties().forEach(each -> parameter(each.getKey(), each.getValue()));
    }

    private void parameter(String name, JsonNode value) {
        String theirs = Objects.requireNonNull(ModelOptionsView.PARAMETERS.get(name));
        String field = PARAMETERS + "." + name;
        if (!removes(theirs, value)) {
            Object checked =
                    switch (name) {
                        case "temperature" -> number(field, value, 0, 2);
                        case "topP" -> number(field, value, 0, 1);
                        case "maxOutputTokens" -> whole(field, value, 1, Integer.MAX_VALUE);
                        case "seed" -> whole(field, value, Long.MIN_VALUE, Long.MAX_VALUE);
                        case "stop" -> stop(field, value);
                        case "reasoningEffort" -> word(field, value);
                        default -> number(field, value, -2, 2);
                    };
            read.put(theirs, checked);
        }
    }

    private Object number(String field, JsonNode value, double least, double most) {
        if (!value.isNumber() || value.doubleValue() < least || value.doubleValue() > most) {
            broken(field, "must be a number from %.0f to %.0f".formatted(least, most));
        }
        return value.doubleValue();
    }

    private Object whole(String field, JsonNode value, long least, long most) {
        if (!value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.longValue() < least
                || value.longValue() > most) {
            broken(field, "must be a whole number from %d to %d".formatted(least, most));
        }
        return value.canConvertToInt()
                ? Integer.valueOf(value.intValue())
                : (Object) Long.valueOf(value.longValue());
    }

    private Object stop(String field, JsonNode value) {
        if (!value.isArray() || value.isEmpty() || value.size() > MOST_STOPS) {
            broken(field, "must be a list of 1 to %d texts".formatted(MOST_STOPS));
        }
        List<Object> all = new ArrayList<>();
        for (int i = 0; i < Math.min(value.size(), MOST_STOPS); i++) {
            all.add(word("%s[%d]".formatted(field, i), value.path(i)));
        }
        return all;
    }

    private String word(String field, JsonNode value) {
        if (!value.isTextual()
                || value.textValue().isEmpty()
                || value.textValue().length() > LONGEST_WORD
                || !WellFormed.holds(value.textValue())) {
            broken(field, "must be text of 1 to %d characters".formatted(LONGEST_WORD));
        }
        return value.asText();
    }

    private void name(String field, JsonNode name) {
        if (!name.isTextual() || !NAME.matcher(name.textValue()).matches()) {
            broken(field, "must have 1 to 64 letters, digits, underscores and hyphens");
        }
    }

    private void object(String field, JsonNode value, Map<String, Object> to, String name) {
        if (value.isMissingNode()) {
            return;
        }
        if (!value.isObject()) {
            broken(field, "must be an object");
        } else if (!JsonValues.isWellFormed(value)) {
            broken(field, "must not have a NUL character or an unpaired surrogate");
        } else {
            to.put(name, JsonValues.of(value));
        }
    }

    private void strict(String field, JsonNode from, Map<String, Object> to) {
        JsonNode strict = from.path("strict");
        if (!strict.isMissingNode()) {
            if (!strict.isBoolean()) {
                broken(field + ".strict", "must be true or false");
            }
            to.put("strict", strict.booleanValue());
        }
    }

    private boolean removes(String theirs, @Nullable JsonNode value) {
        boolean removes = value != null && value.isNull();
        if (removes) {
            read.put(theirs, null);
        }
        return removes;
    }

    private void broken(String field, String message) {
        broken.add(new Violation(field, message));
    }
}

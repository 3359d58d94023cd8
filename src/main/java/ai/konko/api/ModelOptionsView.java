package ai.konko.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a chat chooses for the model, in this API's form; see {@link ModelOptions}. Each is null if
 * the chat chooses nothing.
 */
record ModelOptionsView(
        @Nullable List<Object> tools,
        @Nullable Object toolChoice,
        @Nullable Object responseFormat,
        @Nullable Map<String, Object> parameters) {

    /** The parameters by this API's names, with the provider's. */
    static final Map<String, String> PARAMETERS = new LinkedHashMap<>();

    static {
        PARAMETERS.put("temperature", "temperature");
        PARAMETERS.put("topP", "top_p");
        PARAMETERS.put("maxOutputTokens", "max_completion_tokens");
        PARAMETERS.put("seed", "seed");
        PARAMETERS.put("stop", "stop");
        PARAMETERS.put("reasoningEffort", "reasoning_effort");
        PARAMETERS.put("frequencyPenalty", "frequency_penalty");
        PARAMETERS.put("presencePenalty", "presence_penalty");
    }

    /**
     * @param given by the provider's names
     */
    static ModelOptionsView of(Map<String, Object> given) {
        if (given.isEmpty()) {
            return new ModelOptionsView(null, null, null, null);
        }
        Map<String, Object> parameters = new LinkedHashMap<>();
        PARAMETERS.forEach(
                (ours, theirs) -> {
                    if (given.get(theirs) != null) {
                        parameters.put(ours, given.get(theirs));
                    }
                });
        return new ModelOptionsView(
                tools(given.get("tools")),
                toolChoice(given.get("tool_choice")),
                flat(given.get("response_format"), "json_schema"),
                parameters.isEmpty() ? null : parameters);
    }

    private static @Nullable List<Object> tools(@Nullable Object tools) {
        if (!(tools instanceof List<?> list)) {
            return null;
        }
        List<Object> all = new ArrayList<>();
        for (Object each : list) {
            Object flat = flat(each, "function");
            if (flat != null) {
                all.add(flat);
            }
        }
        return all;
    }

    private static @Nullable Object toolChoice(@Nullable Object choice) {
        if (choice == null || choice instanceof String) {
            return choice;
        }
        Object name = ModelOptions.name(choice);
        return name == null ? null : Map.of("tool", name);
    }

    /** The provider has an object within the object; here there is one. */
    private static @Nullable Object flat(@Nullable Object given, String inner) {
        if (!(given instanceof Map<?, ?> map)) {
            return null;
        }
        Map<String, Object> flat = new LinkedHashMap<>();
        flat.put("type", map.get("type"));
        if (map.get(inner) instanceof Map<?, ?> fields) {
            fields.forEach((name, value) -> flat.put(String.valueOf(name), value));
        }
        return flat;
    }
}

package ai.konko.openai;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Parameters as responses have them, of the form that is kept and sent: the way back of {@link
 * ProviderForm}.
 */
final class ResponseForm {
    private static final String TYPE = "type";
    private static final String FUNCTION = "function";

    private final Map<String, Object> parameters;

    ResponseForm(Map<String, Object> parameters) {
        this.parameters = parameters;
    }

    @Nullable Object get(String name) {
        return parameters.get(name);
    }

    Object get(String name, Object otherwise) {
        return parameters.getOrDefault(name, otherwise);
    }

    List<Map<String, @Nullable Object>> tools() {
        return parameters.get("tools") instanceof List<?> tools
                ? tools.stream().map(ResponseForm::tool).toList()
                : List.of();
    }

    private static Map<String, @Nullable Object> tool(Object kept) {
        Map<?, ?> function = nested(kept, FUNCTION);
        Map<String, @Nullable Object> tool = new LinkedHashMap<>();
        tool.put(TYPE, FUNCTION);
        for (String name : List.of("name", "description", "parameters", "strict")) {
            tool.put(name, function.get(name));
        }
        return tool;
    }

    Object toolChoice() {
        Object kept = parameters.get("tool_choice");
        if (!(kept instanceof Map<?, ?> choice)) {
            return kept == null ? "auto" : kept;
        }
        if (FUNCTION.equals(choice.get(TYPE))) {
            return chosen(choice);
        }
        Map<?, ?> allowed = nested(choice, "allowed_tools");
        Map<String, @Nullable Object> flat = new LinkedHashMap<>();
        flat.put(TYPE, "allowed_tools");
        flat.put("mode", allowed.get("mode"));
        flat.put(
                "tools",
                allowed.get("tools") instanceof List<?> tools
                        ? tools.stream().map(ResponseForm::chosen).toList()
                        : List.of());
        return flat;
    }

    private static Map<String, @Nullable Object> chosen(Object kept) {
        Map<String, @Nullable Object> flat = new LinkedHashMap<>();
        flat.put(TYPE, FUNCTION);
        flat.put("name", nested(kept, FUNCTION).get("name"));
        return flat;
    }

    /** The form of the text. */
    Map<String, Object> text() {
        Map<String, Object> text = new LinkedHashMap<>();
        text.put("format", format());
        if (parameters.get("verbosity") != null) {
            text.put("verbosity", parameters.get("verbosity"));
        }
        return text;
    }

    private Map<String, @Nullable Object> format() {
        Map<String, @Nullable Object> format = new LinkedHashMap<>();
        if (!(parameters.get("response_format") instanceof Map<?, ?> kept)) {
            format.put(TYPE, "text");
            return format;
        }
        format.put(TYPE, kept.get(TYPE));
        if ("json_schema".equals(kept.get(TYPE))) {
            Map<?, ?> schema = nested(kept, "json_schema");
            for (String name : List.of("name", "description", "schema")) {
                format.put(name, schema.get(name));
            }
            format.put("strict", Boolean.TRUE.equals(schema.get("strict")));
        }
        return format;
    }

    /** What chat completions have in a field of its own. */
    static Map<?, ?> nested(Object kept, String field) {
        return kept instanceof Map<?, ?> map && map.get(field) instanceof Map<?, ?> nested
                ? nested
                : Map.of();
    }
}

package ai.konko.openai;

import ai.konko.chat.RefusedException;
import ai.konko.http.JsonValues;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeType;
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
 * Tools and formats that a client gives, as chat completions have them: that is the form that is
 * kept and sent. {@link ResponseForm} is the way back.
 *
 * @param flat whether they are given as responses have them: what chat completions nest in a field
 *     of its own is beside the type
 */
record ProviderForm(boolean flat) {
    private static final int MOST_TOOLS = 128;
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
    private static final String FUNCTION = "function";
    private static final String ALLOWED = "allowed_tools";
    private static final Set<String> CHOICE_TYPES = Set.of(FUNCTION, ALLOWED);
    private static final Set<String> CHOICES = Set.of("auto", "none", "required");
    private static final Set<String> MODES = Set.of("auto", "required");

    @Nullable Object tools(@Nullable JsonNode given) {
        JsonNode tools = RequestParameters.orMissing(given);
        if (tools.isMissingNode()) {
            return null;
        }
        if (!tools.isArray() || tools.size() > MOST_TOOLS) {
            throw RefusedException.invalid(
                    "tools", "must be a list of at most %d tools".formatted(MOST_TOOLS));
        }
        List<Object> all = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < tools.size(); i++) {
            all.add(tool("tools[%d]".formatted(i), tools.get(i), names));
        }
        return all.isEmpty() ? null : all;
    }

    private Object tool(String path, JsonNode tool, Set<String> names) {
        if (!FUNCTION.equals(tool.path("type").textValue())) {
            throw RefusedException.unsupported(
                    "tools",
                    "has a tool of type %s, which is not supported here".formatted(type(tool)));
        }
        JsonNode function = flat ? tool : tool.path(FUNCTION);
        if (!names.add(name(path, function))) {
            throw RefusedException.invalid(path + ".name", "is there twice");
        }
        Map<String, Object> nested = new LinkedHashMap<>();
        nested.put("name", function.path("name").textValue());
        put(nested, path, function, "description", JsonNodeType.STRING);
        put(nested, path, function, "parameters", JsonNodeType.OBJECT);
        put(nested, path, function, "strict", JsonNodeType.BOOLEAN);
        return typed(FUNCTION, FUNCTION, nested);
    }

    /** As much of a type's name as is sent back. */
    private static String type(JsonNode tool) {
        String type = tool.path("type").asText();
        return NAME.matcher(type).matches() ? type : "unknown";
    }

    static String name(String path, JsonNode from) {
        JsonNode name = from.path("name");
        if (!name.isTextual() || !NAME.matcher(name.textValue()).matches()) {
            throw RefusedException.invalid(
                    path + ".name", "must be 1 to 64 letters, digits, underscores and hyphens");
        }
        return name.textValue();
    }

    private static void put(
            Map<String, Object> to, String path, JsonNode from, String name, JsonNodeType type) {
        JsonNode value = RequestParameters.orMissing(from.get(name));
        if (value.isMissingNode()) {
            return;
        }
        if (value.getNodeType() != type) {
            throw RefusedException.invalid(path + "." + name, JsonValues.mustBe(type));
        }
        to.put(name, plain(path + "." + name, value));
    }

    private static Map<String, Object> typed(
            String type, String field, Map<String, Object> nested) {
        Map<String, Object> typed = new LinkedHashMap<>();
        typed.put("type", type);
        typed.put(field, nested);
        return typed;
    }

    /**
     * @param known whether there may be tools that the request does not name
     */
    @Nullable Object toolChoice(@Nullable JsonNode given, @Nullable Object tools, boolean known) {
        JsonNode choice = RequestParameters.orMissing(given);
        if (choice.isMissingNode()) {
            return null;
        }
        if (choice.isTextual()) {
            RequestParameters.oneOf("tool_choice", choice, CHOICES);
        } else if (!CHOICE_TYPES.contains(choice.path("type").asText())) {
            throw RefusedException.unsupported(
                    "tool_choice",
                    "is of type %s, which is not supported here".formatted(type(choice)));
        }
        boolean none = choice.isTextual() && !choice.textValue().equals("required");
        RequestParameters.rule(none || tools != null || known, "tool_choice", "needs tools");
        if (choice.isTextual()) {
            return choice.textValue();
        }
        return FUNCTION.equals(choice.path("type").textValue())
                ? among(tools, function("tool_choice", choice))
                : allowed(flat ? choice : choice.path(ALLOWED), tools);
    }

    /** A function that is chosen is one of those that are given. */
    private static Object among(@Nullable Object tools, Map<String, Object> chosen) {
        Object name = ResponseForm.nested(chosen, FUNCTION).get("name");
        boolean given =
                !(tools instanceof List<?> all)
                        || all.stream()
                                .anyMatch(
                                        each ->
                                                Objects.equals(
                                                        ResponseForm.nested(each, FUNCTION)
                                                                .get("name"),
                                                        name));
        if (!given) {
            throw RefusedException.invalid("tool_choice", "must name one of the tools");
        }
        return chosen;
    }

    private Map<String, Object> function(String path, JsonNode given) {
        Map<String, Object> nested = new LinkedHashMap<>();
        nested.put("name", name(path, flat ? given : given.path(FUNCTION)));
        return typed(FUNCTION, FUNCTION, nested);
    }

    private Map<String, Object> allowed(JsonNode given, @Nullable Object among) {
        JsonNode mode = RequestParameters.orMissing(given.get("mode"));
        RequestParameters.oneOf("tool_choice.mode", mode, MODES);
        JsonNode tools = given.path("tools");
        if (!tools.isArray() || tools.isEmpty() || tools.size() > MOST_TOOLS) {
            throw RefusedException.invalid("tool_choice.tools", "must be a list of tools");
        }
        List<Object> allowed = new ArrayList<>();
        for (JsonNode each : tools) {
            RequestParameters.require(
                    FUNCTION.equals(each.path("type").textValue()),
                    "tool_choice",
                    "has a tool of type %s, which is not supported here".formatted(type(each)));
            allowed.add(among(among, function("tool_choice.tools", each)));
        }
        Map<String, Object> nested = new LinkedHashMap<>();
        nested.put("mode", mode.isMissingNode() ? "auto" : mode.textValue());
        nested.put("tools", allowed);
        return typed(ALLOWED, ALLOWED, nested);
    }

    /**
     * @return null for plain text
     */
    @Nullable Object format(String parameter, @Nullable JsonNode given) {
        JsonNode format = RequestParameters.orMissing(given);
        if (format.isMissingNode()) {
            return null;
        }
        return switch (format.path("type").asText()) {
            case "text" -> null;
            case "json_object" -> {
                Map<String, Object> object = new LinkedHashMap<>();
                object.put("type", "json_object");
                yield object;
            }
            case "json_schema" -> schema(parameter, flat ? format : format.path("json_schema"));
            default -> throw RefusedException.unsupported(parameter, "is not supported here");
        };
    }

    private static Map<String, Object> schema(String parameter, JsonNode given) {
        Map<String, Object> nested = new LinkedHashMap<>();
        nested.put("name", name(parameter, given));
        put(nested, parameter, given, "description", JsonNodeType.STRING);
        put(nested, parameter, given, "schema", JsonNodeType.OBJECT);
        put(nested, parameter, given, "strict", JsonNodeType.BOOLEAN);
        return typed("json_schema", "json_schema", nested);
    }

    /**
     * @return the JSON as plain values
     */
    static @Nullable Object plain(String parameter, JsonNode json) {
        if (!JsonValues.isWellFormed(json)) {
            throw RefusedException.invalid(
                    parameter, "must not have a NUL character or an unpaired surrogate");
        }
        return JsonValues.of(json);
    }
}

package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.RefusedException;
import ai.konko.chat.WellFormed;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** JSON as plain values: maps, lists, strings, numbers, booleans and null. */
public final class JsonValues {
    /** How much of a name that the client chose is sent back. */
    private static final int LONGEST_NAME = 64;

    /** How many such names are sent back. */
    private static final int MOST_NAMES = 20;

    private JsonValues() {}

    /**
     * @return the same value; equal values are equal, however they were written
     */
    public static @Nullable Object of(JsonNode node) {
        if (node.isObject()) {
            Map<String, @Nullable Object> map = new LinkedHashMap<>();
            node.properties().forEach(each -> map.put(each.getKey(), of(each.getValue())));
            return map;
        }
        if (node.isArray()) {
            List<@Nullable Object> list = new ArrayList<>();
            node.forEach(each -> list.add(of(each)));
            return list;
        }
        return switch (node.getNodeType()) {
            case STRING -> node.textValue();
            case BOOLEAN -> node.booleanValue();
            case NUMBER -> number(node);
            default -> null;
        };
    }

    private static Object number(JsonNode node) {
        if (node.canConvertToExactIntegral() && node.isIntegralNumber()) {
            return node.canConvertToInt()
                    ? (Object) node.intValue()
                    : node.canConvertToLong() ? (Object) node.longValue() : node.bigIntegerValue();
        }
        return node.doubleValue();
    }

    /**
     * @return whether all texts and names in it are well-formed
     */
    public static boolean isWellFormed(JsonNode node) {
        if (node.isTextual()) {
            return WellFormed.holds(node.textValue());
        }
        for (Map.Entry<String, JsonNode> each : node.properties()) {
            if (!WellFormed.holds(each.getKey())) {
                return false;
            }
        }
        for (JsonNode each : node) {
            if (!isWellFormed(each)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Refuses what nobody here knows.
     *
     * @param field the object's name; empty if it has none
     * @param names those that are known
     * @throws RefusedException {@link ErrorCode#UNKNOWN_FIELD}
     */
    public static void requireKnown(String field, JsonNode object, Set<?> names) {
        List<String> unknown =
                object.properties().stream()
                        .map(Map.Entry::getKey)
                        .filter(each -> !names.contains(each))
                        .limit(MOST_NAMES)
                        .map(each -> named(field, each))
                        .toList();
        if (!unknown.isEmpty()) {
            throw RefusedException.unknownFields(unknown);
        }
    }

    private static String named(String field, String name) {
        String shown = name.substring(0, Math.min(LONGEST_NAME, name.length()));
        return WellFormed.repaired(field.isEmpty() ? shown : field + "." + shown);
    }

    /** What is wrong with a value that is not of this type. */
    public static String mustBe(JsonNodeType type) {
        return switch (type) {
            case STRING -> "must be a string";
            case BOOLEAN -> "must be true or false";
            case NUMBER -> "must be a number";
            case ARRAY -> "must be a list";
            case OBJECT -> "must be an object";
            default -> "is of the wrong JSON type";
        };
    }
}

package ai.konko.openai;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Settings;
import ai.konko.chat.SettingsPatch;
import ai.konko.chat.SettingsPatch.Change;
import ai.konko.chat.WellFormed;
import ai.konko.chat.WhenBusy;
import ai.konko.http.TextBound;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks the parameters of a request one by one. None is ignored silently, but of stored chat
 * completions those that nobody knows.
 */
final class RequestParameters {
    private static final int LONGEST_NAME = 64;

    private static final Set<String> INCLUDABLE =
            Set.of(
                    "code_interpreter_call.outputs",
                    "computer_call_output.output.image_url",
                    "file_search_call.results",
                    "message.input_image.image_url",
                    "message.output_text.logprobs",
                    "reasoning.encrypted_content",
                    "web_search_call.action.sources",
                    "web_search_call.results");

    private RequestParameters() {}

    /** Null counts as absent. */
    static JsonNode orMissing(@Nullable JsonNode node) {
        return node == null || node.isNull() ? MissingNode.getInstance() : node;
    }

    static boolean isGiven(@Nullable JsonNode node) {
        return !orMissing(node).isMissingNode();
    }

    static boolean is(@Nullable Boolean flag) {
        return flag != null && flag;
    }

    /**
     * @throws RefusedException with {@code unsupported} and the parameter's name
     */
    static void require(boolean fine, String parameter, String message) {
        if (!fine) {
            throw RefusedException.unsupported(parameter, message);
        }
    }

    /**
     * Checks a rule that OpenAI has too.
     *
     * @throws RefusedException as OpenAI refuses what breaks a rule of its own
     */
    static void rule(boolean holds, String parameter, String message) {
        if (!holds) {
            throw RefusedException.badRequest(parameter, parameter + " " + message + ".");
        }
    }

    static void nothing(String parameter, @Nullable JsonNode node) {
        require(!isGiven(node), parameter, "is not supported here");
    }

    static void nothing(String parameter, @Nullable List<String> values) {
        require(values == null || values.isEmpty(), parameter, "is not supported here");
    }

    static void nothingIn(String parameter, @Nullable JsonNode list) {
        require(
                !isGiven(list) || (orMissing(list).isArray() && orMissing(list).isEmpty()),
                parameter,
                "is not supported here");
    }

    /** Checks an object that may have these fields, and others only if they are empty. */
    static void fields(String parameter, @Nullable JsonNode node, Set<String> supported) {
        JsonNode object = orMissing(node);
        if (object.isMissingNode()) {
            return;
        }
        if (!object.isObject()) {
            throw RefusedException.invalid(parameter, "must be an object");
        }
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            if (!supported.contains(field.getKey())) {
                require(
                        isNothing(field.getValue()),
                        parameter + "." + shortened(field.getKey()),
                        "is not supported here");
            }
        }
    }

    /** Whether a field is empty. SDKs send back all fields that they know, also empty ones. */
    private static boolean isNothing(JsonNode value) {
        return switch (value.getNodeType()) {
            case NULL -> true;
            case BOOLEAN -> !value.booleanValue();
            case STRING -> value.textValue().isEmpty();
            case ARRAY -> value.isEmpty();
            case OBJECT -> value.valueStream().allMatch(RequestParameters::isNothing);
            default -> false;
        };
    }

    /** As much of a name that the client chose as is sent back. */
    static String shortened(String name) {
        return WellFormed.repaired(name.substring(0, Math.min(LONGEST_NAME, name.length())));
    }

    /**
     * What may come with an answer. Most of it can't be given here, and is left out; OpenAI leaves
     * it out too if there is none.
     */
    static void include(@Nullable List<String> wanted) {
        if (wanted != null) {
            require(
                    INCLUDABLE.containsAll(wanted),
                    "include",
                    "has a value that is not known here");
        }
    }

    /** A text that can be kept; it may be empty. */
    static String wellFormed(String parameter, JsonNode node) {
        if (!node.isTextual()) {
            throw RefusedException.invalid(parameter, "must be text");
        }
        if (!WellFormed.holds(node.textValue())) {
            throw RefusedException.invalid(
                    parameter, "must not have a NUL character or an unpaired surrogate");
        }
        return node.textValue();
    }

    static void oneOf(String parameter, @Nullable JsonNode node, Set<String> supported) {
        require(
                !isGiven(node) || supported.contains(orMissing(node).asText()),
                parameter,
                "is supported only as one of " + supported.stream().sorted().toList());
    }

    static void text(String parameter, @Nullable String text, TextBound bound, ChatLimits limits) {
        if (text != null) {
            bound.broken(text, limits)
                    .ifPresent(
                            message -> {
                                throw RefusedException.invalid(parameter, message);
                            });
        }
    }

    /**
     * @return the entries; none if none are given
     */
    static Map<String, String> metadata(
            @Nullable Map<String, @Nullable String> metadata, ChatLimits limits) {
        if (metadata == null) {
            return Map.of();
        }
        if (metadata.size() > SettingsPatch.METADATA_ENTRIES) {
            throw RefusedException.invalid(
                    "metadata", "must have at most " + SettingsPatch.METADATA_ENTRIES + " entries");
        }
        Map<String, String> checked = new LinkedHashMap<>();
        metadata.forEach(
                (key, value) -> {
                    text("metadata", key, TextBound.METADATA_KEY, limits);
                    if (value == null) {
                        throw RefusedException.invalid("metadata", "must have strings only");
                    }
                    text("metadata", value, TextBound.METADATA_VALUE, limits);
                    checked.put(key, value);
                });
        return checked;
    }

    /**
     * @param given takes the place of all entries
     */
    static SettingsPatch replacedMetadata(
            Settings settings, @Nullable Map<String, @Nullable String> given, ChatLimits limits) {
        if (given == null) {
            throw RefusedException.invalid("metadata", "is missing");
        }
        Map<String, @Nullable String> changed = new HashMap<>();
        settings.metadata().keySet().forEach(key -> changed.put(key, null));
        changed.putAll(metadata(given, limits));
        return new SettingsPatch(
                new Change.Keep<>(),
                new Change.Keep<>(),
                new Change.Keep<>(),
                new Change.Set<>(changed));
    }

    static Order order(@Nullable String order, Order byDefault) {
        return switch (order) {
            case "asc" -> Order.ASC;
            case "desc" -> Order.DESC;
            case null -> byDefault;
            default -> throw RefusedException.invalid("order", "must be asc or desc");
        };
    }

    static WhenBusy whenBusy(@Nullable String name) {
        return switch (name) {
            case null -> WhenBusy.ENQUEUE;
            case "enqueue", "reject", "interrupt" ->
                    WhenBusy.valueOf(name.toUpperCase(Locale.ROOT));
            default ->
                    throw RefusedException.invalid(
                            "when_busy", "must be enqueue, reject or interrupt");
        };
    }
}

package ai.konko.http;

import ai.konko.JsonOutline;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.RefusedException;
import ai.konko.chat.WellFormed;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonMappingException.Reference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads JSON without guessing: a number is not taken for a string, no name may come twice, and
 * nothing may follow.
 */
final class StrictJson {
    /** How much of a name that the client chose is sent back. */
    private static final int LONGEST_NAME = 100;

    /** Stands for bytes that are not UTF-8, and may also be in the text itself. */
    private static final char UNDECODABLE = '\uFFFD';

    private static final char BYTE_ORDER_MARK = '\uFEFF';

    /** How long that is in UTF-8. */
    private static final int MARK_BYTES = 3;

    private static final ObjectMapper JSON =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxStringLength(
                                                            Integer.MAX_VALUE) // bodies are bounded
                                                    .maxTokenCount(JsonOutline.MOST_TOKENS)
                                                    .build())
                                    .build())
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                    .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                    .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                    .withCoercionConfig(
                            LogicalType.Textual,
                            config ->
                                    config.setCoercion(
                                                    CoercionInputShape.Integer, CoercionAction.Fail)
                                            .setCoercion(
                                                    CoercionInputShape.Float, CoercionAction.Fail)
                                            .setCoercion(
                                                    CoercionInputShape.Boolean,
                                                    CoercionAction.Fail))
                    .withCoercionConfig(
                            LogicalType.Map,
                            config ->
                                    config.setCoercion(
                                            CoercionInputShape.EmptyString, CoercionAction.Fail))
                    .withCoercionConfig(
                            LogicalType.POJO,
                            config ->
                                    config.setCoercion(
                                            CoercionInputShape.EmptyString, CoercionAction.Fail))
                    .build();

    private StrictJson() {}

    /**
     * @throws RefusedException if the bytes are not the text of one JSON object
     */
    static JsonNode object(byte[] bytes) {
        JsonNode tree = parse(bytes);
        if (!tree.isObject()) {
            throw notAnObject();
        }
        return tree;
    }

    /**
     * The same, but only the places of the fields are kept.
     *
     * @throws RefusedException see {@link #object}
     */
    static JsonText outlined(byte[] bytes) {
        try {
            byte[] unmarked =
                    decoded(bytes).charAt(0) == BYTE_ORDER_MARK
                            ? Arrays.copyOfRange(bytes, MARK_BYTES, bytes.length)
                            : bytes;
            JsonOutline outline = JsonOutline.of(unmarked);
            if (outline != null) {
                return new JsonText(outline);
            }
        } catch (JsonProcessingException | CharacterCodingException _) {
            throw malformed(); // the parser's message may quote the body
        }
        throw notAnObject();
    }

    private static JsonNode parse(byte[] bytes) {
        try {
            JsonNode tree = JSON.readTree(text(bytes));
            if (tree != null && !tree.isMissingNode()) {
                return tree;
            }
        } catch (JsonProcessingException | CharacterCodingException _) {
            // The parser's message may quote the body.
        }
        throw malformed();
    }

    private static RefusedException malformed() {
        return RefusedException.of(
                ErrorCode.MALFORMED_JSON,
                "The body is not a JSON text, has more than %d names and values, or an object in it has a name twice."
                        .formatted(JsonOutline.MOST_TOKENS));
    }

    private static RefusedException notAnObject() {
        return RefusedException.invalid("body", "must be a JSON object");
    }

    /**
     * Decodes here because the parser takes UTF-16 too, and refuses a name with half of a surrogate
     * pair as if it were not JSON.
     */
    private static String text(byte[] bytes) throws CharacterCodingException {
        String text = decoded(bytes);
        return text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
    }

    private static String decoded(byte[] bytes) throws CharacterCodingException {
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (text.isEmpty()) {
            throw malformed();
        }
        if (text.indexOf(UNDECODABLE) >= 0) {
            CharBuffer _ = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
        }
        return text;
    }

    /**
     * @throws RefusedException if a field is unknown or of the wrong type
     */
    static <T> T bind(JsonNode tree, Class<T> type) {
        try {
            return JSON.treeToValue(tree, type);
        } catch (UnrecognizedPropertyException unknown) {
            throw unknown(tree, unknown);
        } catch (MismatchedInputException wrong) {
            throw RefusedException.invalid(path(wrong.getPath()), mustBe(wrong.getTargetType()));
        } catch (JsonMappingException wrong) {
            throw RefusedException.invalid(
                    path(wrong.getPath()),
                    wrong.getCause() instanceof InputCoercionException
                            ? "is out of range"
                            : "can't be read");
        } catch (JsonProcessingException _) {
            throw RefusedException.invalid("body", "can't be read");
        }
    }

    /** The parser gives up at the first such field, but a client wants to know all of them. */
    private static RefusedException unknown(JsonNode tree, UnrecognizedPropertyException first) {
        List<Reference> path = first.getPath();
        List<Reference> outer = path.subList(0, path.size() - 1);
        JsonNode object = tree;
        for (Reference each : outer) {
            object =
                    each.getFieldName() == null
                            ? object.path(each.getIndex())
                            : object.path(each.getFieldName());
        }
        Set<Object> known = new HashSet<>(first.getKnownPropertyIds());
        JsonValues.requireKnown(outer.isEmpty() ? "" : path(outer), object, known);
        return RefusedException.unknownFields(List.of(path(path)));
    }

    private static String mustBe(Class<?> wanted) {
        if (wanted == Integer.class || wanted == Long.class) {
            return "must be a whole number";
        }
        return JsonValues.mustBe(
                wanted == String.class
                        ? JsonNodeType.STRING
                        : wanted == Boolean.class
                                ? JsonNodeType.BOOLEAN
                                : wanted == Double.class
                                        ? JsonNodeType.NUMBER
                                        : Collection.class.isAssignableFrom(wanted)
                                                ? JsonNodeType.ARRAY
                                                : JsonNodeType.OBJECT);
    }

    private static String path(List<Reference> to) {
        String path =
                to.stream()
                        .map(
                                each ->
                                        each.getFieldName() == null
                                                ? "[" + each.getIndex() + "]"
                                                : each.getFieldName())
                        .collect(Collectors.joining("."));
        return path.isEmpty()
                ? "body"
                : WellFormed.repaired(path.substring(0, Math.min(path.length(), LONGEST_NAME)));
    }
}

package ai.konko.assistant;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a message, or a delta, has beside its text, {@link ChunkExtras}. If a choice has both,
 * the message repeats the delta.
 */
final class ExtrasReader extends ProviderJson {
    /** The types of parts that are reasoning. */
    private static final Set<String> THOUGHTS = Set.of("thinking", "reasoning");

    private final List<CallPiece> calls = new ArrayList<>();
    private boolean wholeCalls;
    private String reasoning = "";
    private boolean wholeReasoning;

    /** The field that has the reasoning: some providers give the same in two. */
    private @Nullable String source;

    ExtrasReader(JsonParser json) {
        super(json);
    }

    /**
     * @return null if it is nothing
     */
    @Nullable ChunkExtras extras() {
        return calls.isEmpty() && reasoning.isEmpty()
                ? null
                : new ChunkExtras(reasoning, wholeReasoning, calls);
    }

    /**
     * Reads a field with reasoning.
     *
     * @param all whether it is of a message
     * @return whether the model has written something
     */
    boolean reasoning(String field, boolean all) throws IOException {
        return json.currentToken().isStructStart() ? something() : think(field, string(), all);
    }

    /**
     * Takes a part of the content.
     *
     * @param text what is in it, see {@link #thinking}
     * @return whether the model has written something
     */
    boolean part(String type, @Nullable String text, boolean all) {
        return THOUGHTS.contains(type) && think("content", text, all);
    }

    /** Reads a text, or the texts of a list of parts. */
    @Nullable String thinking() throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            return json.currentToken().isScalarValue() ? string() : null;
        }
        StringBuilder texts = new StringBuilder();
        while (nextElement()) {
            require(JsonToken.START_OBJECT);
            while (nextField()) {
                if (json.currentName().equals("text") && json.currentToken().isScalarValue()) {
                    String text = string();
                    texts.append(text == null ? "" : text);
                } else {
                    json.skipChildren();
                }
            }
        }
        return texts.toString();
    }

    private boolean think(String field, @Nullable String piece, boolean all) {
        if (piece == null || piece.isEmpty()) {
            return false;
        }
        if (all != wholeReasoning) {
            if (all && !reasoning.isEmpty()) {
                return true;
            }
            wholeReasoning = all;
            reasoning = "";
            source = null;
        }
        if (source == null || source.equals(field)) {
            source = field;
            reasoning += piece;
        }
        return true;
    }

    /**
     * Reads a list of calls, or one call of an earlier form of the API.
     *
     * @return whether the model has written something
     */
    boolean calls(boolean all) throws IOException {
        return switch (json.currentToken()) {
            case START_ARRAY -> {
                boolean something = false;
                while (nextElement()) {
                    something |=
                            json.currentToken() == JsonToken.START_OBJECT ? call(all) : something();
                }
                yield something;
            }
            case START_OBJECT -> call(all);
            default -> something();
        };
    }

    private boolean call(boolean all) throws IOException {
        Fields fields = new Fields();
        boolean something = fields(fields);
        if (something && (!all || wholeCalls || calls.isEmpty())) {
            if (!all && wholeCalls) {
                calls.clear();
            }
            wholeCalls = all;
            calls.add(fields.piece(all));
        }
        return something;
    }

    /** What is known of the piece that is being read. */
    private static final class Fields {
        private int index = -1;
        private @Nullable String id;
        private @Nullable String name;
        private String arguments = "";

        CallPiece piece(boolean all) {
            return new CallPiece(index, id, name, arguments, all);
        }
    }

    private boolean fields(Fields of) throws IOException {
        boolean something = false;
        while (nextField()) {
            switch (json.currentName()) {
                case "index" -> {
                    Integer index = count();
                    of.index = index == null || index < 0 ? -1 : index;
                }
                case "type" -> json.skipChildren();
                case "id" -> of.id = notBlank();
                case "name" -> of.name = notBlank();
                case "function" ->
                        something |=
                                json.currentToken() == JsonToken.START_OBJECT
                                        ? fields(of)
                                        : something();
                case "arguments" -> {
                    String arguments = stringOrJson();
                    of.arguments = arguments == null ? "" : arguments;
                }
                default -> something |= something();
            }
        }
        return something || of.id != null || of.name != null || !of.arguments.isEmpty();
    }

    private @Nullable String notBlank() throws IOException {
        if (json.currentToken().isStructStart()) {
            json.skipChildren();
            return null;
        }
        String text = string();
        return text == null || text.isBlank() ? null : text;
    }
}

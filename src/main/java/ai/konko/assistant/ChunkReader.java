package ai.konko.assistant;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.langchain4j.model.output.TokenUsage;
import java.io.IOException;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@link Chunk} from a parser that is fed with all of it. Each method is called at the
 * opening brace of what it reads and stops at the closing one.
 *
 * <p>Only choice 0 is the reply's. A choice without an index is choice 0 if it is the first.
 */
final class ChunkReader {
    /** The types of parts that are text of the reply: chat completions' and responses'. */
    private static final Set<String> TEXTS = Set.of("text", "output_text");

    private static final Pattern COUNT = Pattern.compile("[0-9]{1,18}(\\.[0-9]{1,18})?");

    private final JsonParser json;
    private String text = "";

    /** All pieces, if there is more than one. */
    private @Nullable StringBuilder joined;

    private boolean said;
    private boolean whole;
    private boolean token;
    private boolean failed;
    private @Nullable String finishReason;
    private @Nullable TokenUsage usage;

    /** The index of the choice that is being read; -1 until it is known. */
    private int index;

    ChunkReader(JsonParser json) {
        this.json = json;
    }

    Chunk chunk() {
        return new Chunk(said, text(), whole, token, failed, finishReason, usage);
    }

    private String text() {
        return joined == null ? text : joined.toString();
    }

    void event() throws IOException {
        while (nextField()) {
            switch (json.currentName()) {
                case "choices" -> choices();
                case "usage" -> usage();
                case "x_groq" -> groq();
                case "error" -> failed |= something();
                default -> json.skipChildren();
            }
        }
    }

    private void choices() throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        require(JsonToken.START_ARRAY);
        boolean first = true;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (json.currentToken() == JsonToken.VALUE_NULL) {
                continue;
            }
            require(JsonToken.START_OBJECT);
            if (first) {
                first();
                first = false;
            } else {
                ChunkReader other = new ChunkReader(json);
                other.choice();
                if (other.index == 0) { // some providers have text and calls in two choices
                    add(other);
                }
            }
        }
    }

    private void first() throws IOException {
        boolean failedBefore = failed;
        TokenUsage usageBefore = usage;
        choice();
        if (index > 0) { // it has only parts of another choice
            text = "";
            joined = null;
            said = false;
            whole = false;
            token = false;
            failed = failedBefore;
            finishReason = null;
            usage = usageBefore;
        }
    }

    private void add(ChunkReader same) {
        said |= same.said;
        token |= same.token;
        failed |= same.failed;
        add(same.text(), same.whole);
        finishReason = same.finishReason == null ? finishReason : same.finishReason;
        usage = same.usage == null ? usage : fuller(usage, same.usage);
    }

    private void choice() throws IOException {
        index = -1;
        while (nextField()) {
            switch (json.currentName()) {
                case "index" -> index = index();
                case "delta" -> message(false);
                case "message" -> message(true);
                case "finish_reason" -> finishReason();
                case "usage" -> usage();
                case "error" -> failed |= something();
                default -> json.skipChildren();
            }
        }
    }

    private int index() throws IOException {
        Integer number = count();
        return number == null ? -1 : number;
    }

    private void finishReason() throws IOException {
        String reason = json.currentToken() == JsonToken.VALUE_FALSE ? null : string();
        finishReason = reason == null ? finishReason : reason;
    }

    private void message(boolean all) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        require(JsonToken.START_OBJECT);
        said = true;
        while (nextField()) {
            switch (json.currentName()) {
                case "content" -> content(all);
                case "role" -> json.skipChildren();
                case "error" -> failed |= something();
                default -> token |= something();
            }
        }
    }

    /** Reads a text, or a list of parts. Some parts are text, others are not, such as reasoning. */
    private void content(boolean all) throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            add(string(), all);
            return;
        }
        while (json.nextToken() != JsonToken.END_ARRAY) {
            require(JsonToken.START_OBJECT);
            String type = null;
            String part = null;
            while (nextField()) {
                switch (json.currentName()) {
                    case "type" -> type = string();
                    case "text" -> part = string();
                    default -> token |= something();
                }
            }
            if (type == null || TEXTS.contains(type)) {
                add(part, all);
            }
        }
    }

    /** If a choice has both, the message repeats the delta. */
    private void add(@Nullable String piece, boolean all) {
        if (piece == null || piece.isEmpty()) {
            return;
        }
        token = true;
        if (all != whole) {
            if (all && !text.isEmpty()) {
                return;
            }
            whole = all;
            text = "";
            joined = null;
        }
        if (joined != null) {
            joined.append(piece);
        } else if (text.isEmpty()) {
            text = piece;
        } else {
            joined = new StringBuilder(text).append(piece);
        }
    }

    /**
     * @return whether it has a value other than null, false, zero, empty, or only such values
     */
    private boolean something() throws IOException {
        boolean something = value();
        if (json.currentToken().isStructStart()) {
            for (int depth = 1; depth > 0; ) {
                JsonToken next = json.nextToken();
                if (next == null || next == JsonToken.NOT_AVAILABLE) {
                    throw ModelException.nonsense();
                }
                depth += next.isStructStart() ? 1 : next.isStructEnd() ? -1 : 0;
                something |= value();
            }
        }
        return something;
    }

    private boolean value() throws IOException {
        return switch (json.currentToken()) {
            case VALUE_STRING -> json.getTextLength() > 0;
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> json.getDoubleValue() != 0;
            case VALUE_TRUE -> true;
            default -> false;
        };
    }

    /** Groq has its usage here, and why it stopped early. */
    private void groq() throws IOException {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            json.skipChildren();
            return;
        }
        while (nextField()) {
            switch (json.currentName()) {
                case "usage" -> usage();
                case "error" -> failed |= something();
                default -> json.skipChildren();
            }
        }
    }

    /** An error that is no object counts as none. */
    private void usage() throws IOException {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            json.skipChildren();
            return;
        }
        Integer input = null;
        Integer output = null;
        while (nextField()) {
            switch (json.currentName()) {
                case "prompt_tokens", "input_tokens" -> input = fuller(input, count());
                case "completion_tokens", "output_tokens" -> output = fuller(output, count());
                default -> json.skipChildren();
            }
        }
        if (input != null || output != null) {
            usage = fuller(usage, new TokenUsage(input, output));
        }
    }

    /**
     * @return the later counts; if the later ones are missing, the earlier
     */
    static TokenUsage fuller(@Nullable TokenUsage before, TokenUsage later) {
        return before == null
                ? later
                : new TokenUsage(
                        fuller(before.inputTokenCount(), later.inputTokenCount()),
                        fuller(before.outputTokenCount(), later.outputTokenCount()));
    }

    private static @Nullable Integer fuller(@Nullable Integer before, @Nullable Integer later) {
        return before == null || isCount(later) ? later : before;
    }

    private static boolean isCount(@Nullable Integer count) {
        return count != null && count > 0;
    }

    private boolean nextField() throws IOException {
        JsonToken next = json.nextToken();
        JsonToken last = next == JsonToken.FIELD_NAME ? json.nextToken() : next;
        if (last == JsonToken.NOT_AVAILABLE) { // the current token is the one before then
            throw ModelException.nonsense();
        }
        return next == JsonToken.FIELD_NAME;
    }

    /**
     * Reads a text. Some providers have a number or a boolean in its place, which is read as text.
     */
    private @Nullable String string() throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return null;
        }
        if (!json.currentToken().isScalarValue()) {
            throw ModelException.nonsense();
        }
        return json.getText();
    }

    /** Reads a whole number. Some providers give it as a fraction or in quotes. */
    private @Nullable Integer count() throws IOException {
        return switch (json.currentToken()) {
            case VALUE_NUMBER_INT ->
                    json.getNumberType() == JsonParser.NumberType.INT
                            ? json.getIntValue()
                            : Integer.MAX_VALUE;
            case VALUE_NUMBER_FLOAT, VALUE_STRING -> count(json.getText());
            default -> {
                json.skipChildren();
                yield null;
            }
        };
    }

    private static @Nullable Integer count(String number) {
        return COUNT.matcher(number).matches()
                ? (int) Math.min(Double.parseDouble(number), Integer.MAX_VALUE)
                : null;
    }

    private void require(JsonToken expected) {
        if (json.currentToken() != expected) {
            throw ModelException.nonsense();
        }
    }
}

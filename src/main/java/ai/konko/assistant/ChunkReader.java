package ai.konko.assistant;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.langchain4j.model.output.TokenUsage;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@link Chunk}. Each method is called at the opening brace of what it reads and stops at
 * the closing one.
 *
 * <p>Only choice 0 is the reply's. A choice without an index is choice 0 if it is the first.
 */
final class ChunkReader extends ProviderJson {
    /** The types of parts that are text of the reply: chat completions' and responses'. */
    private static final Set<String> TEXTS = Set.of("text", "output_text");

    private String text = "";

    /** All pieces, if there is more than one. */
    private @Nullable StringBuilder joined;

    private boolean said;
    private boolean whole;
    private boolean token;
    private boolean failed;
    private @Nullable String finishReason;
    private @Nullable TokenUsage usage;

    /** Made when something beside text comes. */
    private @Nullable ExtrasReader reader;

    /** What is beside the text of this choice in other parts of the list. */
    private @Nullable ChunkExtras more;

    /** The index of the choice that is being read; -1 until it is known. */
    private int index;

    ChunkReader(JsonParser json) {
        super(json);
    }

    Chunk chunk() {
        return new Chunk(said, text(), whole, token, failed, finishReason, usage, allExtras());
    }

    private @Nullable ChunkExtras allExtras() {
        return reader == null ? more : ChunkExtras.joined(reader.extras(), more);
    }

    private ExtrasReader extras() {
        if (reader == null) {
            reader = new ExtrasReader(json);
        }
        return reader;
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
        while (nextElement()) {
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
            reader = null;
        }
    }

    private void add(ChunkReader same) {
        said |= same.said;
        token |= same.token;
        failed |= same.failed;
        add(same.text(), same.whole);
        finishReason = same.finishReason == null ? finishReason : same.finishReason;
        usage = same.usage == null ? usage : ProviderUsage.fuller(usage, same.usage);
        more = ChunkExtras.joined(more, same.allExtras());
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
                case "reasoning_content", "reasoning" ->
                        token |= extras().reasoning(json.currentName(), all);
                case "tool_calls", "function_call" -> token |= extras().calls(all);
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
        while (nextElement()) {
            require(JsonToken.START_OBJECT);
            String type = null;
            String part = null;
            String thinking = null;
            while (nextField()) {
                switch (json.currentName()) {
                    case "type" -> type = string();
                    case "text" -> part = string();
                    case "thinking" -> thinking = extras().thinking();
                    default -> token |= something();
                }
            }
            if (type == null || TEXTS.contains(type)) {
                add(part, all);
            } else {
                token |= extras().part(type, thinking == null ? part : thinking, all);
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

    private void usage() throws IOException {
        TokenUsage more = new UsageReader(json).read();
        usage = more == null ? usage : ProviderUsage.fuller(usage, more);
    }
}

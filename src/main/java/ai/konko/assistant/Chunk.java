package ai.konko.assistant;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.langchain4j.model.output.TokenUsage;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One event of a streamed chat completion (OpenAI's {@code chat.completion.chunk}), as far as it
 * matters here; everything else in it is passed over.
 *
 * @param text what it adds to the reply
 * @param token whether the model has written anything, also what is not text of the reply, such as
 *     its reasoning
 * @param finishReason in the provider's words
 */
record Chunk(
        String text, boolean token, @Nullable String finishReason, @Nullable TokenUsage usage) {
    private static final JsonFactory JSON = new JsonFactory();

    /**
     * @throws ModelException if it can't be read, or says that there was an error
     */
    static Chunk parse(byte[] event) {
        try (JsonParser json = JSON.createParser(event)) {
            Reader reader = new Reader(json);
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw ModelException.nonsense();
            }
            reader.event();
            if (json.nextToken() != null) {
                throw ModelException.nonsense();
            }
            return new Chunk(
                    reader.text.toString(), reader.token, reader.finishReason, reader.usage);
        } catch (IOException _) {
            throw ModelException.nonsense(); // the parser's words may hold the provider's
        }
    }

    @Override
    public String toString() {
        return "Chunk[finishReason=" + finishReason + "]";
    }

    /** Each method is called at the opening brace of what it reads and stops at the closing one. */
    private static final class Reader {
        private final JsonParser json;
        private final StringBuilder text = new StringBuilder();
        private boolean token;
        private @Nullable String finishReason;
        private @Nullable TokenUsage usage;

        Reader(JsonParser json) {
            this.json = json;
        }

        void event() throws IOException {
            while (nextField()) {
                switch (json.currentName()) {
                    case "choices" -> choices();
                    case "usage" -> usage();
                    case "error" -> error();
                    default -> json.skipChildren();
                }
            }
        }

        private void choices() throws IOException {
            if (json.currentToken() == JsonToken.VALUE_NULL) {
                return;
            }
            require(JsonToken.START_ARRAY);
            while (json.nextToken() != JsonToken.END_ARRAY) {
                require(JsonToken.START_OBJECT);
                choice();
            }
        }

        private void choice() throws IOException {
            while (nextField()) {
                switch (json.currentName()) {
                    case "delta" -> delta();
                    case "finish_reason" -> {
                        String reason = string();
                        finishReason = reason == null ? finishReason : reason;
                    }
                    default -> json.skipChildren();
                }
            }
        }

        private void delta() throws IOException {
            if (json.currentToken() == JsonToken.VALUE_NULL) {
                return;
            }
            require(JsonToken.START_OBJECT);
            while (nextField()) {
                String field = json.currentName();
                if (field.equals("content")) {
                    String piece = string();
                    text.append(piece == null ? "" : piece);
                    token |= piece != null && !piece.isEmpty();
                } else if (!field.equals("role")) {
                    token |= json.currentToken() != JsonToken.VALUE_NULL;
                    json.skipChildren();
                }
            }
        }

        private void usage() throws IOException {
            if (json.currentToken() == JsonToken.VALUE_NULL) {
                return;
            }
            require(JsonToken.START_OBJECT);
            Integer input = null;
            Integer output = null;
            while (nextField()) {
                switch (json.currentName()) {
                    case "prompt_tokens" -> input = count();
                    case "completion_tokens" -> output = count();
                    default -> json.skipChildren();
                }
            }
            usage = new TokenUsage(input, output);
        }

        private void error() throws IOException {
            if (json.currentToken() != JsonToken.VALUE_NULL) {
                throw ModelException.failed("The model's provider reported an error.");
            }
        }

        private boolean nextField() throws IOException {
            boolean more = json.nextToken() == JsonToken.FIELD_NAME;
            if (more) {
                json.nextToken();
            }
            return more;
        }

        private @Nullable String string() throws IOException {
            if (json.currentToken() == JsonToken.VALUE_NULL) {
                return null;
            }
            require(JsonToken.VALUE_STRING);
            return json.getText();
        }

        private @Nullable Integer count() throws IOException {
            if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
                json.skipChildren();
                return null;
            }
            return json.getBigIntegerValue().bitLength() > 31 - 1
                    ? Integer.MAX_VALUE
                    : json.getIntValue();
        }

        private void require(JsonToken expected) {
            if (json.currentToken() != expected) {
                throw ModelException.nonsense();
            }
        }
    }
}

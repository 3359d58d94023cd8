package ai.konko.assistant;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.async.NonBlockingJsonParser;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A chat completion, or one event of a streamed one (OpenAI's {@code chat.completion} and {@code
 * chat.completion.chunk}), as far as it matters here; everything else in it is passed over.
 *
 * @param said whether it has a message, or a part of one, be it empty
 * @param text what it adds to the reply
 * @param token whether the model has written anything, also what is not text of the reply, such as
 *     its reasoning
 * @param finishReason in the provider's words
 */
record Chunk(
        boolean said,
        String text,
        boolean token,
        @Nullable String finishReason,
        @Nullable TokenUsage usage) {
    private static final JsonFactory JSON = new JsonFactory();
    private static final OutputStream NOWHERE = OutputStream.nullOutputStream();

    /** After so many bytes a parser is replaced, for it keeps the names that it has come across. */
    private static final int MOST_BYTES = 1 << 20;

    /**
     * Each thread's parser, which is fed one event after the other: a new one for each token of a
     * stream would be a third of what the token allocates. Of no use any more after an error.
     */
    private static final ThreadLocal<Fed> PARSER = ThreadLocal.withInitial(Fed::new);

    /** A parser and how many bytes it was fed. */
    private static final class Fed {
        final NonBlockingJsonParser json;
        int bytes;

        Fed() {
            try {
                json = (NonBlockingJsonParser) JSON.createNonBlockingByteArrayParser();
            } catch (IOException impossible) {
                throw new UncheckedIOException(impossible);
            }
        }
    }

    /**
     * @throws ModelException if it can't be read, or says that there was an error
     */
    static Chunk parse(ByteBuffer event) {
        Fed fed = PARSER.get();
        boolean read = false;
        try {
            NonBlockingJsonParser json = fed.json;
            ByteBuffer text = EventStream.withoutMark(event);
            int start = text.arrayOffset() + text.position();
            json.feedInput(text.array(), start, start + text.remaining());
            Reader reader = new Reader(json);
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw ModelException.nonsense();
            }
            reader.event();
            int left = json.releaseBuffered(NOWHERE);
            if (!isBlank(event, left) || json.nextToken() != JsonToken.NOT_AVAILABLE) {
                throw ModelException.nonsense();
            }
            read = true;
            return new Chunk(
                    reader.said, reader.text(), reader.token, reader.finishReason, reader.usage);
        } catch (IOException _) {
            throw ModelException.nonsense(); // the parser's words may hold the provider's
        } finally {
            fed.bytes += event.remaining();
            if (!read || fed.bytes > MOST_BYTES) {
                PARSER.remove();
            }
        }
    }

    /** Whether there is nothing but blanks at the end; to the parser a number might go on. */
    private static boolean isBlank(ByteBuffer event, int left) {
        for (int i = event.limit() - left; i < event.limit(); i++) {
            if (event.get(i) > ' ') {
                return false;
            }
        }
        return true;
    }

    /** What a finish reason means; those that OpenAI does not know are an end like any other. */
    static @Nullable FinishReason meaning(@Nullable String finishReason) {
        return switch (finishReason) {
            case null -> null;
            case "length", "model_length" -> FinishReason.LENGTH;
            case "content_filter" -> FinishReason.CONTENT_FILTER;
            default -> FinishReason.STOP;
        };
    }

    @Override
    public String toString() {
        return "Chunk[finishReason=" + finishReason + "]";
    }

    /** Each method is called at the opening brace of what it reads and stops at the closing one. */
    private static final class Reader {
        private final JsonParser json;
        private String text = "";

        /** All pieces, where there is more than one. */
        private @Nullable StringBuilder joined;

        private boolean said;
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
                    case "delta", "message" -> message();
                    case "finish_reason" -> finishReason();
                    default -> json.skipChildren();
                }
            }
        }

        /** Some providers send an empty one with every piece. */
        private void finishReason() throws IOException {
            String reason = string();
            if (reason == null || reason.isEmpty()) {
                return;
            }
            if (reason.equals("error") || reason.equals("abort")) {
                throw ModelException.reported();
            }
            finishReason = reason;
        }

        private void message() throws IOException {
            if (json.currentToken() == JsonToken.VALUE_NULL) {
                return;
            }
            require(JsonToken.START_OBJECT);
            said = true;
            while (nextField()) {
                switch (json.currentName()) {
                    case "content" -> content();
                    case "role" -> json.skipChildren();
                    default -> token |= skipped();
                }
            }
        }

        /** A text, or a list of parts of which some are text, others such as the reasoning. */
        private void content() throws IOException {
            if (json.currentToken() != JsonToken.START_ARRAY) {
                add(string());
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
                        default -> token |= skipped();
                    }
                }
                if (type == null || type.equals("text")) {
                    add(part);
                }
            }
        }

        private void add(@Nullable String piece) {
            if (piece != null && !piece.isEmpty()) {
                token = true;
                if (joined != null) {
                    joined.append(piece);
                } else if (text.isEmpty()) {
                    text = piece;
                } else {
                    joined = new StringBuilder(text).append(piece);
                }
            }
        }

        String text() {
            return joined == null ? text : joined.toString();
        }

        /**
         * @return whether there was anything in it
         */
        private boolean skipped() throws IOException {
            if (!json.currentToken().isStructStart()) {
                return json.currentToken() == JsonToken.VALUE_STRING && json.getTextLength() > 0;
            }
            boolean something = false;
            for (int depth = 1; depth > 0; ) {
                JsonToken next = json.nextToken();
                if (next == null || next == JsonToken.NOT_AVAILABLE) {
                    throw ModelException.nonsense();
                }
                depth += next.isStructStart() ? 1 : next.isStructEnd() ? -1 : 0;
                something |= depth > 0;
            }
            return something;
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
                throw ModelException.reported();
            }
        }

        private boolean nextField() throws IOException {
            JsonToken next = json.nextToken();
            JsonToken last = next == JsonToken.FIELD_NAME ? json.nextToken() : next;
            if (last == JsonToken.NOT_AVAILABLE) { // the current token is the one before then
                throw ModelException.nonsense();
            }
            return next == JsonToken.FIELD_NAME;
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
            return json.getNumberType() == JsonParser.NumberType.INT
                    ? json.getIntValue()
                    : Integer.MAX_VALUE;
        }

        private void require(JsonToken expected) {
            if (json.currentToken() != expected) {
                throw ModelException.nonsense();
            }
        }
    }
}

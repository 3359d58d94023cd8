package ai.konko.assistant;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.async.NonBlockingJsonParser;
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
 * @param text what it adds to the reply; or all of the reply, see {@code whole}
 * @param whole whether the text is that of a message and not of a delta
 * @param token whether the model has written anything, also what is not text of the reply, such as
 *     its reasoning
 * @param failed whether the provider reports an error
 * @param finishReason in the provider's words
 * @param extras null if there is only text
 */
record Chunk(
        boolean said,
        String text,
        boolean whole,
        boolean token,
        boolean failed,
        @Nullable String finishReason,
        @Nullable TokenUsage usage,
        @Nullable ChunkExtras extras) {
    private static final JsonFactory JSON = new JsonFactory();
    private static final OutputStream NOWHERE = OutputStream.nullOutputStream();

    /** A parser is replaced after so many bytes, because it keeps all names that it has read. */
    private static final int MOST_BYTES = 1 << 20;

    /**
     * Each thread's parser, which is fed one event after the other. A new parser for each token
     * would be a third of what a token allocates. After an error it is replaced.
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
     * @throws ModelException if it can't be read
     */
    static Chunk parse(ByteBuffer event) {
        Fed fed = PARSER.get();
        boolean read = false;
        try {
            NonBlockingJsonParser json = fed.json;
            ByteBuffer text = EventStream.withoutMark(event);
            int start = text.arrayOffset() + text.position();
            json.feedInput(text.array(), start, start + text.remaining());
            ChunkReader reader = new ChunkReader(json);
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw ModelException.nonsense();
            }
            reader.event();
            int left = json.releaseBuffered(NOWHERE);
            if (!isBlank(event, left) || json.nextToken() != JsonToken.NOT_AVAILABLE) {
                throw ModelException.nonsense();
            }
            read = true;
            return reader.chunk();
        } catch (IOException _) {
            throw ModelException.nonsense(); // the parser's message may quote the provider
        } finally {
            fed.bytes += event.remaining();
            if (!read || fed.bytes > MOST_BYTES) {
                PARSER.remove();
            }
        }
    }

    /** Whether only blanks follow. The parser needs to see that, because a number might go on. */
    private static boolean isBlank(ByteBuffer event, int left) {
        for (int i = event.limit() - left; i < event.limit(); i++) {
            if (event.get(i) > ' ') {
                return false;
            }
        }
        return true;
    }

    /**
     * @return how the answer ends, if this chunk says so
     */
    @Nullable ModelEnd end() {
        return failed ? ModelEnd.BROKEN : ModelEnd.of(finishReason);
    }

    /** Whether it has neither text of the reply nor a call. */
    boolean isNoAnswer() {
        return text.isEmpty() && (extras == null || extras.calls().isEmpty());
    }

    @Override
    public String toString() {
        return "Chunk[finishReason=" + finishReason + "]";
    }
}

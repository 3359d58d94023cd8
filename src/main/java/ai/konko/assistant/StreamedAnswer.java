package ai.konko.assistant;

import ai.konko.chat.WellFormed;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.TokenUsage;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An answer that comes as a stream of chunks. All text that came with one read is given out at
 * once, never half of a surrogate pair, also if what comes right after it breaks the answer off.
 *
 * <p>The reply is whole once there is a finish reason; what comes after it can only add the usage.
 */
final class StreamedAnswer implements AnswerReader {
    private static final ByteBuffer DONE =
            StandardCharsets.US_ASCII.encode("[DONE]").asReadOnlyBuffer();

    private final int mostUnits;
    private final Consumer<String> out;
    private final EventStream events;
    private final StringBuilder text = new StringBuilder();

    /** What of {@code text} was given out. */
    private int given;

    private @Nullable String finishReason;
    private @Nullable TokenUsage usage;
    private Progress progress = Progress.NONE;

    /**
     * @param most the longest event in bytes and the longest text in UTF-16 units
     * @param out takes the reply's text, piece by piece
     */
    StreamedAnswer(int most, Consumer<String> out) {
        this.mostUnits = most;
        this.out = out;
        this.events = new EventStream(most);
    }

    @Override
    public Progress read(Buffer part) {
        progress = Progress.NONE;
        try {
            events.read(part, this::event);
        } catch (ModelException broken) {
            if (finishReason == null) {
                throw broken;
            }
            progress = Progress.WHOLE;
        } finally {
            giveOut(progress == Progress.WHOLE);
        }
        return progress;
    }

    private void event(ByteBuffer data) {
        if (progress == Progress.WHOLE) {
            return;
        }
        if (data.equals(DONE)) {
            requireFinished();
            progress = Progress.WHOLE;
            return;
        }
        Chunk chunk = Chunk.parse(data);
        text.append(chunk.text());
        if (text.length() > mostUnits) {
            throw ModelException.tooLong();
        }
        finishReason = chunk.finishReason() == null ? finishReason : chunk.finishReason();
        usage = chunk.usage() == null ? usage : chunk.usage();
        if (finishReason != null) {
            progress = Progress.ENDING;
        } else if (chunk.token()) {
            progress = Progress.TOKEN;
        }
    }

    private void giveOut(boolean all) {
        int end = text.length();
        if (!all && end > given && Character.isHighSurrogate(text.charAt(end - 1))) {
            end--;
        }
        if (end > given) {
            String said = text.substring(given, end);
            String piece = WellFormed.repaired(said);
            if (!piece.equals(said)) {
                text.replace(given, end, piece);
            }
            given = end;
            out.accept(piece);
        }
    }

    @Override
    public void end() {
        try {
            events.end(this::event);
        } finally {
            giveOut(true);
        }
        requireFinished();
    }

    private void requireFinished() {
        if (finishReason == null) {
            throw ModelException.brokeOff();
        }
    }

    /**
     * @return whether there is nothing more to come but the usage
     */
    boolean finished() {
        return finishReason != null;
    }

    ChatResponse response() {
        return ChatResponse.builder()
                .aiMessage(AiMessage.from(text.toString()))
                .finishReason(Chunk.meaning(finishReason))
                .tokenUsage(usage)
                .build();
    }
}

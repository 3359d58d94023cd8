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
 * What was given out is not kept.
 *
 * <p>The reply is whole once there is a finish reason; what comes after it can only add the usage.
 */
final class StreamedAnswer implements AnswerReader {
    private static final ByteBuffer DONE =
            StandardCharsets.US_ASCII.encode("[DONE]").asReadOnlyBuffer();

    private final int mostUnits;
    private final Consumer<String> out;
    private final EventStream events;

    /** What is not given out yet. */
    private final StringBuilder text = new StringBuilder();

    /** How much was. */
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
        if (given + text.length() > mostUnits) {
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
        if (!all && end > 0 && Character.isHighSurrogate(text.charAt(end - 1))) {
            end--;
        }
        if (end > 0) {
            String piece = WellFormed.repaired(text.substring(0, end));
            text.delete(0, end);
            given += end;
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

    @Override
    public int held() {
        return events.held() + text.length();
    }

    /**
     * @return without the text, which was given out
     */
    ChatResponse response() {
        return ChatResponse.builder()
                .aiMessage(AiMessage.from(""))
                .finishReason(Chunk.meaning(finishReason))
                .tokenUsage(usage)
                .build();
    }
}

package ai.konko.assistant;

import ai.konko.chat.WellFormed;
import dev.langchain4j.model.chat.response.ChatResponse;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An answer that is of use only as a whole. */
final class WholeAnswer implements AnswerReader {
    private final int mostBytes;
    private @Nullable Buffer body;
    private @Nullable Chunk answer;
    private @Nullable ChatResponse response;

    /** Whether the body is more than its first part, which may be of a fixed size. */
    private boolean joined;

    WholeAnswer(int mostBytes) {
        this.mostBytes = mostBytes;
    }

    @Override
    public Progress read(Buffer part) {
        int before = body == null ? 0 : body.length();
        if (before + part.length() > mostBytes) {
            throw ModelException.tooLong();
        }
        if (body == null) {
            body = part;
        } else if (joined) {
            body.appendBuffer(part);
        } else {
            body = Buffer.buffer().appendBuffer(body).appendBuffer(part);
            joined = true;
        }
        return Progress.NONE;
    }

    @Override
    public void end() {
        Chunk read = Chunk.parse(body == null ? ByteBuffer.allocate(0) : EventStream.bytes(body));
        body = null;
        ModelEnd end = read.end();
        if (end == ModelEnd.BROKEN && read.isNoAnswer()) {
            throw ModelException.reported();
        }
        if (!read.said()) {
            throw ModelException.nonsense();
        }
        answer = read;
        response =
                (end == null ? ModelEnd.STOP : end)
                        .response(
                                WellFormed.repaired(read.text()),
                                read.finishReason(),
                                read.usage());
    }

    @Override
    public int held() {
        return body == null ? 0 : body.length();
    }

    /**
     * @return the answer once it has ended
     */
    Chunk answer() {
        return Objects.requireNonNull(answer);
    }

    /**
     * @return its text and end; one that gives no finish reason has come to its end
     */
    ChatResponse response() {
        return Objects.requireNonNull(response);
    }
}

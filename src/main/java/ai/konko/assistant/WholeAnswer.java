package ai.konko.assistant;

import ai.konko.chat.WellFormed;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** An answer that is of use only as a whole. */
final class WholeAnswer implements AnswerReader {
    private final int mostBytes;
    private @Nullable Buffer body;

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
        // All that came is the answer.
    }

    @Override
    public int held() {
        return body == null ? 0 : body.length();
    }

    /**
     * @throws ModelException if it is no answer
     */
    ChatResponse response() {
        Chunk answer = Chunk.parse(body == null ? ByteBuffer.allocate(0) : EventStream.bytes(body));
        if (!answer.said()) {
            throw ModelException.nonsense();
        }
        return ChatResponse.builder()
                .aiMessage(AiMessage.from(WellFormed.repaired(answer.text())))
                .finishReason(Chunk.meaning(answer.finishReason()))
                .tokenUsage(answer.usage())
                .build();
    }
}

package ai.konko.assistant;

import ai.konko.chat.WellFormed;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import io.vertx.core.buffer.Buffer;

/** An answer that is of use only as a whole. */
final class WholeAnswer implements AnswerReader {
    private final int mostBytes;
    private final Buffer body = Buffer.buffer();

    WholeAnswer(int mostBytes) {
        this.mostBytes = mostBytes;
    }

    @Override
    public Progress read(Buffer part) {
        if (body.length() + part.length() > mostBytes) {
            throw ModelException.tooLong();
        }
        body.appendBuffer(part);
        return Progress.NONE;
    }

    @Override
    public void end() {
        // All that came is the answer.
    }

    /**
     * @throws ModelException if it is no answer
     */
    ChatResponse response() {
        Chunk answer = Chunk.parse(body.getBytes());
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

package ai.konko.assistant;

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

    Buffer body() {
        return body;
    }
}

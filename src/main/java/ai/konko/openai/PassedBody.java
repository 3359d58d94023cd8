package ai.konko.openai;

import ai.konko.assistant.PassedAnswer;
import ai.konko.chat.Message;
import ai.konko.http.OpenAiProblem;
import ai.konko.http.StreamedBody;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.CompletableFuture;

/**
 * An answer that is passed on while it comes. If a stream breaks off, its last event is an error;
 * any other answer is cut off, so that nobody takes it for whole.
 */
final class PassedBody implements StreamedBody {
    private static final Buffer NOTHING = Buffer.buffer(0);

    private final PassedAnswer answer;
    private final CompletableFuture<Message> end;
    private final ObjectMapper json;
    private boolean more;
    private boolean over;
    private boolean left;

    /**
     * @param end completes with the turn's end
     */
    PassedBody(PassedAnswer answer, CompletableFuture<Message> end, ObjectMapper json) {
        this.answer = answer;
        this.end = end;
        this.json = json;
    }

    @Override
    public void open(Runnable wake) {
        answer.listen(wake);
        CompletableFuture<Message> _ = end.whenComplete((_, _) -> wake.run());
    }

    @Override
    public Buffer next() {
        boolean ended = end.isDone(); // all parts are there before
        Buffer part = answer.next();
        more = part != null;
        if (part != null) {
            return part;
        }
        return ended ? last() : NOTHING;
    }

    private Buffer last() {
        if (answer.isWhole()) {
            over = true;
        } else if (answer.isEvents() && !end.isCompletedExceptionally()) {
            over = true;
            return Buffer.buffer("data: " + written(OpenAiProblem.of(end.join())) + "\n\n");
        } else {
            left = true;
        }
        return NOTHING;
    }

    private String written(OpenAiProblem problem) {
        try {
            return json.writeValueAsString(problem);
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("an error can't be written", unwritable);
        }
    }

    @Override
    public boolean hasMore() {
        return more;
    }

    @Override
    public boolean over() {
        return over;
    }

    @Override
    public boolean left() {
        return left;
    }

    @Override
    public boolean takesComments() {
        return answer.isEvents();
    }

    @Override
    public void close() {
        answer.close();
    }
}

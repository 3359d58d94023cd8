package ai.konko.assistant;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.buffer.impl.BufferImpl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WholeAnswerTest {
    private static final byte[] BODY =
            """
            {"choices":[{"message":{"role":"assistant","content":"zwei \u00e9 \u65e5"},\
            "finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4}}"""
                    .getBytes(UTF_8);

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 60, 100, 1000})
    void response_ofPartsOfAnySize_isTheAnswer(int size) {
        WholeAnswer answer = new WholeAnswer(BODY.length);
        for (int from = 0; from < BODY.length; from += size) {
            int length = Math.min(size, BODY.length - from);
            // of a fixed size, as what comes through TLS may be
            answer.read(BufferImpl.buffer(Unpooled.wrappedBuffer(BODY, from, length)));
        }
        answer.end();

        assertThat(answer.response().aiMessage().text()).isEqualTo("zwei \u00e9 \u65e5");
        assertThat(answer.response().tokenUsage().inputTokenCount()).isEqualTo(3);
    }

    @Test
    void read_ofMoreThanTheLimit_refuses() {
        WholeAnswer answer = new WholeAnswer(3);
        answer.read(Buffer.buffer("ab"));

        assertThatThrownBy(() -> answer.read(Buffer.buffer("cd")))
                .isInstanceOf(ModelException.class)
                .hasMessage("The model's answer is too long.");
    }

    @Test
    void response_ofNothing_isNone() {
        WholeAnswer answer = new WholeAnswer(3);
        answer.end();

        assertThatThrownBy(answer::response).isInstanceOf(ModelException.class);
    }
}

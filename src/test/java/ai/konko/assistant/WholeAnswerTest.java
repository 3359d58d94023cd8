package ai.konko.assistant;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.model.output.FinishReason;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.buffer.impl.BufferImpl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
    void end_ofNothing_fails() {
        assertThatThrownBy(new WholeAnswer(3)::end).isInstanceOf(ModelException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "'\"finish_reason\":\"MAX_TOKENS\"', LENGTH",
        "'\"finish_reason\":null', STOP",
        "'\"finish_reason\":\"\"', STOP",
        "'\"index\":0', STOP",
        "'\"finish_reason\":\"error\"', OTHER",
        "'\"finish_reason\":\"who knows\"', OTHER",
        "'\"finish_reason\":\"stop\",\"error\":{\"code\":502}', OTHER"
    })
    void response_ofAText_hasItHoweverItEnded(String rest, FinishReason expected) {
        WholeAnswer answer = new WholeAnswer(1000);
        answer.read(
                Buffer.buffer("{\"choices\":[{\"message\":{\"content\":\"a\"}," + rest + "}]}"));
        answer.end();

        assertThat(answer.response().aiMessage().text()).isEqualTo("a");
        assertThat(answer.response().finishReason()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"error\":{\"message\":\"SECRET\"}}",
                "{\"choices\":[{\"index\":0,\"error\":{\"message\":\"SECRET\"}}]}",
                "{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"ERROR\"}]}"
            })
    void end_ofAnErrorWithoutText_failsWithoutAWordOfIt(String body) {
        WholeAnswer answer = new WholeAnswer(1000);
        answer.read(Buffer.buffer(body));

        assertThatThrownBy(answer::end)
                .isInstanceOf(ModelException.class)
                .hasMessage("The model's provider reported an error.")
                .hasNoCause();
    }
}

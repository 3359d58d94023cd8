package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.assistant.AnswerReader.Progress;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamedAnswerTest {
    private static final String ROLE =
            event("{\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}");
    static final String STOP = event("{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}");
    static final String USAGE =
            event("{\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}");
    static final String DONE = event("[DONE]");
    private static final String GARBAGE = event("{SECRET");

    private final List<String> pieces = new ArrayList<>();
    private final StreamedAnswer answer = new StreamedAnswer(1_000_000, pieces::add);

    @Test
    void read_givesOutTheTextOfOneReadAtOnce() {
        read(ROLE);
        read(delta("a") + delta("b") + delta("c"));
        read(delta(""));
        read(delta("d") + STOP);

        assertThat(pieces).containsExactly("abc", "d");
    }

    @Test
    void read_saysWhatAPartHasBrought() {
        assertThat(read(ROLE)).isEqualTo(Progress.NONE);
        assertThat(read(": ping\n\n")).isEqualTo(Progress.NONE);
        assertThat(read(event("{\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}")))
                .isEqualTo(Progress.TOKEN);
        assertThat(read(delta("a") + event("{}"))).isEqualTo(Progress.TOKEN);
        assertThat(answer.finished()).isFalse();
        assertThat(read(STOP)).isEqualTo(Progress.ENDING);
        assertThat(answer.finished()).isTrue();
        assertThat(read(USAGE)).isEqualTo(Progress.ENDING);
        assertThat(read(DONE)).isEqualTo(Progress.WHOLE);
    }

    @Test
    void read_ofAPairCutInOneRead_joinsIt() {
        read(delta("a\\ud83d") + delta("\\ude00b"));

        assertThat(pieces).containsExactly("a\ud83d\ude00b");
    }

    @Test
    void read_ofAPairCutBetweenReads_givesNoHalf() {
        read(delta("a\\ud83d"));
        read(delta(""));
        read(delta("\\ude00b"));
        read(delta("\\ud83d"));
        read(delta("\\ude00"));

        assertThat(pieces).containsExactly("a", "\ud83d\ude00b", "\ud83d\ude00");
    }

    @ParameterizedTest
    @CsvSource({
        "a\\ud83db, a\ufffdb",
        "a\\ude00b, a\ufffdb",
        "\\ude00\\ud83d, \ufffd\ufffd",
        "\\ud83d\\ud83d\\ude00, \ufffd\ud83d\ude00",
        "\\ud83d\\ude00\\ude00, \ud83d\ude00\ufffd",
        "a\\u0000b, a\ufffdb",
        "a\\ud83d, a\ufffd"
    })
    void read_repairsWhatIsNotWellFormed(String escaped, String repaired) {
        read(delta(escaped) + STOP + DONE);

        assertThat(String.join("", pieces)).isEqualTo(repaired);
    }

    @Test
    void read_ofLoneHalvesInDifferentReads_repairsEach() {
        read(delta("\\ud83d"));
        read(delta("x\\ud83d"));
        read(STOP);
        answer.end();

        assertThat(pieces).containsExactly("\ufffdx", "\ufffd");
    }

    @Test
    void read_ofTextAndThenGarbage_givesOutTheTextFirst() {
        assertThatThrownBy(() -> read(delta("a") + delta("b\\ud83d") + GARBAGE + delta("no")))
                .isInstanceOf(ModelException.class)
                .hasMessage("The model's provider answered nonsense.");

        assertThat(pieces).containsExactly("ab");
    }

    @Test
    void read_ofDoneWithoutAFinishReason_fails() {
        assertThatThrownBy(() -> read(delta("a") + DONE))
                .isInstanceOf(ModelException.class)
                .hasMessage("The model's provider broke off.");

        assertThat(pieces).containsExactly("a");
    }

    @Test
    void end_withoutAFinishReason_givesOutAllTheTextAllTheSame() {
        read(delta("a") + delta("b").strip());

        assertThatThrownBy(answer::end).isInstanceOf(ModelException.class);

        assertThat(pieces).containsExactly("a", "b");
    }

    @Test
    void end_withoutAFinishReason_fails() {
        read(delta("a"));

        assertThatThrownBy(answer::end).isInstanceOf(ModelException.class);
    }

    @Test
    void read_ofFinishReasonAndDone_isWhole() {
        Progress progress = read(delta("a") + STOP + USAGE + DONE + delta("no") + GARBAGE);

        assertThat(progress).isEqualTo(Progress.WHOLE);
        assertThat(pieces).containsExactly("a");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void read_ofGarbageAfterTheFinishReason_isWholeWithoutUsage(boolean inOneRead) {
        if (inOneRead) {
            assertThat(read(delta("a\\ud83d") + STOP + GARBAGE + USAGE)).isEqualTo(Progress.WHOLE);
        } else {
            read(delta("a\\ud83d"));
            read(STOP);
            assertThat(read(GARBAGE)).isEqualTo(Progress.WHOLE);
        }

        assertThat(String.join("", pieces)).isEqualTo("a\ufffd");
        assertThat(answer.response().finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(answer.response().tokenUsage()).isNull();
    }

    @Test
    void read_ofTextOverTheLimit_fails() {
        StreamedAnswer limited = new StreamedAnswer(100, pieces::add);
        for (int i = 0; i < 10; i++) {
            limited.read(Buffer.buffer(delta("0123456789")));
        }

        assertThatThrownBy(() -> limited.read(Buffer.buffer(delta("x"))))
                .isInstanceOf(ModelException.class)
                .hasMessage("The model's answer is too long.");
        assertThat(String.join("", pieces)).startsWith("0123456789".repeat(10));
    }

    @ParameterizedTest
    @CsvSource({
        "stop, STOP",
        "length, LENGTH",
        "model_length, LENGTH",
        "content_filter, CONTENT_FILTER",
        "odd, STOP"
    })
    void response_hasTheFinishReasonAndUsage(String reason, FinishReason expected) {
        read(ROLE + delta("a"));
        read(delta("b"));
        read(event("{\"choices\":[{\"delta\":{},\"finish_reason\":\"" + reason + "\"}]}"));
        read(USAGE);

        answer.end();

        assertThat(pieces).containsExactly("a", "b");
        assertThat(answer.response().finishReason()).isEqualTo(expected);
        assertThat(answer.response().tokenUsage()).isEqualTo(new TokenUsage(3, 4));
    }

    @Test
    void held_isWhatHasNotBeenGivenOut() {
        read(delta("a".repeat(1000)));
        int nothing = answer.held();
        read("data: {\"choices\":[{\"del");

        assertThat(nothing).isZero();
        assertThat(answer.held()).isEqualTo(23);
    }

    @Test
    void read_ofMoreTextThanThereMayBe_fails() {
        for (int i = 0; i < 100; i++) {
            read(delta("a".repeat(10_000)));
        }

        assertThatThrownBy(() -> read(delta("b"))).isInstanceOf(ModelException.class);
    }

    private Progress read(String body) {
        return answer.read(Buffer.buffer(body));
    }

    static String delta(String escaped) {
        return event("{\"choices\":[{\"delta\":{\"content\":\"" + escaped + "\"}}]}");
    }

    static String event(String data) {
        return "data: " + data + "\n\n";
    }
}

package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.assistant.AnswerReader.Progress;
import ai.konko.chat.Draft;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamedAnswerTest {
    static final AnswerBounds BOUNDS = new AnswerBounds(1_000_000, 1_000_000);
    private static final String ROLE =
            event("{\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}");
    static final String STOP = event("{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}");
    static final String USAGE =
            event("{\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}");
    static final String DONE = event("[DONE]");
    private static final String GARBAGE = event("{SECRET");

    private final List<String> pieces = new ArrayList<>();
    private final StreamedAnswer answer = new StreamedAnswer(BOUNDS, texts(pieces::add));

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
        StreamedAnswer limited = new StreamedAnswer(new AnswerBounds(100, 100), texts(pieces::add));
        for (int i = 0; i < 10; i++) {
            limited.read(Buffer.buffer(delta("0123456789")));
        }

        assertThatThrownBy(() -> limited.read(Buffer.buffer(delta("x"))))
                .isInstanceOf(ModelException.class)
                .hasMessage("The model's answer is too long.");
        assertThat(String.join("", pieces)).startsWith("0123456789".repeat(10));
    }

    @ParameterizedTest
    @CsvSource({"stop, STOP", "Max_Tokens, LENGTH", "SAFETY, CONTENT_FILTER", "odd, OTHER"})
    void response_hasTheFinishReasonAndUsage(String reason, FinishReason expected) {
        read(ROLE + delta("a"));
        read(delta("b"));
        read(event("{\"choices\":[{\"delta\":{},\"finish_reason\":\"" + reason + "\"}]}"));
        read(USAGE);

        answer.end();

        assertThat(pieces).containsExactly("a", "b");
        assertThat(answer.response().aiMessage().text()).isEmpty();
        assertThat(answer.response().finishReason()).isEqualTo(expected);
        assertThat(answer.response().tokenUsage()).isEqualTo(new TokenUsage(3, 4));
    }

    @Test
    void read_ofAReasonInEveryChunk_goesOnUntilTheProperEnd() {
        assertThat(read(delta("", "stop"))).isEqualTo(Progress.NONE);
        assertThat(read(delta("a", "stop"))).isEqualTo(Progress.TOKEN);
        assertThat(answer.finished()).as("as the reason is not the end").isFalse();
        assertThat(read(delta("b", "stop"))).isEqualTo(Progress.TOKEN);
        assertThat(read(delta("", "stop"))).isEqualTo(Progress.NONE);
        assertThat(read(delta("c", "stop") + USAGE)).isEqualTo(Progress.TOKEN);
        assertThat(read(DONE)).isEqualTo(Progress.WHOLE);

        assertThat(pieces).containsExactly("a", "b", "c");
        assertThat(answer.response().finishReason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void end_ofAReasonInEveryChunk_isProper() {
        read(delta("a", "stop") + delta("b", "stop"));
        answer.end();

        assertThat(pieces).containsExactly("ab");
    }

    @Test
    void finished_afterAReasonBesideTheLastText_isTrue() {
        read(delta("a"));
        assertThat(read(delta("b", "stop"))).isEqualTo(Progress.TOKEN);

        assertThat(answer.finished()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"DONE", "\"[DONE]\"", "{SECRET", "7"})
    void read_ofWhatCanNotBeReadAfterAReasonBesideTheLastText_isWhole(String event) {
        assertThat(read(delta("a") + delta("b", "length") + event(event) + delta("no")))
                .isEqualTo(Progress.WHOLE);

        assertThat(pieces).containsExactly("ab");
        assertThat(answer.response().finishReason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void read_ofGarbageWhereAReasonWasNotTheEnd_fails() {
        assertThatThrownBy(() -> read(delta("a", "stop") + delta("b", "stop") + GARBAGE))
                .isInstanceOf(ModelException.class);

        assertThat(pieces).containsExactly("ab");
        assertThat(answer.finished()).isFalse();
    }

    @Test
    void read_ofTooMuchTextAfterAReason_fails() {
        StreamedAnswer limited = new StreamedAnswer(new AnswerBounds(1000, 10), texts(pieces::add));
        limited.read(Buffer.buffer(delta("0123456789", "stop")));

        assertThatThrownBy(() -> limited.read(Buffer.buffer(delta("x"))))
                .isInstanceOf(ModelException.class);
        assertThat(limited.finished()).isFalse();
    }

    @Test
    void read_ofMoreTextThanAnEventMayHave_goesOn() {
        StreamedAnswer unbounded =
                new StreamedAnswer(new AnswerBounds(100, Integer.MAX_VALUE), texts(pieces::add));
        for (int i = 0; i < 100; i++) {
            unbounded.read(Buffer.buffer(delta("0123456789")));
        }
        unbounded.read(Buffer.buffer(STOP + DONE));

        assertThat(String.join("", pieces)).hasSize(1000);
        assertThat(unbounded.finished()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "", "None", "FINISH_REASON_UNSPECIFIED", " "})
    void read_ofAWordThatIsNoReason_isNotTheEnd(String word) {
        read(delta("a", word));
        assertThat(answer.finished()).isFalse();

        assertThatThrownBy(() -> read(DONE)).isInstanceOf(ModelException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "length, stop, LENGTH",
        "SAFETY, end_turn, CONTENT_FILTER",
        "stop, length, LENGTH",
        "not_finished, stop, STOP"
    })
    void read_ofASecondReason_tellsOfTheCut(String first, String second, FinishReason expected) {
        read(delta("a", first) + delta("", second) + DONE);

        assertThat(answer.response().finishReason()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"error\"}]}",
                "{\"choices\":[{\"delta\":{\"content\":\"b\"}}],\"error\":{\"code\":1}}",
                "{\"choices\":[{\"delta\":{\"content\":\"b\"},\"error\":\"SECRET\"}]}"
            })
    void read_ofAnErrorBesideText_keepsTheTextAndIsBrokenOff(String event) {
        Progress progress = read(delta("a", "stop") + event(event) + delta("no") + DONE);

        assertThat(progress).isEqualTo(Progress.WHOLE);
        assertThat(pieces).containsExactly("ab");
        assertThat(answer.response().finishReason()).isEqualTo(FinishReason.OTHER);
    }

    @Test
    void read_ofAnErrorBeforeAnyText_fails() {
        assertThatThrownBy(() -> read(event("{\"error\":{\"message\":\"SECRET\"}}")))
                .isInstanceOf(ModelException.class)
                .hasMessage("The model's provider reported an error.");
        assertThat(answer.finished()).isFalse();
    }

    @Test
    void read_ofAnErrorAfterTheEnd_isWhole() {
        Progress progress = read(delta("a") + STOP + event("{\"error\":\"SECRET\"}"));

        assertThat(progress).isEqualTo(Progress.WHOLE);
        assertThat(answer.response().finishReason()).isEqualTo(FinishReason.STOP);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data:\n\n",
                "data: \n\n",
                "data\n\n",
                "data:\ndata:\n\n",
                ":\n\n",
                "data: null\n\n",
                "data: []\n\n",
                "data: {}\n\n"
            })
    void read_ofAnEmptyEvent_isNothing(String event) {
        read(delta("a") + event + delta("b") + STOP + event);
        answer.end();

        assertThat(pieces).containsExactly("ab");
    }

    @Test
    void read_ofTheWholeTextAgain_isNothing() {
        read(delta("Hel") + delta("lo"));
        Progress progress = read(event(message("Hello")));
        answer.end();

        assertThat(progress).isEqualTo(Progress.ENDING);
        assertThat(pieces).containsExactly("Hello");
        assertThat(answer.response().finishReason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void read_ofAMessageAfterEmptyDeltas_isTheText() {
        read(delta("") + event(message("Hello")) + DONE);

        assertThat(pieces).containsExactly("Hello");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"usage\":null",
                "\"usage\":{}",
                "\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}",
                "\"usage\":{\"prompt_tokens\":null}",
                "\"x_groq\":{\"usage\":{\"completion_tokens\":0}}"
            })
    void read_ofAnEmptierUsage_keepsTheOneThatCame(String usage) {
        read(delta("a") + USAGE + STOP + event("{\"choices\":[]," + usage + "}") + DONE);

        assertThat(answer.response().tokenUsage()).isEqualTo(new TokenUsage(3, 4));
    }

    @Test
    void read_ofAGrowingUsage_takesTheLast() {
        read(event("{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}"));
        read(delta("a") + USAGE + STOP + DONE);

        assertThat(answer.response().tokenUsage()).isEqualTo(new TokenUsage(3, 4));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " \r\n", "\uFEFF"})
    void read_ofAWholeCompletion_isTheAnswer(String before) {
        byte[] body = (before + message("Hello")).getBytes(StandardCharsets.UTF_8);
        for (byte each : body) {
            assertThat(answer.read(Buffer.buffer(new byte[] {each}))).isEqualTo(Progress.NONE);
        }
        answer.end();

        assertThat(pieces).isEmpty();
        assertThat(answer.response().aiMessage().text()).isEqualTo("Hello");
        assertThat(answer.response().finishReason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void end_ofACutCompletion_fails() {
        read(message("Hello").substring(0, 40));

        assertThatThrownBy(answer::end).isInstanceOf(ModelException.class);
        assertThat(answer.finished()).isFalse();
        assertThat(pieces).isEmpty();
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

    @Test
    void response_ofAnAnswerThatIsKept_hasAllOfTheText() {
        StreamedAnswer kept = StreamedAnswer.kept(new AnswerBounds(1000, 1000));
        kept.read(Buffer.buffer(delta("a\\ud83d")));
        kept.read(Buffer.buffer(delta("\\ude00b") + STOP + DONE));

        assertThat(kept.held()).isEqualTo(4);
        assertThat(kept.response().aiMessage().text()).isEqualTo("a\ud83d\ude00b");
    }

    private static String message(String text) {
        return "{\"choices\":[{\"index\":0,\"message\":{\"content\":\""
                + text
                + "\"},\"finish_reason\":\"stop\"}]}";
    }

    static String delta(String text, String reason) {
        return event(
                "{\"choices\":[{\"delta\":{\"content\":\"%s\"},\"finish_reason\":\"%s\"}]}"
                        .formatted(text, reason));
    }

    private Progress read(String body) {
        return answer.read(Buffer.buffer(body));
    }

    static String delta(String escaped) {
        return event("{\"choices\":[{\"delta\":{\"content\":\"" + escaped + "\"}}]}");
    }

    /** Takes the text of an answer. */
    static DraftWriter texts(Consumer<String> out) {
        DraftWriter writer = new DraftWriter(Draft.NOWHERE, new CallIds(2, null), 1000, () -> {});
        writer.textsGoBy(out);
        return writer;
    }

    static String event(String data) {
        return "data: " + data + "\n\n";
    }
}

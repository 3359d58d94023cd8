package ai.konko.assistant;

import static ai.konko.assistant.StreamedAnswerTest.BOUNDS;
import static ai.konko.assistant.StreamedAnswerTest.DONE;
import static ai.konko.assistant.StreamedAnswerTest.STOP;
import static ai.konko.assistant.StreamedAnswerTest.delta;
import static ai.konko.assistant.StreamedAnswerTest.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.chat.CallStatus;
import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.TestLimits;
import dev.langchain4j.model.output.FinishReason;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams with reasoning and calls, in the ways in which providers write them. */
class StreamedItemsTest {
    private static final String CALLED =
            event("{\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}");

    private final Cancellation cancellation = new Cancellation();
    private final RecordedDraft draft = new RecordedDraft();
    private final DraftWriter writer =
            new DraftWriter(draft, new CallIds(4, Set.of("taken")), 1000, () -> {});
    private final StreamedAnswer answer = new StreamedAnswer(BOUNDS, writer);

    @Test
    void read_ofReasoningTextAndACall_givesEachOutAsItComes() {
        read(thought("h"));
        read(thought("m"));
        read(delta("Let me "));
        read(delta("see."));
        read(call(0, "a", "weather", ""));
        read(call(0, null, null, "{\\\"city\\\":"));
        read(call(0, null, null, "\\\"Oslo\\\"}"));
        read(CALLED);
        read(DONE);

        assertThat(draft.lines)
                .containsExactly(
                        "begin reasoning",
                        "~h",
                        "~m",
                        "whole hm",
                        "Let me ",
                        "see.",
                        "begin a weather",
                        "whole a {\"city\":\"Oslo\"}");
        assertThat(draft.items()).containsExactly("0 ~hm", "11 a weather {\"city\":\"Oslo\"}");
    }

    @Test
    void read_ofAllInOneRead_hasTheSameOrder() {
        read(thought("h") + delta("a") + thought("m") + delta("b") + CALLED + DONE);

        assertThat(draft.lines)
                .containsExactly(
                        "begin reasoning",
                        "~h",
                        "whole h",
                        "a",
                        "begin reasoning",
                        "~m",
                        "whole m",
                        "b");
    }

    @Test
    void read_ofInterleavedCalls_givesThemOutOneAfterTheOther() {
        read(call(0, "a", "f", "") + call(1, "b", "g", ""));
        read(call(1, null, null, "{\\\"y\\\":") + call(0, null, null, "{\\\"x\\\":"));
        read(delta("text"));
        read(call(1, null, null, "2}"));
        List<String> before = List.copyOf(draft.lines);
        read(call(0, null, null, "1}"));
        List<String> after = List.copyOf(draft.lines);
        read(CALLED + DONE);

        assertThat(before).containsExactly("begin a f");
        assertThat(after)
                .containsExactly(
                        "begin a f", "whole a {\"x\":1}", "begin b g", "whole b {\"y\":2}", "text");
        assertThat(draft.lines).isEqualTo(after);
        assertThat(writer.held()).isZero();
    }

    @Test
    void read_ofTextBetweenCalls_keepsItsPlace() {
        read(delta("a") + call(0, "x", "f", "{}") + delta("b") + thought("c"));
        read(call(1, "y", "g", "{}") + delta("d") + CALLED + DONE);

        assertThat(draft.content.text()).hasToString("abd");
        assertThat(draft.items()).containsExactly("1 x f {}", "2 ~c", "2 y g {}");
    }

    @Test
    void read_ofTextAfterArgumentsThatAreNoJson_comesAtTheEnd() {
        read(call(0, "x", "f", "no json") + delta("a") + thought("b") + call(1, "y", "g", ""));
        assertThat(draft.lines).containsExactly("begin x f");
        read(delta("c") + STOP + DONE);

        assertThat(draft.content.text()).hasToString("ac");
        assertThat(draft.items()).containsExactly("0 x f no json", "1 ~b", "1 y g {}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"index\":0,\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":{\"a\":\"}\"}}}",
                "{\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":\\\"}\\\"}\"}}",
                "{\"id\":\" \",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":\\\"}\\\"}\"}}"
            })
    void read_ofTheSameCallOnceMore_isOne(String whole) {
        read(calls(whole) + calls(whole) + delta("t") + CALLED + DONE);

        assertThat(draft.items()).hasSize(1).first().asString().endsWith(" f {\"a\":\"}\"}");
    }

    @Test
    void read_ofANameWithEachPiece_isOneCall() {
        read(call(0, "x", "f", "{\\\"a\\\"") + call(0, "x", "f", ":1") + call(0, "x", "f", "}"));
        read(call(0, "x", "f", "") + CALLED + DONE);

        assertThat(draft.items()).containsExactly("0 x f {\"a\":1}");
    }

    @Test
    void read_ofOneIndexForSeveralCalls_tellsThemApartByTheirIds() {
        read(call(0, "x", "f", "{\\\"a\\\":") + call(0, null, null, "1}"));
        read(call(0, "y", "f", "{\\\"a\\\":") + call(0, null, null, "2}"));
        read(CALLED + DONE);

        assertThat(draft.items()).containsExactly("0 x f {\"a\":1}", "0 y f {\"a\":2}");
    }

    @Test
    void read_ofOneIndexAndNoIds_tellsCallsApartByTheirArguments() {
        read(call(0, null, "f", "{\\\"a\\\":1}") + call(0, null, "f", "{\\\"a\\\":2}"));
        read(call(0, null, "g", "") + CALLED + DONE);

        assertThat(draft.items())
                .containsExactly(
                        "0 call_4_1 f {\"a\":1}", "0 call_4_2 f {\"a\":2}", "0 call_4_3 g {}");
    }

    @Test
    void read_ofOneIdForSeveralCalls_makesThemDiffer() {
        read(call(0, "taken", "f", "{}") + call(1, "x", "f", "{}") + call(2, "x", "g", "{}"));
        read(call(3, "x".repeat(129), "h", "{}") + call(4, "a b", "h", "{}") + CALLED + DONE);

        assertThat(draft.items())
                .containsExactly(
                        "0 taken_2 f {}",
                        "0 x f {}",
                        "0 x_2 g {}",
                        "0 call_4_4 h {}",
                        "0 call_4_5 h {}");
    }

    @Test
    void read_ofPiecesWithoutAnIndex_areOfTheLastCall() {
        read(piece("\"id\":\"x\",", "\"name\":\"f\",\"arguments\":\"\""));
        read(piece("", "\"arguments\":\"{\\\"a\\\":\""));
        read(piece("\"id\":\"x\",", "\"arguments\":\"1}\""));
        read(piece("", "\"name\":\"g\"") + piece("", "\"name\":\"h\"") + CALLED + DONE);

        assertThat(draft.items())
                .containsExactly("0 x f {\"a\":1}", "0 call_4_2 g {}", "0 call_4_3 h {}");
    }

    @Test
    void read_ofSeveralCallsInOneListWithoutIndexes_hasThemAll() {
        String none = "{\"function\":{\"name\":\"f\",\"arguments\":\"\"}}";

        read(calls(none + "," + none) + CALLED + DONE);

        assertThat(draft.items()).containsExactly("0 call_4_1 f {}", "0 call_4_2 f {}");
    }

    @Test
    void read_ofTheEarlierForm_isACall() {
        read(function("\"name\":\"f\",\"arguments\":\"\""));
        read(function("\"arguments\":\"{\\\"a\\\"\"") + function("\"arguments\":\":1}\""));
        read(event("{\"choices\":[{\"delta\":{},\"finish_reason\":\"function_call\"}]}") + DONE);

        assertThat(draft.items()).containsExactly("0 call_4_1 f {\"a\":1}");
    }

    @Test
    void read_ofACallWithoutAName_isNone() {
        read(call(0, "x", null, "{}") + delta("a") + CALLED + DONE);

        assertThat(draft.lines).containsExactly("a");
    }

    @Test
    void read_ofANameThatComesLate_hasTheArgumentsBeforeIt() {
        read(call(0, "x", null, "{\\\"a\\\":") + delta("t") + call(0, null, "f", "1}"));
        read(CALLED + DONE);

        assertThat(draft.items()).containsExactly("1 x f {\"a\":1}");
    }

    @Test
    void read_ofAMessageAfterDeltas_repeatsThem() {
        String message =
                "\"message\":{\"content\":\"t\",\"reasoning\":\"r\",\"tool_calls\":["
                        + "{\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}";

        read(thought("r") + delta("t") + call(0, "x", "f", "{}"));
        read(event("{\"choices\":[{" + message + ",\"finish_reason\":\"tool_calls\"}]}") + DONE);

        assertThat(draft.content.text()).hasToString("t");
        assertThat(draft.items()).containsExactly("0 ~r", "1 x f {}");
    }

    @Test
    void read_ofAMessageAlone_hasItsCalls() {
        String same = "{\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}";

        read(
                event(
                                "{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[%1$s,%1$s]}}]}"
                                        .formatted(same))
                        + CALLED
                        + DONE);

        assertThat(draft.items()).containsExactly("0 x f {}", "0 x_2 f {}");
    }

    @Test
    void read_repairsWhatIsNotWellFormed() {
        read(thought("a\\ud83d"));
        read(thought("\\ude00\\ud83d"));
        read(call(0, "x\\u0000", "f\\u0000", "{\\\"a\\\":\\\"\\ud83d") + CALLED + DONE);

        assertThat(draft.items())
                .containsExactly("0 ~a\ud83d\ude00\ufffd", "0 call_4_1 f\ufffd {\"a\":\"\ufffd");
    }

    @Test
    void end_withoutAFinishReason_givesOutWhatWasHeldBack() {
        read(call(0, "x", "f", "{\\\"a\\\"") + delta("t"));

        assertThatThrownBy(answer::end).isInstanceOf(ModelException.class);

        assertThat(draft.content.text()).hasToString("t");
        assertThat(draft.items()).containsExactly("0 x f {\"a\"");
    }

    @Test
    void failed_inTheMiddleOfACall_givesOutWhatWasHeldBack() {
        read(call(0, "x", "f", "{\\\"a\\\"") + call(1, "y", "g", "{}") + delta("t"));

        answer.failed();
        read(delta("late"));

        assertThat(draft.content.text()).hasToString("t");
        assertThat(draft.items()).containsExactly("0 x f {\"a\"", "0 y g {}");
    }

    @Test
    void read_ofAnErrorAfterACall_isBrokenOff() {
        read(call(0, "x", "f", "{}") + event("{\"error\":{\"code\":500}}"));

        assertThat(draft.items()).containsExactly("0 x f {}");
        assertThat(answer.response().finishReason()).isEqualTo(FinishReason.OTHER);
    }

    @Test
    void read_ofAnErrorAfterReasoningAlone_fails() {
        assertThatThrownBy(() -> read(thought("hm") + event("{\"error\":\"SECRET\"}")))
                .isInstanceOf(ModelException.class);
    }

    @Test
    void read_ofMoreThanMayBeHeldBack_endsWhatIsUnderWay() {
        read(call(0, "x", "f", "{\\\"a\\\":\\\"") + delta("t"));
        for (int i = 0; i < 20; i++) {
            read(call(0, null, null, "0123456789".repeat(10)));
        }

        assertThat(draft.content.text()).hasToString("t");
        assertThat(draft.items()).hasSize(1).first().asString().hasSizeBetween(900, 1100);
    }

    @Test
    void read_ofMoreThanMayBeHeldBack_endsAsLength() {
        StreamedAnswer bounded = bounded(300);

        bounded.read(Buffer.buffer(call(0, "x", "f", "{\\\"a\\\":") + call(1, "y", "g", "")));
        bounded.read(Buffer.buffer(delta("a".repeat(200)) + CALLED + DONE));

        assertEndedAsLength(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", ""})
    void read_ofMoreCallsThanOutputsMayCome_endsAsLength(String arguments) {
        StreamedAnswer bounded = bounded(100_000);
        for (int i = 0; i < DraftWriter.MOST_CALLS; i++) {
            bounded.read(Buffer.buffer(call(i, "x", "f", arguments)));
        }
        assertThat(cancellation.cancelled()).isFalse();

        bounded.read(Buffer.buffer(call(DraftWriter.MOST_CALLS, "x", "f", arguments)));

        assertEndedAsLength(DraftWriter.MOST_CALLS);
    }

    private StreamedAnswer bounded(int most) {
        TextAllowance allowance = new TextInFlight(TestLimits.WIDE).open(Owner.ANONYMOUS);
        TextAllowance.Bounded out = allowance.bounding(draft, cancellation, true);
        CallIds ids = new CallIds(4, Set.of());
        return new StreamedAnswer(BOUNDS, new DraftWriter(out, ids, most, out::fill));
    }

    private void assertEndedAsLength(int calls) {
        Outcome end = cancellation.ending().of(draft.content.written());
        assertThat(end.finishReason()).isEqualTo(ai.konko.chat.FinishReason.LENGTH);
        assertThat(Items.ended(end, true, Instant.EPOCH))
                .hasSize(calls)
                .allMatch(item -> ((Item.Call) item).status() == CallStatus.INTERRUPTED);
    }

    @Test
    void held_countsWhatIsAssembled() {
        read(call(0, "x", "f", "{\\\"a\\\":\\\"" + "0".repeat(500)));
        read(delta("a".repeat(100)));

        assertThat(answer.held()).isBetween(606, 700);
    }

    @Test
    void read_ofMoreCallsThanAnAnswerMayHave_fails() {
        StreamedAnswer limited = new StreamedAnswer(new AnswerBounds(1000, 100), writer);
        limited.read(Buffer.buffer(call(0, "x", "f", "0".repeat(60))));

        assertThatThrownBy(() -> limited.read(Buffer.buffer(call(0, "x", "f", "0".repeat(60)))))
                .isInstanceOf(ModelException.class)
                .hasMessage("The model's answer is too long.");
    }

    @Test
    void read_ofRandomStreamsCutAtRandom_isTheSameHoweverTheyAreCut() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            Mixed mixed = new Mixed(random);
            Buffer body = Buffer.buffer(mixed.stream + CALLED + DONE);
            RecordedDraft atOnce = read(List.of(body));
            RecordedDraft cut = read(cut(body, random));

            assertThat(cut.content.written())
                    .as("seed %d", seed)
                    .isEqualTo(atOnce.content.written());
            assertThat(atOnce.content.text().toString())
                    .as("seed %d", seed)
                    .isEqualTo(mixed.text.toString());
            assertThat(Items.calls(atOnce.content.items()))
                    .as("seed %d", seed)
                    .extracting(each -> each.callId() + each.arguments())
                    .containsExactlyElementsOf(mixed.calls);
        }
    }

    private static List<Buffer> cut(Buffer body, Random random) {
        List<Buffer> parts = new ArrayList<>();
        for (int from = 0, to; from < body.length(); from = to) {
            to = Math.min(body.length(), from + 1 + random.nextInt(40));
            parts.add(body.slice(from, to));
        }
        return parts;
    }

    private static RecordedDraft read(List<Buffer> parts) {
        RecordedDraft draft = new RecordedDraft();
        StreamedAnswer answer =
                new StreamedAnswer(
                        BOUNDS, new DraftWriter(draft, new CallIds(2, null), 100_000, () -> {}));
        parts.forEach(answer::read);
        return draft;
    }

    /** Three calls whose pieces, in order, are mixed with one another, text and reasoning. */
    private static final class Mixed {
        private final StringBuilder stream = new StringBuilder();
        private final StringBuilder text = new StringBuilder();

        /** In the order in which they begin. */
        private final List<String> calls = new ArrayList<>();

        Mixed(Random random) {
            List<List<String>> pieces = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                List<String> ofCall = new ArrayList<>(List.of(call(i, "c" + i, "f" + i, "")));
                for (String part : List.of("{\\\"a", "\\\":[1,", "" + i, "]}")) {
                    ofCall.add(call(i, null, null, part));
                }
                pieces.add(ofCall);
            }
            List<List<String>> left = new ArrayList<>(pieces);
            while (!left.isEmpty()) {
                String number = "" + random.nextInt(9);
                switch (random.nextInt(6)) {
                    case 0 -> {
                        stream.append(delta("text" + number));
                        text.append("text").append(number);
                    }
                    case 1 -> stream.append(thought("hm" + number));
                    default -> {
                        List<String> next = left.get(random.nextInt(left.size()));
                        if (next.size() == 5) {
                            int i = pieces.indexOf(next);
                            calls.add("c" + i + "_2{\"a\":[1," + i + "]}");
                        }
                        stream.append(next.removeFirst());
                        if (next.isEmpty()) {
                            left.remove(next);
                        }
                    }
                }
            }
        }
    }

    private static String thought(String escaped) {
        return event("{\"choices\":[{\"delta\":{\"reasoning_content\":\"" + escaped + "\"}}]}");
    }

    private static String call(int index, String id, String name, String arguments) {
        return piece(
                "\"index\":" + index + "," + (id == null ? "" : "\"id\":\"" + id + "\","),
                (name == null ? "" : "\"name\":\"" + name + "\",")
                        + "\"arguments\":\""
                        + arguments
                        + "\"");
    }

    private static String piece(String fields, String function) {
        return calls("{" + fields + "\"function\":{" + function + "}}");
    }

    private static String calls(String list) {
        return event("{\"choices\":[{\"delta\":{\"tool_calls\":[" + list + "]}}]}");
    }

    private static String function(String fields) {
        return event("{\"choices\":[{\"delta\":{\"function_call\":{" + fields + "}}}]}");
    }

    private void read(String body) {
        answer.read(Buffer.buffer(body));
    }
}

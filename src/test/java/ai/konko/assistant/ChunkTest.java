package ai.konko.assistant;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.langchain4j.model.output.TokenUsage;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkTest {
    private static final String FULL =
            """
            {"id":"SECRET","object":"chat.completion.chunk","created":1,"choices":[{"index":0,\
            "delta":{"role":"assistant","content":"SECRET \u00e9 \ud83d\ude00"},"logprobs":null,\
            "finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4,\
            "total_tokens":7,"prompt_tokens_details":{"cached_tokens":2}}}""";

    private static final TokenUsage USAGE = new ProviderUsage(3, 4, 2, null);

    @Test
    void parse_takesTextFinishReasonAndUsage() {
        Chunk chunk = parse(FULL);

        assertThat(chunk.text()).isEqualTo("SECRET \u00e9 \ud83d\ude00");
        assertThat(chunk.token()).isTrue();
        assertThat(chunk.finishReason()).isEqualTo("stop");
        assertThat(chunk.usage()).isNotNull();
        assertThat(chunk.usage().inputTokenCount()).isEqualTo(3);
        assertThat(chunk.usage().outputTokenCount()).isEqualTo(4);
        assertThat(chunk.extras()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"choices\":[]}",
                "{\"choices\":null}",
                "{\"choices\":[null]}",
                "{\"choices\":[{}]}",
                "{\"choices\":[{\"delta\":{}}]}",
                "{\"choices\":[{\"delta\":null,\"finish_reason\":null}]}",
                "{\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}",
                "{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}",
                "{\"choices\":[{\"delta\":{\"content\":null,\"refusal\":null}}],\"usage\":null}",
                "{\"error\": null}",
                "{\"error\": \"\"}",
                "{\"error\": {}}",
                "{\"error\": []}",
                "{\"error\": false}",
                "{\"error\": 0}",
                "{\"error\": {\"code\": null, \"message\": \"\", \"details\": [{}]}}",
                "{\"choices\":[{\"error\": {}}]}",
                "{\"usage\": {}}",
                "{\"usage\": \"\"}",
                "{\"usage\": [\"SECRET\"]}",
                "{\"usage\": 7}",
                "{\"choices\":[{\"usage\": {\"prompt_tokens\": null}}], \"x_groq\": {\"usage\": null}}",
                "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"other\"},\"finish_reason\":\"stop\"}]}",
                "{\"choices\":[{\"delta\":{\"content\":\"other\"},\"finish_reason\":\"stop\",\"index\":1}]}",
                "{\"choices\":[{\"index\":0},{\"delta\":{\"content\":\"no\"}},{\"index\":2,\"error\":\"no\"}]}"
            })
    void parse_ofAChunkWithoutAnyText_isNoToken(String event) {
        Chunk chunk = parse(event);

        assertThat(chunk)
                .isEqualTo(new Chunk(chunk.said(), "", false, false, false, null, null, null));
    }

    @Test
    void parse_ofAWholeAnswer_hasItsMessage() {
        Chunk chunk =
                parse(
                        """
                        {"choices":[{"index":0,"message":{"role":"assistant","content":"all"},\
                        "finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}""");

        assertThat(chunk)
                .isEqualTo(
                        new Chunk(
                                true,
                                "all",
                                true,
                                true,
                                false,
                                "stop",
                                new TokenUsage(1, 2),
                                null));
        assertThat(parse("{\"choices\":[{\"index\":0}]}").said()).isFalse();
        assertThat(parse("{\"choices\":[{\"message\":null}]}").said()).isFalse();
        assertThat(parse("{\"choices\":[]}").said()).isFalse();
    }

    @Test
    void parse_ofContentInParts_takesTheText() {
        String parts =
                """
                [{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},\
                {"type":"text","text":"one "},{"text":"t"},{"type":"output_text","text":"wo"},\
                {"type":"image","text":"no"}]""";

        Chunk chunk = parse("{\"choices\":[{\"delta\":{\"content\":" + parts + "}}]}");

        assertThat(chunk)
                .isEqualTo(
                        new Chunk(true, "one two", false, true, false, null, null, thought("hm")));
        assertThat(parse("{\"choices\":[{\"delta\":{\"content\":[]}}]}").token()).isFalse();
    }

    @Test
    void parse_ofMessageAndDelta_hasTheTextOnce() {
        String delta = "\"delta\":{\"content\":\"once\"}";
        String message = "\"message\":{\"content\":\"once more\"}";

        for (String both : List.of(delta + "," + message, message + "," + delta)) {
            assertThat(parse("{\"choices\":[{" + both + "}]}").text()).isEqualTo("once");
        }
        assertThat(parse("{\"choices\":[{\"delta\":{\"content\":\"\"}," + message + "}]}"))
                .isEqualTo(new Chunk(true, "once more", true, true, false, null, null, null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"index\":0,\"delta\":{\"content\":\"a\"}},{\"index\":1,\"delta\":{\"content\":\"X\"},\"finish_reason\":\"stop\"}",
                "{\"index\":1,\"delta\":{\"content\":\"X\"},\"error\":\"X\"},{\"index\":0,\"delta\":{\"content\":\"a\"}}",
                "{\"delta\":{\"content\":\"X\"},\"index\":2},{\"delta\":{\"content\":\"a\"},\"index\":0}",
                "{\"delta\":{\"content\":\"a\"}},{\"delta\":{\"content\":\"X\"},\"finish_reason\":\"stop\"}"
            })
    void parse_ofSeveralChoices_takesTheFirst(String choices) {
        Chunk chunk = parse("{\"choices\":[" + choices + "]}");

        assertThat(chunk).isEqualTo(new Chunk(true, "a", false, true, false, null, null, null));
    }

    @Test
    void parse_ofAnotherChoice_keepsTheUsageBesideIt() {
        String usage = "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}";
        String other = "\"choices\":[{\"delta\":{\"content\":\"X\"},\"index\":1}]";

        for (String event : List.of(usage + "," + other, other + "," + usage)) {
            assertThat(parse("{" + event + "}").usage()).isEqualTo(new TokenUsage(1, 2));
        }
    }

    @Test
    void parse_ofOneChoiceInTwo_joinsThem() {
        Chunk chunk =
                parse(
                        """
                        {"choices":[{"index":0,"delta":{"content":"a"}},\
                        {"index":0,"delta":{"tool_calls":[{"id":"x"}]},"finish_reason":"stop"}]}""");

        CallPiece piece = new CallPiece(-1, "x", null, "", false);
        assertThat(chunk)
                .isEqualTo(
                        new Chunk(
                                true,
                                "a",
                                false,
                                true,
                                false,
                                "stop",
                                null,
                                new ChunkExtras("", false, List.of(piece))));
    }

    private static ChunkExtras thought(String text) {
        return new ChunkExtras(text, false, List.of());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"choices\":[{\"usage\":USAGE}]}",
                "{\"x_groq\":{\"id\":\"x\",\"usage\":USAGE}}",
                "{\"usage\":USAGE,\"choices\":[{\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}}]}",
                "{\"x_groq\":{\"usage\":USAGE},\"usage\":{}}",
                "{\"usage\":USAGE,\"x_groq\":null}",
                "{\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}",
                "{\"usage\":{\"input_tokens\":0,\"prompt_tokens\":3,\"completion_tokens\":4,\"output_tokens\":0}}"
            })
    void parse_ofUsageAnywhere_takesIt(String event) {
        String usage = "{\"prompt_tokens\":3,\"completion_tokens\":4}";

        assertThat(parse(event.replace("USAGE", usage)).usage()).isEqualTo(new TokenUsage(3, 4));
    }

    @ParameterizedTest
    @CsvSource({
        "7, 7",
        "-1.50, -1.50",
        "1e3, 1e3",
        "12345678901234567890123, 12345678901234567890123",
        "true, true",
        "false, false"
    })
    void parse_ofAScalarForAText_takesItsText(String scalar, String text) {
        for (String content : List.of(scalar, "[{\"type\":\"text\",\"text\":" + scalar + "}]")) {
            Chunk chunk = parse("{\"choices\":[{\"delta\":{\"content\":" + content + "}}]}");

            assertThat(chunk)
                    .isEqualTo(new Chunk(true, text, false, true, false, null, null, null));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, UNKNOWN", "0, UNKNOWN", "2.5, UNKNOWN", "true, UNKNOWN", "false,", "null,"})
    void parse_ofAFinishReasonThatIsNoText_keepsTheTextBesideIt(String reason, ModelEnd end) {
        Chunk chunk =
                parse(
                        "{\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":%s}]}"
                                .formatted(reason));

        assertThat(chunk.text()).isEqualTo("a");
        assertThat(chunk.end()).isEqualTo(end);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"tool_calls\":[]",
                "\"reasoning_content\":\"\"",
                "\"refusal\":\"\",\"content\":\"\"",
                "\"audio\":{}"
            })
    void parse_ofEmptyFields_isNoToken(String delta) {
        assertThat(parse("{\"choices\":[{\"delta\":{" + delta + "}}]}").token()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"reasoning_content\":\"hm\"",
                "\"content\":null,\"reasoning_content\":\"hm\"",
                "\"reasoning_content\":\"hm\",\"content\":\"\"",
                "\"tool_calls\":[{\"function\":{\"content\":\"no\"}}],\"content\":null"
            })
    void parse_ofWhatIsNotText_isATokenAllTheSame(String delta) {
        Chunk chunk = parse("{\"choices\":[{\"delta\":{" + delta + "}}]}");

        assertThat(chunk.token()).isTrue();
        assertThat(chunk.text()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.5e3",
                "true",
                "null",
                "\"content\"",
                "[]",
                "[[{\"error\":1}],2]",
                "{}",
                "{\"error\":{\"choices\":7},\"content\":\"no\",\"usage\":[]}",
                "{\"choices\":[{\"delta\":{\"content\":\"no\"},\"finish_reason\":\"no\"}]}"
            })
    void parse_passesOverUnknownFieldsOfAnyShape(String any) {
        String event =
                """
                {"x":%1$s,"choices":[{"x":%1$s,"delta":{"role":"x","content":"yes"},"x":%1$s,\
                "finish_reason":"length"}],"x":%1$s,"usage":{"x":%1$s,"prompt_tokens":1,\
                "completion_tokens":2,"x":%1$s},"x":%1$s}"""
                        .formatted(any);

        Chunk chunk = parse(event);

        assertThat(chunk)
                .isEqualTo(
                        new Chunk(
                                chunk.said(),
                                "yes",
                                false,
                                true,
                                false,
                                "length",
                                new TokenUsage(1, 2),
                                null));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1073741823, 1073741823",
        "2147483647, 2147483647",
        "1073741825, 1073741825",
        "2147483648, 2147483647",
        "9223372036854775808, 2147483647",
        "99999999999999999999999999, 2147483647",
        "null,",
        "1.5, 1",
        "7.0, 7",
        "1e3,",
        "-7.5,",
        "'\"7\"', 7",
        "'\"99999999999\"', 2147483647",
        "'\"SECRET\"',",
        "'{\"completion_tokens\":7}',",
        "'[7]',"
    })
    void parse_ofACount_staysAnInt(String count, Integer expected) {
        String event = "{\"usage\":{\"prompt_tokens\":" + count + ",\"completion_tokens\":5}}";

        TokenUsage usage = parse(event).usage();

        assertThat(usage).isNotNull();
        assertThat(usage.inputTokenCount()).isEqualTo(expected);
        assertThat(usage.outputTokenCount()).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "SECRET",
                "null",
                "7",
                "\"SECRET\"",
                "[]",
                "[{\"choices\":[]}]",
                "{} SECRET",
                "{}{}",
                "{}]",
                "{\"SECRET\"}",
                "{'choices':[]}",
                "{\"id\":SECRET}",
                "{\"choices\":{\"SECRET\":1}}",
                "{\"choices\":\"SECRET\"}",
                "{\"choices\":[\"SECRET\"]}",
                "{\"choices\":[[]]}",
                "{\"choices\":[{\"delta\":\"SECRET\"}]}",
                "{\"choices\":[{\"delta\":[]}]}",
                "{\"choices\":[{\"delta\":{\"content\":[\"SECRET\"]}}]}",
                "{\"choices\":[{\"delta\":{\"content\":{\"text\":\"SECRET\"}}}]}",
                "{\"choices\":[{\"delta\":{\"content\":\"SECRET\\x\"}}]}",
                "{\"choices\":[{\"finish_reason\":{}}]}"
            })
    void parse_ofGarbage_failsWithoutAWordOfIt(String event) {
        Throwable thrown = catchThrowable(() -> parse(event));

        assertThat(thrown)
                .isInstanceOf(ModelException.class)
                .hasMessage("The model's provider answered nonsense.")
                .hasNoCause();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"choices\":[{\"delta\":{\"error\":{\"message\":\"no\"}}}]}",
                "{\"choices\":[{\"message\":{\"content\":\"Hel\",\"error\":\"no\"}}]}",
                "{\"error\":{\"message\":\"SECRET\"}}",
                "{\"error\":\"SECRET\"}",
                "{\"error\":7}",
                "{\"error\":true}",
                "{\"error\":[{\"code\":7}]}",
                "{\"choices\":[{\"error\":{\"code\":502}}]}",
                "{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"error\":\"SECRET\"}",
                "{\"x_groq\":{\"error\":\"SECRET\"}}"
            })
    void parse_ofAnError_saysSo(String event) {
        assertThat(parse(event).failed()).isTrue();
        assertThat(parse(event).end()).isEqualTo(ModelEnd.BROKEN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\n\t\r "})
    void parse_ofBlanksAround_isTheChunk(String blanks) {
        for (int i = 0; i < 3; i++) {
            assertThat(parse(blanks + FULL + blanks)).isEqualTo(parse(FULL));
        }
    }

    @Test
    void parse_ofAByteOrderMarkBefore_isTheChunkEachTime() {
        for (int i = 0; i < 3; i++) {
            assertThat(parse("\uFEFF" + FULL)).isEqualTo(parse(FULL));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "-", "t", "\"", "{", "}", "[", "{}", "\u00e9", ",", "/"})
    void parse_ofMoreThanAChunk_failsAndLeavesNothingToTheNext(String more) {
        for (String between : List.of("", " ")) {
            assertThatThrownBy(() -> parse(FULL + between + more))
                    .isInstanceOf(ModelException.class);
            assertThat(parse(FULL).usage()).isEqualTo(USAGE);
        }
    }

    @Test
    void parse_ofATruncatedChunk_fails() {
        byte[] event = FULL.getBytes(UTF_8);
        for (int length = 0; length < event.length; length++) {
            byte[] truncated = Arrays.copyOf(event, length);

            assertThatThrownBy(() -> Chunk.parse(ByteBuffer.wrap(truncated)))
                    .as("the first %d bytes", length)
                    .isInstanceOf(ModelException.class);
        }
    }

    @Test
    void parse_ofRandomlyBrokenChunks_failsInNoOtherWayAndLeavesNothingToTheNext() {
        for (long seed = 0; seed < 5_000; seed++) {
            Random random = new Random(seed);
            byte[] event = FULL.getBytes(UTF_8);
            for (int i = random.nextInt(4); i >= 0; i--) {
                event[random.nextInt(event.length)] = (byte) random.nextInt(256);
            }

            Throwable thrown = catchThrowable(() -> Chunk.parse(ByteBuffer.wrap(event)));

            if (thrown != null) {
                assertThat(thrown).as("seed %d", seed).isInstanceOf(ModelException.class);
            }
            assertThat(parse(FULL).usage()).as("after seed %d", seed).isEqualTo(USAGE);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"reasoning_content\":\"hm\"",
                "\"reasoning\":\"hm\",\"reasoning_content\":\"hm\"",
                "\"reasoning\":\"hm\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"hm\"}]",
                "\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"h\"},{\"text\":\"m\"}]}]",
                "\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\"}]",
                "\"content\":[{\"type\":\"reasoning\",\"text\":\"hm\"}]"
            })
    void parse_ofReasoningInAnyForm_hasItOnce(String delta) {
        Chunk chunk = parse("{\"choices\":[{\"delta\":{" + delta + "}}]}");

        assertThat(chunk)
                .isEqualTo(new Chunk(true, "", false, true, false, null, null, thought("hm")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"tool_calls\":[{\"index\":0,\"id\":\"x\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":[1.50]}\"}}]",
                "\"tool_calls\":[{\"index\":\"0\",\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":{\"a\":[1.50]}}}]",
                "\"tool_calls\":[null,{\"index\":0,\"id\":\"x\",\"name\":\"f\",\"arguments\":{\"a\":[1.50]}},{}]"
            })
    void parse_ofACallInAnyForm_hasItsPiece(String delta) {
        Chunk chunk = parse("{\"choices\":[{\"delta\":{" + delta + "}}]}");

        assertThat(chunk.extras()).isNotNull();
        assertThat(chunk.extras().calls())
                .containsExactly(new CallPiece(0, "x", "f", "{\"a\":[1.50]}", false));
    }

    @Test
    void parse_ofACallOfTheEarlierForm_hasItsPiece() {
        String call = "\"function_call\":{\"name\":\"f\",\"arguments\":null}";

        Chunk chunk = parse("{\"choices\":[{\"message\":{\"content\":null," + call + "}}]}");

        assertThat(chunk.extras()).isNotNull();
        assertThat(chunk.extras().calls()).containsExactly(new CallPiece(-1, null, "f", "", true));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"prompt_tokens_details\":{\"cached_tokens\":2},\"completion_tokens_details\":{\"reasoning_tokens\":1}",
                "\"input_tokens_details\":{\"cached_tokens\":2},\"output_tokens_details\":{\"reasoning_tokens\":1}",
                "\"prompt_cache_hit_tokens\":2,\"reasoning_tokens\":1,\"prompt_tokens_details\":null"
            })
    void parse_ofUsageInDetail_hasIt(String details) {
        TokenUsage usage =
                parse("{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4," + details + "}}")
                        .usage();

        assertThat(ProviderUsage.cachedInput(usage)).isEqualTo(2);
        assertThat(ProviderUsage.reasoning(usage)).isEqualTo(1);
    }

    @Test
    void parse_ofTruncatedCalls_fails() {
        byte[] event =
                """
                {"choices":[null,{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"text":"x"}]}],\
                "tool_calls":[null,{"index":0,"function":{"arguments":{"a":[1,{}]}}}]}}],\
                "usage":{"prompt_tokens":1,"prompt_tokens_details":{"cached_tokens":1}}}"""
                        .getBytes(UTF_8);
        for (int length = 0; length < event.length; length++) {
            byte[] truncated = Arrays.copyOf(event, length);

            assertThatThrownBy(() -> Chunk.parse(ByteBuffer.wrap(truncated)))
                    .as("the first %d bytes", length)
                    .isInstanceOf(ModelException.class);
        }
    }

    @Test
    void toString_holdsNoText() {
        String shown = parse(FULL).toString();

        assertThat(shown).contains("stop").doesNotContain("SECRET");
    }

    private static Chunk parse(String event) {
        return Chunk.parse(UTF_8.encode(event));
    }
}

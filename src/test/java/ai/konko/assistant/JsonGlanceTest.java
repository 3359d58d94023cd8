package ai.konko.assistant;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonGlanceTest {
    private static final String COMPLETION =
            """
            {"id": "x", "choices": [
              {"index": 0, "message": {"content": "say \\"usage\\": {} and \\\\", "refusal": null},
               "finish_reason": "tool_calls"},
              {"index": 1, "message": {"content": ""}, "finish_reason" : "length"}],
             "error": null,
             "usage": {"prompt_tokens": 3, "details": {"cached": 1}, "completion_tokens": 4}}
            """;

    @Test
    void read_inPartsOfAnySize_findsTheSame() {
        byte[] bytes = COMPLETION.getBytes(UTF_8);
        for (int size = 1; size <= bytes.length; size++) {
            JsonGlance glance = new JsonGlance();

            for (int from = 0; from < bytes.length; from += size) {
                glance.read(ByteBuffer.wrap(bytes, from, Math.min(size, bytes.length - from)));
            }

            assertThat(glance.isWhole()).isTrue();
            assertThat(glance.spoke()).isTrue();
            assertThat(glance.failed()).isFalse();
            assertThat(glance.reasons()).isEqualTo(2);
            assertThat(glance.reason()).isEqualTo("length");
            assertThat(glance.usage())
                    .asString(UTF_8)
                    .isEqualTo(
                            "{\"prompt_tokens\": 3, \"details\": {\"cached\": 1}, \"completion_tokens\": 4}");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"choices\":[],\"usage\":{\"prompt_tokens\":1}}",
                "{\"usage\":{\"prompt_tokens\":1}, \"choices\": [ ] }"
            })
    void chunkWithTheUsageAlone_isOne(String chunk) {
        assertThat(glance(chunk).onlyCounts()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"choices\":[{\"delta\":{}}],\"usage\":{\"prompt_tokens\":1}}",
                "{\"choices\":[],\"usage\":null}",
                "{\"usage\":{\"prompt_tokens\":1}}"
            })
    void chunkWithMore_isNone(String chunk) {
        assertThat(glance(chunk).onlyCounts()).isFalse();
    }

    /** In the same places in which {@link Chunk} takes it for one. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {"error":{"message":"x"}}                                          | true
                    {"error": "x"}                                                     | true
                    {"choices":[],"error":"x"}                                         | true
                    {"choices":[{"error":{"code":502}}]}                               | true
                    {"choices":[{"index":0,"x":[{"y":{}}],"error":"x"}]}               | true
                    {"choices":[{"delta":{"content":"a","error":"x"}}]}                | true
                    {"choices":[{"message":{"content":"a","error":{"message":"x"}}}]}  | true
                    {"x_groq":{"id":"x","error":"x"}}                                  | true
                    {"error":null}                                                     | false
                    {"error":{}}                                                       | false
                    {"error":""}                                                       | false
                    {"text":"error","x":"\\"error\\":{1}"}                             | false
                    {"choices":[{"content_filter_result":{"error":{"code":"content_filter_error"}}}]} | false
                    {"choices":[{"delta":{"audio":{"error":"x"}}}]}                    | false
                    {"choices":[{"x":[{"error":"x"}]}]}                                | false
                    {"prompt_filter_results":[{"error":"x"}],"usage":{"error":"x"}}    | false
                    """)
    void error_countsWhereAChunkHasOne(String text, boolean failed) {
        assertThat(glance(text).failed()).isEqualTo(failed);
        assertThat(Chunk.parse(UTF_8.encode(text)).failed()).isEqualTo(failed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "{", "{\"a\":\"}", "{\"a\":[1}", "{}}}{"})
    void whatIsNotWhole_isNot(String text) {
        assertThat(glance(text).isWhole()).isFalse();
    }

    private static JsonGlance glance(String text) {
        JsonGlance glance = new JsonGlance();
        glance.read(ByteBuffer.wrap(text.getBytes(UTF_8)));
        return glance;
    }
}

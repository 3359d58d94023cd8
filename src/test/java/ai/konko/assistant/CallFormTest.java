package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallFormTest {

    @ParameterizedTest
    @CsvSource({"get_weather-2, get_weather-2", "get weather, get_weather", "'', _", "é日, __"})
    void name_isOneThatProvidersTake(String written, String sent) {
        assertThat(CallForm.name(written)).isEqualTo(sent);
        assertThat(CallForm.name("x".repeat(65))).hasSize(64);
    }

    @Test
    void id_isOneThatOpenAiTakesAndAlwaysTheSame() {
        String tool = "chatcmpl-tool-0123456789abcdef0123456789abcdef";
        String face = "a".repeat(19) + "\uD83D\uDE00" + "b".repeat(235);

        assertThat(CallForm.id("x".repeat(40))).isEqualTo("x".repeat(40));
        assertThat(CallForm.id(tool))
                .hasSize(40)
                .startsWith("chatcmpl-tool-012345_")
                .isEqualTo(CallForm.id(tool))
                .isNotEqualTo(CallForm.id(tool + "0"));
        assertThat(CallForm.id(face)).hasSize(40).matches("[a-zA-Z0-9_-]+");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", " {\"a\": {\"b\": [1.50, \"}\"]}} ", "{\"a\":1,\"a\":2}"})
    void arguments_thatAreAnObject_areSentToTheLetter(String written) {
        assertThat(CallForm.arguments(written)).isEqualTo(written);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "no json",
                "[1]",
                "null",
                "\"x\"",
                "{",
                "{\"a\":",
                "{}{}",
                "{} x",
                "{'a':1}",
                "\u0001\"\\"
            })
    void arguments_thatAreNone_areWrappedInOne(String written) throws Exception {
        JsonNode sent = new ObjectMapper().readTree(CallForm.arguments(written));

        assertThat(sent).hasSize(1);
        assertThat(sent.path("arguments").asText()).isEqualTo(written);
    }

    @Test
    void arguments_thatAreMissing_areAnEmptyObject() {
        assertThat(CallForm.arguments(" ")).isEqualTo("{}");
    }
}

package ai.konko.assistant;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.JsonOutline;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is changed of a request that is passed on. */
class DialectTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "-",
            value = {
                "{ \"model\": \"m\",\"x\":[1.0] } | - | { \"model\": \"m\",\"x\":[1.0] }",
                "{\"model\":null, \"x\":1} | - | {\"model\":\"own\", \"x\":1}",
                "{\"store\":false,\"model\":\"m\"} | - | {\"model\":\"m\"}",
                "{\"model\":\"m\",\"max_tokens\":1} | - | {\"model\":\"m\",\"max_tokens\":1}",
                "{\"model\":\"m\",\"max_completion_tokens\":1} | - | {\"model\":\"m\",\"max_completion_tokens\":1}",
                "{\"model\":\"m\",\"max_completion_tokens\":1} | max_tokens | {\"model\":\"m\",\"max_tokens\":1}",
                "{\"model\":\"m\",\"max_tokens\":1,\"max_completion_tokens\":2} | max_tokens | {\"model\":\"m\",\"max_tokens\":1}",
                "{\"model\":\"m\",\"max_tokens\":null,\"max_completion_tokens\":2} | max_tokens | {\"model\":\"m\",\"max_tokens\":2}"
            })
    void completion_isChangedNoMoreThanItMust(String given, @Nullable String maxTokens, String sent)
            throws IOException {
        Dialect dialect = new Dialect(true, false, maxTokens, false, Map.of());

        assertThat(translated(dialect, given, false)).isEqualTo(sent);
    }

    @Test
    void completion_getsTheConfiguredParametersThatItHasNot() throws IOException {
        Dialect dialect =
                new Dialect(true, false, null, false, Map.of("temperature", 0.5, "max_tokens", 9));

        assertThat(translated(dialect, "{\"model\":\"m\"}", false))
                .contains("\"temperature\":0.5", "\"max_tokens\":9");
        assertThat(
                        translated(
                                dialect,
                                "{\"model\":\"m\",\"temperature\":1,\"max_completion_tokens\":2}",
                                false))
                .isEqualTo("{\"model\":\"m\",\"temperature\":1,\"max_completion_tokens\":2}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "true  | {\"model\":\"m\"} | {\"model\":\"m\",\"stream_options\":{\"include_usage\":true}}",
                "true  | {\"stream_options\":{\"a\":1},\"model\":\"m\"} | {\"stream_options\":{\"a\":1,\"include_usage\":true},\"model\":\"m\"}",
                "true  | {\"stream_options\":null,\"model\":\"m\"} | {\"stream_options\":{\"include_usage\":true},\"model\":\"m\"}",
                "true  | {\"stream_options\":7,\"model\":\"m\"} | {\"stream_options\":7,\"model\":\"m\"}",
                "false | {\"stream_options\":{\"include_usage\":true},\"model\":\"m\"} | {\"model\":\"m\"}",
                "false | {\"model\":\"m\"} | {\"model\":\"m\"}"
            })
    void stream_isAskedForItsUsageIfTheProviderTakesThat(boolean takes, String given, String sent)
            throws IOException {
        Dialect dialect = new Dialect(takes, false, null, false, Map.of());

        assertThat(translated(dialect, given, true)).isEqualTo(sent);
    }

    private static String translated(Dialect dialect, String given, boolean streamed)
            throws IOException {
        JsonOutline body = Objects.requireNonNull(JsonOutline.of(given.getBytes(UTF_8)));
        PassedRequest request =
                new PassedRequest(ProviderResource.CHAT_COMPLETIONS, body, "own", streamed);
        return new String(dialect.translated(request, dialect.asksForUsage(request)), UTF_8);
    }
}

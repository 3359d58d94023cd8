package ai.konko.assistant;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProviderErrorTest {
    private static final String KEY = "sk-test-secret-0451";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "{\"error\":{\"message\":\"Bad n.\",\"param\":\"n\",\"code\":\"c\"}} | Bad n. | n | c",
                "{\"error\":{\"message\":\"Bad n.\",\"param\":null,\"code\":400}} | Bad n. | - | -",
                "[{\"error\":{\"code\":400,\"message\":\"Bad n.\"}}] | Bad n. | - | -",
                "{\"object\":\"error\",\"message\":\"Bad n.\",\"param\":\"n\"} | Bad n. | n | -",
                "{\"error\":\"Bad n.\"} | Bad n. | - | -"
            })
    void of_aProvidersForm_hasItsWords(
            String body, String message, @Nullable String param, @Nullable String code) {
        assertThat(ProviderError.of(400, body.getBytes(UTF_8)))
                .isEqualTo(new ProviderError(message, param, code));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<html>", "{}", "{\"error\":{\"message\":\" \"}}", "{\"error\":"})
    void of_anythingElse_hasNoneOfIt(String body) {
        ProviderError error = ProviderError.of(422, body.getBytes(UTF_8));

        assertThat(Objects.requireNonNull(error).message()).contains("status 422");
        assertThat(ProviderError.of(404, body.getBytes(UTF_8))).isNull();
    }

    @Test
    void of_aLongMessage_hasItsBeginning() {
        String body = "{\"error\":{\"message\":\"" + "\ud83d\ude00x".repeat(1000) + "\"}}";

        String message =
                Objects.requireNonNull(ProviderError.of(400, body.getBytes(UTF_8))).message();

        assertThat(message).hasSize(1000).startsWith("\ud83d\ude00x").endsWith("x\ufffd");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Incorrect API key provided.",
                "invalid_api_key",
                "for " + KEY,
                "for sk-test-*******0451",
                "secret-0"
            })
    void tellsOf_theKey_isSeen(String message) {
        assertThat(new ProviderError(message, null, null).tellsOf(List.of(KEY))).isTrue();
        assertThat(new ProviderError("x", null, message).tellsOf(List.of(KEY))).isTrue();
    }

    @Test
    void tellsOf_othersIsNot() {
        ProviderError error = new ProviderError("The key of a secret test.", "key", null);

        assertThat(error.tellsOf(List.of(KEY, "none", "ey", ""))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"k3y", "pa5s", "user:pa5s", "dXNlcjpwYTVz", "q/1", "q%2f1", "flag"})
    void tellsOf_aSecretOfTheAddressOrAShortKey_isSeen(String secret) {
        ModelEndpoint endpoint =
                new ModelEndpoint(
                        ModelAddress.of("https://user:pa5s@a.example/v1?v=1&key=q%2f1&flag"),
                        Optional.empty(),
                        Optional.of("k3y"),
                        "own");

        ProviderError error = new ProviderError("No <" + secret + "> here.", null, null);

        assertThat(error.tellsOf(endpoint.secrets())).isTrue();
        assertThat(new ProviderError("User 1.", null, null).tellsOf(endpoint.secrets())).isFalse();
    }

    @Test
    void tellsOf_aNameWithoutAPassword_isSeen() {
        ProviderError error = new ProviderError("No k3y here.", null, null);

        assertThat(error.tellsOf(ModelAddress.of("https://k3y@a.example").secrets())).isTrue();
    }
}

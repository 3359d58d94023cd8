package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.net.ProxyOptions;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelEndpointsTest {
    private static final String WITH_USER = "http://me:secret@llm.example/v1";
    private static final String WITHOUT = "http://llm.example/v1";

    @ParameterizedTest
    @CsvSource({
        WITH_USER + ", , false, Authorization",
        WITH_USER + ", authorization, false, Authorization",
        WITH_USER + ", AUTHORIZATION, false, Authorization",
        WITHOUT + ", proxy-authorization, true, Proxy-Authorization",
        WITHOUT + ", Proxy-Authorization, true, Proxy-Authorization"
    })
    void requireOneOfEach_ofTwoInOneHeader_refusesWithoutThem(
            String url, @Nullable String header, boolean proxyUser, String named) {
        assertThatThrownBy(requirement(url, header, proxyUser))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(named)
                .hasMessageNotContainingAny("secret", "sk-x");
    }

    @ParameterizedTest
    @CsvSource({
        WITHOUT + ", , true",
        WITHOUT + ", authorization, true",
        WITHOUT + ", proxy-authorization, false",
        WITH_USER + ", api-key, true"
    })
    void requireOneOfEach_ofOneInEachHeader_letsThemPass(
            String url, @Nullable String header, boolean proxyUser) {
        assertThatCode(requirement(url, header, proxyUser)).doesNotThrowAnyException();
    }

    private static ThrowingCallable requirement(
            String url, @Nullable String header, boolean proxyUser) {
        Map<String, String> settings = new HashMap<>(Map.of("konko.model.api-key", "sk-x"));
        if (header != null) {
            settings.put("konko.model.api-key-header", header);
        }
        ProxyOptions proxy = new ProxyOptions().setHost("proxy");
        if (proxyUser) {
            proxy.setUsername("me").setPassword("secret");
        }
        return () ->
                ModelEndpoints.requireOneOfEach(
                        ModelAddress.of(url), Optional.of(proxy), config(settings));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sk-x", "$x", "sk x"})
    void endpoint_hasTheKeyToTheLetter(String key) {
        ModelEndpoint endpoint =
                new ModelEndpoints()
                        .endpoint(
                                config(Map.of("konko.model.api-key", key)),
                                OpenAiSettingsTest.settings(Map.of()),
                                () -> URI.create("http://unused"));

        assertThat(endpoint.apiKey()).contains(key);
    }

    @Test
    void endpoint_ofABlankKey_hasNone() {
        ModelEndpoint endpoint =
                new ModelEndpoints()
                        .endpoint(
                                config(
                                        Map.of(
                                                "konko.model.api-key",
                                                " ",
                                                "konko.model.base-url",
                                                WITHOUT)),
                                OpenAiSettingsTest.settings(Map.of()),
                                () -> URI.create("http://unused"));

        assertThat(endpoint.apiKey()).isEmpty();
    }

    private static ModelConfig config(Map<String, String> settings) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(ModelConfig.class)
                .withDefaultValues(settings)
                .build()
                .getConfigMapping(ModelConfig.class);
    }
}

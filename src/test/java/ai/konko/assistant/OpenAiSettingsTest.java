package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.KnownSettings;
import io.quarkiverse.langchain4j.openai.runtime.config.LangChain4jOpenAiConfig;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.tls.TlsConfiguration;
import io.quarkus.tls.TlsConfigurationRegistry;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenAiSettingsTest {
    private static final int OF_FILES = 260;

    @Test
    void parameters_ofTheExtensionsDefaults_areNone() {
        assertThat(settings(Map.of()).parameters()).isEmpty();
    }

    @Test
    void parameters_thatAreEmpty_areNone() {
        assertThat(
                        settings(Map.of("chat-model.temperature", "", "chat-model.top-p", ""))
                                .parameters())
                .isEmpty();
    }

    @Test
    void parameters_areThoseThatAreSetByOpenAisNames() {
        OpenAiSettings settings =
                settings(
                        Map.of(
                                "chat-model.temperature", "0.3",
                                "chat-model.max-completion-tokens", "50",
                                "chat-model.reasoning-effort", "low",
                                "chat-model.stop", "a,b"));

        assertThat(settings.parameters())
                .containsOnly(
                        Map.entry("temperature", 0.3),
                        Map.entry("max_completion_tokens", 50),
                        Map.entry("reasoning_effort", "low"),
                        Map.entry("stop", List.of("a", "b")));
    }

    @ParameterizedTest
    @CsvSource({"HTTP, HTTP", "SOCKS, SOCKS5"})
    void proxy_thatIsSet_isOfItsType(String type, ProxyType wanted) {
        ProxyOptions proxy =
                settings(Map.of("proxy-host", "p.example", "proxy-type", type))
                        .proxy()
                        .orElseThrow();

        assertThat(proxy)
                .extracting(ProxyOptions::getHost, ProxyOptions::getPort, ProxyOptions::getType)
                .containsExactly("p.example", 3128, wanted);
    }

    @ParameterizedTest
    @CsvSource({"0", "65536"})
    void proxy_ofAPortThatIsNone_isRefused(String port) {
        OpenAiSettings settings = settings(Map.of("proxy-host", "p", "proxy-port", port));

        assertThatThrownBy(settings::proxy)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("proxy-port");
    }

    @Test
    void proxy_ofAnUnknownType_isRefused() {
        OpenAiSettings settings = settings(Map.of("proxy-host", "p", "proxy-type", "DIRECT"));

        assertThatThrownBy(settings::proxy)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("proxy-type");
    }

    @Test
    void tls_ofANameThatThereIsNot_isRefused() {
        OpenAiSettings settings = settings(Map.of("tls-configuration-name", "company"));

        assertThatThrownBy(settings::tls)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("company");
    }

    static OpenAiSettings settings(Map<String, String> set) {
        Map<String, String> named = new HashMap<>();
        set.forEach((name, value) -> named.put("quarkus.langchain4j.openai." + name, value));
        return new OpenAiSettings(
                new SmallRyeConfigBuilder()
                        .addDefaultInterceptors()
                        .addDiscoveredConverters()
                        .withCustomizers(new KnownSettings())
                        .withMapping(LangChain4jOpenAiConfig.class)
                        .withSources(new PropertiesConfigSource(named, "settings", OF_FILES))
                        .build(),
                new NoTls());
    }

    private static final class NoTls implements TlsConfigurationRegistry {
        @Override
        public Optional<TlsConfiguration> get(String name) {
            return Optional.empty();
        }

        @Override
        public Optional<TlsConfiguration> getDefault() {
            return Optional.empty();
        }

        @Override
        public void register(String name, TlsConfiguration configuration) {
            throw new UnsupportedOperationException();
        }
    }
}

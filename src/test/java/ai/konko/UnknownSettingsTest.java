package ai.konko;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.assistant.ModelConfig;
import ai.konko.chat.ChatLimits;
import ai.konko.store.StoreConfig;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnknownSettingsTest {

    /** As one that is made for each of several names. */
    @ConfigMapping(prefix = "konko.providers")
    interface Many {
        Map<String, One> all();

        /** One of them. */
        interface One {
            String baseUrl();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "KONKO_LIMIT_CHATS, KONKO_LIMITS_CHATS",
        "KONKO_LIMITS_CHAT, KONKO_LIMITS_CHATS",
        "konko_limits_chat, KONKO_LIMITS_CHATS",
        "KONKO_STORES, KONKO_STORE",
        "KONKO_OFFLINEMODEL, KONKO_OFFLINE_MODEL",
        "KONKO_DATABASE_PASWORD, KONKO_DATABASE_PASSWORD",
        "KONKO_DATABASE__PASSWORD, KONKO_DATABASE_PASSWORD",
        "KONKO_MODEL_BASEURL, KONKO_MODEL_BASE_URL"
    })
    void warnings_ofAMisspeltVariable_nameItAndTheNearestButNoValue(String variable, String near) {
        assertThat(UnknownSettings.warnings(variables(Map.of(variable, "hush-hush"))))
                .singleElement()
                .asString()
                .startsWithIgnoringCase(variable + " is set, but there is no such setting")
                .endsWith("; is " + near + " meant?")
                .doesNotContain("hush");
    }

    @Test
    void warnings_ofAVariableThatIsLikeNone_nameItAlone() {
        assertThat(UnknownSettings.warnings(variables(Map.of("KONKO_PORT", "8080"))))
                .containsExactly("KONKO_PORT is set, but there is no such setting.");
    }

    @Test
    void warnings_ofAMisspeltProperty_nameItAsItIs() {
        SmallRyeConfig config =
                config(
                        new PropertiesConfigSource(
                                Map.of("konko.limits.chat", "1", "%prod.konko.stor", "memory"),
                                "properties",
                                400));

        assertThat(UnknownSettings.warnings(config))
                .containsExactly(
                        "konko.limits.chat is set, but there is no such setting;"
                                + " is KONKO_LIMITS_CHATS meant?",
                        "%prod.konko.stor is set, but there is no such setting;"
                                + " is KONKO_STORE meant?");
    }

    @Test
    void warnings_ofWhatIsASetting_areNone() {
        SmallRyeConfig config =
                variables(
                        Map.of(
                                "KONKO_LIMITS_CHATS", "1",
                                "konko_limits_queued_turns", "1",
                                "KONKO_DATABASE_PASSWORD_FILE", "/f",
                                "konko.data", "/d",
                                "KONKO_PROVIDERS_ALL_OTHER_BASE_URL", "http://x",
                                "OPENAI_API_KEY", "sk",
                                "KONKOX", "1"));

        assertThat(UnknownSettings.warnings(config)).isEmpty();
    }

    @Test
    void warnings_ofWhatKubernetesTellsOfServices_areNone() {
        SmallRyeConfig config =
                variables(
                        Map.of(
                                "KONKO_SERVICE_HOST", "10.0.0.1",
                                "KONKO_SERVICE_PORT", "80",
                                "KONKO_SERVICE_PORT_HTTP", "80",
                                "KONKO_PORT", "tcp://10.0.0.1:80",
                                "KONKO_PORT_80_TCP", "tcp://10.0.0.1:80",
                                "KONKO_PORT_80_TCP_PROTO", "tcp",
                                "KONKO_PORT_80_TCP_PORT", "80",
                                "KONKO_PORT_80_TCP_ADDR", "10.0.0.1",
                                "KONKO_POSTGRES_SERVICE_HOST", "10.0.0.2",
                                "KONKO_POSTGRES_PORT", "tcp://10.0.0.2:5432"));

        assertThat(UnknownSettings.warnings(config)).isEmpty();
    }

    private static SmallRyeConfig variables(Map<String, String> variables) {
        return config(new EnvConfigSource(new HashMap<>(variables), EnvConfigSource.ORDINAL));
    }

    private static SmallRyeConfig config(ConfigSource source) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .addDefaultInterceptors()
                .withValidateUnknown(false)
                .withCustomizers(new KnownSettings())
                .withMapping(ChatLimits.class)
                .withMapping(StoreConfig.class)
                .withMapping(ModelConfig.class)
                .withMapping(Many.class)
                .withSources(source)
                .build();
    }
}

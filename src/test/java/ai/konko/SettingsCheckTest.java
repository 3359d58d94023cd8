package ai.konko;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsCheckTest {
    /** All that this service declares. */
    private static final List<ConfigClass> MAPPINGS =
            new ClassFileImporter()
                    .withImportOption(new DoNotIncludeTests()).importPackages("ai.konko").stream()
                            .filter(type -> type.isAnnotatedWith(ConfigMapping.class))
                            .map(type -> ConfigClass.configClass(type.reflect()))
                            .toList();

    @Test
    void check_ofTheDefaults_letsThemPass() {
        assertThatCode(() -> check(Map.of())).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "limits.chats, 1, 0, at least 1",
        "limits.messages-per-chat, 2, 1, at least 2",
        "limits.stored-characters, 1, 0, at least 1",
        "limits.waiting-turns, 0, -1, at least 0",
        "limits.turns-in-flight, 1, 0, at least 1",
        "limits.turns-in-flight-per-owner, 1, 0, at least 1",
        "limits.queued-turns, 1, 0, at least 1",
        "limits.message-characters, 1, 0, at least 1",
        "limits.instructions-characters, 0, -1, at least 0",
        "limits.requests-per-minute, 1, 0, at least 1",
        "limits.page-size, 1, 0, at least 1",
        "limits.page-size, 1000, 1001, at most 1000",
        "limits.connections, 1, 0, at least 1",
        "stream.heartbeat, 1ms, 0s, at least 1 ms",
        "stream.heartbeat, 24h, 25h, at most 24 h",
        "memory.max-messages, 1, 0, at least 1",
        "memory.max-tokens, 1, 0, at least 1",
        "memory.keep, 0.1, 0.09, between 0.1 and 1",
        "memory.keep, 1, 1.1, between 0.1 and 1",
        "memory.keep, 0.5, NaN, between 0.1 and 1",
        "model.connect-timeout, 1ms, 0s, at least 1 ms",
        "model.connect-timeout, 24h, 25h, at most 24 h",
        "model.first-token-timeout, 1ms, 0s, at least 1 ms",
        "model.first-token-timeout, 24h, 25h, at most 24 h",
        "model.idle-timeout, 1ms, 0s, at least 1 ms",
        "model.idle-timeout, 24h, 25h, at most 24 h",
        "model.total-timeout, 1ms, 0s, at least 1 ms",
        "model.total-timeout, 24h, 25h, at most 24 h",
        "model.highlights-timeout, 1ms, 0s, at least 1 ms",
        "model.highlights-timeout, 24h, 25h, at most 24 h",
        "model.token-coalescing, 0s, -1ms, at least 0 ms",
        "model.token-coalescing, 50ms, 51ms, at most 50 ms",
        "model.max-connections, 1, 0, at least 1",
        "model.max-connections, 60000, 60001, at most 60000",
        "model.max-answer-bytes, 1024, 1023, at least 1024",
        "database.lease, 3s, 2s, at least 3000 ms",
        "database.lease, 20s, 21s, at most 20000 ms",
        "database.flush-interval, 10ms, 9ms, at least 10 ms",
        "database.flush-interval, 500ms, 501ms, at most 500 ms",
        "database.max-waiting, 1, 0, at least 1",
        "shutdown-grace, 0s, -1s, at least 0 ms",
        "shutdown-grace, 24h, P2D, at most 24 h",
        "retention.sweep, 1s, 999ms, at least 1000 ms",
        "retention.sweep, 24h, 25h, at most 24 h",
        "retention.idle, 1s, 999ms, at least 1000 ms",
        "retention.idle, 36500d, 36501d, at most 876000 h"
    })
    void check_ofASetting_refusesWhatIsOutOfItsBounds(
            String setting, String good, String bad, String bound) {
        String variable = variable("konko." + setting);

        assertThatCode(() -> check(Map.of("konko." + setting, good))).doesNotThrowAnyException();
        assertThatThrownBy(() -> check(Map.of("konko." + setting, bad)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("%s must be %s, not ".formatted(variable, bound));
    }

    @Test
    void check_ofABodySizeThatTakesNoRequest_refusesIt() {
        assertThatCode(() -> check(Map.of("konko.limits.body-size", "1K")))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> check(Map.of("konko.limits.body-size", "1023")))
                .hasMessage("KONKO_LIMITS_BODY_SIZE must be at least 1K.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://10.0.0.5:8080",
                "https://konko-0.konko.svc",
                "http://4f2a1b:65535/",
                "http://[fd00::5]:8080",
                "http://[1:2:3:4:5:6:7:8]:80"
            })
    void check_ofAReplicasAddress_takesIt(String address) {
        assertThatCode(() -> check(Map.of("konko.replica.address", address)))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://10.0.0.5:99999",
                "http://10.0.0.5:0",
                "http://10.0.0.256:8080",
                "http://konko..svc",
                "http://-konko",
                "http://[:::]:8080",
                "http://konko/path",
                "konko:8080"
            })
    void check_ofAReplicasAddress_thatNobodyCanReach_refusesIt(String address) {
        assertThatThrownBy(() -> check(Map.of("konko.replica.address", address)))
                .hasMessageStartingWith("KONKO_REPLICA_ADDRESS must be http://host:port");
    }

    @ParameterizedTest
    @MethodSource("amounts")
    void check_ofAnyAmount_refusesANegativeOne(String setting) {
        assertThatThrownBy(() -> check(Map.of(setting, "-1")))
                .satisfiesAnyOf(
                        refusal ->
                                assertThat(refusal)
                                        .isInstanceOf(ConfigurationException.class)
                                        .hasMessageContaining(variable(setting)),
                        refusal -> assertThat(refusal).hasMessageContaining(setting));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void setting_thatIsEmpty_countsAsNotSet(String setting) {
        SmallRyeConfig config = config(Map.of(setting, ""));

        assertThat(config.getConfigValue(setting).getValue())
                .isEqualTo(config(Map.of()).getConfigValue(setting).getValue());
        assertThatCode(() -> check(config)).doesNotThrowAnyException();
    }

    private static Stream<String> amounts() {
        return MAPPINGS.stream()
                .flatMap(mapping -> ConfigMappings.getProperties(mapping).entrySet().stream())
                .filter(each -> isAmount(each.getValue().getMethod().getGenericReturnType()))
                .map(Map.Entry::getKey);
    }

    private static boolean isAmount(Type type) {
        return type.getTypeName()
                .matches("(int|long|double)|.*(Integer|Long|Int|Double|Duration|MemorySize)>?");
    }

    private static Stream<String> settings() {
        return MAPPINGS.stream()
                .flatMap(mapping -> mapping.getProperties().keySet().stream())
                .filter(setting -> !setting.contains("*"))
                .filter(setting -> !Credentials.SETTINGS.contains(setting));
    }

    private static String variable(String setting) {
        return setting.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sk-a\nb", "sk-a b", "sk-\u2026", "sk-\u0000", "sk-\u007f"})
    void check_ofAKeyThatNoHeaderTakes_refusesItWithoutSayingIt(String key) {
        assertThatThrownBy(() -> check(Map.of("konko.model.api-key", key)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("OPENAI_API_KEY must be")
                .hasMessageNotContaining("sk-");
    }

    @Test
    void check_ofAKeyWithALinesEnd_letsItPass() {
        assertThatCode(() -> check(Map.of("konko.model.api-key", "sk-a\n")))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"api-key", "X-Api-Key", "authorization"})
    void check_ofANameOfAHeader_letsItPass(String name) {
        assertThatCode(() -> check(Map.of("konko.model.api-key-header", name)))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"api key", "api-key:", "k\u00e9y", "a\nb", "Host", "content-length"})
    void check_ofWhatIsNoHeaderForAKey_refusesIt(String name) {
        assertThatThrownBy(() -> check(Map.of("konko.model.api-key-header", name)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("KONKO_MODEL_API_KEY_HEADER must be");
    }

    @ParameterizedTest
    @CsvSource({
        "max_tokens, true",
        "max_completion_tokens, true",
        "max-tokens, true",
        "tokens, false"
    })
    void check_ofTheNameOfALimit_takesThoseThatThereAre(String name, boolean taken) {
        ThrowingCallable check = () -> check(Map.of("konko.model.max-tokens-name", name));

        if (taken) {
            assertThatCode(check).doesNotThrowAnyException();
        } else {
            assertThatThrownBy(check).hasMessageContaining("konko.model.max-tokens-name");
        }
    }

    private static SmallRyeConfig config(Map<String, String> settings) {
        SmallRyeConfigBuilder builder =
                new SmallRyeConfigBuilder()
                        .addDiscoveredConverters()
                        .addDefaultInterceptors()
                        .withCustomizers(new KnownSettings())
                        .withSources(new PropertiesConfigSource(settings, "test", 300));
        MAPPINGS.forEach(builder::withMapping);
        return builder.build();
    }

    private static void check(Map<String, String> settings) {
        check(config(settings));
    }

    private static void check(SmallRyeConfig config) {
        new SettingsCheck().check(new StartupEvent(), config);
    }
}

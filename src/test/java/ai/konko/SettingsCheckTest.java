package ai.konko;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.api.HttpLimits;
import ai.konko.api.StreamConfig;
import ai.konko.assistant.MemoryConfig;
import ai.konko.assistant.ModelConfig;
import ai.konko.chat.ChatLimits;
import ai.konko.conversation.RetentionConfig;
import ai.konko.store.StoreConfig;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsCheckTest {

    @Test
    void check_ofTheDefaults_letsThemPass() {
        assertThatCode(() -> check(Map.of())).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "limits.chats, 1, 0, at least 1",
        "limits.messages-per-chat, 2, 1, at least 2",
        "limits.stored-characters, 1, 0, at least 1",
        "limits.page-size, 1, 0, at least 1",
        "limits.page-size, 1000, 1001, at most 1000",
        "limits.connections, 1, 0, at least 1",
        "stream.heartbeat, 1ms, 0s, at least 1 ms",
        "memory.max-messages, 1, 0, at least 1",
        "memory.max-tokens, 1, 0, at least 1",
        "model.connect-timeout, 1ms, 0s, at least 1 ms",
        "model.first-token-timeout, 1ms, 0s, at least 1 ms",
        "model.idle-timeout, 1ms, 0s, at least 1 ms",
        "model.total-timeout, 1ms, 0s, at least 1 ms",
        "model.highlights-timeout, 1ms, 0s, at least 1 ms",
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
        "retention.idle, 1s, 999ms, at least 1000 ms"
    })
    void check_ofASetting_refusesWhatIsOutOfItsBounds(
            String setting, String good, String bad, String bound) {
        String variable =
                "KONKO_" + setting.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');

        assertThatCode(() -> check(Map.of("konko." + setting, good))).doesNotThrowAnyException();
        assertThatThrownBy(() -> check(Map.of("konko." + setting, bad)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("%s must be %s.", variable, bound);
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

    private static void check(Map<String, String> settings) {
        SmallRyeConfig config =
                new SmallRyeConfigBuilder()
                        .addDiscoveredConverters()
                        .withMapping(ChatLimits.class)
                        .withMapping(HttpLimits.class)
                        .withMapping(StreamConfig.class)
                        .withMapping(MemoryConfig.class)
                        .withMapping(ModelConfig.class)
                        .withMapping(StoreConfig.class)
                        .withMapping(RetentionConfig.class)
                        .withDefaultValues(settings)
                        .build();
        new SettingsCheck()
                .check(
                        new StartupEvent(),
                        config,
                        config.getConfigMapping(ChatLimits.class),
                        config.getConfigMapping(HttpLimits.class),
                        config.getConfigMapping(StreamConfig.class),
                        config.getConfigMapping(MemoryConfig.class),
                        config.getConfigMapping(ModelConfig.class),
                        config.getConfigMapping(StoreConfig.class),
                        config.getConfigMapping(RetentionConfig.class));
    }
}

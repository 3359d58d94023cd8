package ai.konko;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.store.StoreConfigSource;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SecretsTest {
    private static final String VARIABLES = "EnvConfigSource";
    private static final int OF_SYSTEM = 400;
    private static final int OF_FILES = 260;

    /** Of the interfaces that declare settings, as the builder has them. */
    private static final Map<String, String> DEFAULTS =
            Map.of(
                    "konko.model.total-timeout", "5m",
                    "quarkus.langchain4j.openai.api-key", "dummy",
                    "quarkus.langchain4j.openai.base-url", "https://api.openai.com/v1/",
                    "quarkus.langchain4j.openai.chat-model.model-name", "gpt-4o-mini",
                    "quarkus.langchain4j.openai.timeout", "10s");

    @TempDir Path folder;

    static Stream<String> secrets() {
        return Stream.of(
                "a${x}b",
                "${x}",
                "${x:}",
                "${known}",
                "${x:${y}}",
                "a${",
                "a}b$",
                "$",
                "$$",
                "a$$b",
                "$$$${x}",
                "\\${x}",
                "a\\$b",
                "a\\b\\\\c",
                "${konko.model.api-key}",
                "${aes-gcm::x}",
                "a,b;c:d=e",
                "#a!b",
                "\"a'",
                "%dev.x",
                " a b ",
                "geheim-\u00e9\u8def");
    }

    @ParameterizedTest
    @MethodSource("secrets")
    void secret_inAVariable_isTakenToTheLetter(String secret) {
        SmallRyeConfig config =
                config(
                        VARIABLES,
                        0,
                        Map.of(
                                "KONKO_API_KEYS", secret,
                                "OPENAI_API_KEY", secret,
                                "OPENAI_BASE_URL", secret,
                                "KONKO_DATABASE_URL", secret,
                                "KONKO_DATABASE_LISTEN_URL", secret,
                                "KONKO_DATABASE_USERNAME", secret,
                                "KONKO_DATABASE_PASSWORD", secret,
                                "KONKO_STORE", "postgres",
                                "QUARKUS_OIDC_CREDENTIALS_SECRET", secret));

        assertThat(
                        Stream.of(
                                "konko.api-keys",
                                "konko.model.api-key",
                                "konko.model.base-url",
                                "konko.database.url",
                                "konko.database.listen-url",
                                "konko.database.username",
                                "konko.database.password",
                                "quarkus.datasource.username",
                                "quarkus.datasource.password",
                                "quarkus.oidc.credentials.secret"))
                .allSatisfy(name -> assertThat(value(config, name)).isEqualTo(secret));
    }

    @Test
    void databaseUrl_withSignsOfAnExpression_isTakenToTheLetter() {
        SmallRyeConfig config =
                config(
                        VARIABLES,
                        0,
                        Map.of(
                                "KONKO_DATABASE_URL",
                                "postgresql://a%24$b:c${d}@host/konko",
                                "KONKO_STORE",
                                "postgres"));

        assertThat(value(config, "quarkus.datasource.username")).isEqualTo("a$$b");
        assertThat(value(config, "quarkus.datasource.password")).isEqualTo("c${d}");
    }

    @ParameterizedTest
    @MethodSource("secrets")
    void secret_inASystemPropertyOrAFileOfSettings_isTakenToTheLetter(String secret) {
        for (int ordinal : new int[] {OF_SYSTEM, OF_FILES}) {
            SmallRyeConfig config =
                    config(
                            "properties",
                            ordinal,
                            Map.of(
                                    "konko.api-keys", secret,
                                    "konko.model.api-key", secret,
                                    "konko.database.password", secret));

            assertThat(
                            Stream.of(
                                    "konko.api-keys",
                                    "konko.model.api-key",
                                    "konko.database.password"))
                    .allSatisfy(name -> assertThat(value(config, name)).isEqualTo(secret));
        }
    }

    @ParameterizedTest
    @MethodSource("secrets")
    void secret_inAFileOfItsOwn_isTakenToTheLetterWithoutItsLinesEnd(String secret)
            throws IOException {
        Path file = Files.writeString(folder.resolve("secret"), secret + "\r\n");
        SmallRyeConfig config =
                config(
                        VARIABLES,
                        0,
                        Map.of(
                                "KONKO_STORE", "postgres",
                                "OPENAI_API_KEY_FILE", file.toString(),
                                "KONKO_DATABASE_PASSWORD_FILE", file.toString()));

        assertThat(
                        Stream.of(
                                "konko.model.api-key",
                                "konko.database.password",
                                "quarkus.datasource.password"))
                .allSatisfy(name -> assertThat(value(config, name)).isEqualTo(secret));
    }

    @Test
    void setting_thatIsNoSecret_isAnExpressionStill() {
        SmallRyeConfig config =
                config(
                        "properties",
                        OF_FILES,
                        Map.of(
                                "konko.data", "/var/${known}",
                                "quarkus.oidc.credentials.secret", "${known}",
                                "quarkus.datasource.password", "${known}",
                                "known", "seen"));

        assertThat(value(config, "konko.data")).isEqualTo("/var/seen");
        assertThat(value(config, "quarkus.oidc.credentials.secret")).isEqualTo("seen");
        assertThat(value(config, "quarkus.datasource.password")).isEqualTo("seen");
    }

    @ParameterizedTest
    @MethodSource("secrets")
    void setting_ofTheExtensionInAVariable_isTakenToTheLetter(String given) {
        SmallRyeConfig config =
                config(
                        VARIABLES,
                        0,
                        Map.of(
                                "QUARKUS_LANGCHAIN4J_OPENAI_API_KEY", given,
                                "QUARKUS_LANGCHAIN4J_OPENAI_BASE_URL", given,
                                "QUARKUS_LANGCHAIN4J_OPENAI_CHAT_MODEL_MODEL_NAME", given));

        assertThat(Stream.of("konko.model.api-key", "konko.model.base-url", "konko.model.name"))
                .allSatisfy(name -> assertThat(value(config, name)).isEqualTo(given));
    }

    @Test
    void setting_ofTheExtensionInAFileOfSettings_isAnExpressionStill() {
        SmallRyeConfig config =
                config(
                        "properties",
                        OF_FILES,
                        Map.of(
                                "quarkus.langchain4j.openai.api-key", "${known}",
                                "quarkus.langchain4j.openai.timeout", "${seconds}s",
                                "known", "seen",
                                "seconds", "7"));

        assertThat(value(config, "konko.model.api-key")).isEqualTo("seen");
        assertThat(value(config, "konko.model.total-timeout")).isEqualTo("7s");
    }

    @Test
    void setting_ofTheExtensionBesideOurs_doesNotHold() {
        SmallRyeConfig config =
                config(
                        VARIABLES,
                        0,
                        Map.of(
                                "QUARKUS_LANGCHAIN4J_OPENAI_API_KEY", "theirs",
                                "OPENAI_API_KEY", "of-the-variable",
                                "QUARKUS_LANGCHAIN4J_OPENAI_BASE_URL", "theirs",
                                "KONKO_MODEL_BASE_URL", "ours"));

        assertThat(value(config, "konko.model.api-key")).isEqualTo("of-the-variable");
        assertThat(value(config, "konko.model.base-url")).isEqualTo("ours");
    }

    @Test
    void setting_ofTheExtensionBesideAnEmptyOneOfOurs_holds() {
        SmallRyeConfig config =
                config(
                        VARIABLES,
                        0,
                        Map.of(
                                "OPENAI_BASE_URL", "",
                                "QUARKUS_LANGCHAIN4J_OPENAI_BASE_URL", "http://theirs",
                                "OPENAI_MODEL", "",
                                "QUARKUS_LANGCHAIN4J_OPENAI_CHAT_MODEL_MODEL_NAME", "dummy",
                                "KONKO_MODEL_TOTAL_TIMEOUT", "",
                                "QUARKUS_LANGCHAIN4J_OPENAI_TIMEOUT", "30s"));

        assertThat(value(config, "konko.model.base-url")).isEqualTo("http://theirs");
        assertThat(value(config, "konko.model.name")).isEqualTo("dummy");
        assertThat(value(config, "konko.model.total-timeout")).isEqualTo("30s");
    }

    @Test
    void setting_ofTheExtensionThatIsEmpty_doesNotHold() {
        SmallRyeConfig config =
                config(
                        VARIABLES,
                        0,
                        Map.of(
                                "QUARKUS_LANGCHAIN4J_OPENAI_BASE_URL", "",
                                "QUARKUS_LANGCHAIN4J_OPENAI_TIMEOUT", ""));

        assertThat(value(config, "konko.model.base-url")).isNull();
        assertThat(value(config, "konko.model.total-timeout")).isEqualTo("5m");
    }

    @Test
    void setting_ofTheExtensionThatNobodyHasSet_doesNotHold() {
        SmallRyeConfig config =
                config(VARIABLES, 0, Map.of("QUARKUS_LANGCHAIN4J_OPENAI_API_KEY", "dummy"));

        assertThat(value(config, "quarkus.langchain4j.openai.base-url")).isNotEmpty();
        assertThat(Stream.of("konko.model.api-key", "konko.model.base-url", "konko.model.name"))
                .allSatisfy(name -> assertThat(value(config, name)).isNull());
        assertThat(value(config, "konko.model.total-timeout")).isEqualTo("5m");
    }

    @Test
    void secret_inAVariableAndInAFile_isThatOfTheVariable() throws IOException {
        Path file = Files.writeString(folder.resolve("secret"), "of-the-file");
        SmallRyeConfig config =
                config(
                        VARIABLES,
                        0,
                        Map.of(
                                "OPENAI_API_KEY",
                                "of-the-variable",
                                "OPENAI_API_KEY_FILE",
                                file.toString()));

        assertThat(value(config, "konko.model.api-key")).isEqualTo("of-the-variable");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "KONKO_API_KEYS",
                "KONKO_API_KEYS_FILE",
                "OPENAI_API_KEY",
                "OPENAI_API_KEY_FILE",
                "KONKO_DATABASE_PASSWORD",
                "KONKO_DATABASE_PASSWORD_FILE",
                "QUARKUS_OIDC_AUTH_SERVER_URL",
                "QUARKUS_OIDC_CREDENTIALS_SECRET",
                "QUARKUS_LANGCHAIN4J_OPENAI_API_KEY"
            })
    void credential_thatIsSetButEmpty_isRefusedByItsName(String variable) {
        for (String nothing : new String[] {"", " ", "\n"}) {
            SmallRyeConfig config = config(VARIABLES, 0, Map.of(variable, nothing));

            assertThatThrownBy(() -> Credentials.check(config))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage(
                            "%s is set, but empty: give it a value, or don't set it.", variable);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"OPENAI_API_KEY", "KONKO_DATABASE_PASSWORD"})
    void credential_whoseFileGivesNothing_isRefusedByTheFilesName(String variable)
            throws IOException {
        Path empty = Files.createFile(folder.resolve("empty"));
        Path line = Files.writeString(folder.resolve("line"), "\n");
        Path noText = Files.write(folder.resolve("no-text"), new byte[] {'s', (byte) 0xff});
        for (Path file : new Path[] {empty, line, noText, folder, folder.resolve("missing")}) {
            SmallRyeConfig config =
                    config(VARIABLES, 0, Map.of(variable + "_FILE", file.toString()));

            assertThatThrownBy(() -> Credentials.check(config))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("The file of %s_FILE can't be read, or is empty.", variable);
        }
    }

    @Test
    void credentials_thatAreNotSet_arePassed() {
        SmallRyeConfig config = config(VARIABLES, 0, Map.of());

        assertThatCode(() -> Credentials.check(config)).doesNotThrowAnyException();
    }

    private static String value(SmallRyeConfig config, String name) {
        return config.getConfigValue(name).getValue();
    }

    private static SmallRyeConfig config(String source, int ordinal, Map<String, String> values) {
        Map<String, String> all = new HashMap<>(values);
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withDefaultValues(DEFAULTS)
                .withCustomizers(new KnownSettings())
                .withInterceptors(new Secrets())
                .withSources(new StoreConfigSource())
                .withSources(
                        source.equals(VARIABLES)
                                ? new EnvConfigSource(all, EnvConfigSource.ORDINAL)
                                : new PropertiesConfigSource(all, source, ordinal))
                .build();
    }
}

package ai.konko.assistant;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.tls.TlsConfiguration;
import io.quarkus.tls.TlsConfigurationRegistry;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.SmallRyeConfig;
import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Those settings of Quarkus' extension for OpenAI ({@code quarkus.langchain4j.openai.*}) that have
 * no setting of ours beside them. Only what somebody has set holds: the extension's defaults would
 * override the model's own, and some models refuse them. Its base URL, key, model and timeout are
 * other names of ours, see {@code Secrets}.
 */
@Singleton
class OpenAiSettings {
    private static final String PREFIX = "quarkus.langchain4j.openai.";
    private static final String MODEL = PREFIX + "chat-model.";

    /** Apart from their dashes, they are called as OpenAI calls the parameters. */
    private static final Map<String, Class<?>> PARAMETERS =
            Map.of(
                    "temperature", Double.class,
                    "top-p", Double.class,
                    "presence-penalty", Double.class,
                    "frequency-penalty", Double.class,
                    "max-tokens", Integer.class,
                    "max-completion-tokens", Integer.class,
                    "reasoning-effort", String.class,
                    "service-tier", String.class);

    private static final String STOP = "stop";
    private static final int MOST_PORT = 65_535;

    private final SmallRyeConfig config;
    private final TlsConfigurationRegistry tls;

    OpenAiSettings(SmallRyeConfig config, TlsConfigurationRegistry tls) {
        this.config = config;
        this.tls = tls;
    }

    /** What requests have that have no parameter of that name. */
    Map<String, Object> parameters() {
        Map<String, Object> parameters = new LinkedHashMap<>();
        PARAMETERS.forEach(
                (name, type) ->
                        set(MODEL + name, type)
                                .ifPresent(value -> parameters.put(name.replace('-', '_'), value)));
        if (isSet(MODEL + STOP)) {
            parameters.put(STOP, List.copyOf(config.getValues(MODEL + STOP, String.class)));
        }
        return parameters;
    }

    Optional<ProxyOptions> proxy() {
        return set(PREFIX + "proxy-host", String.class)
                .map(host -> new ProxyOptions().setHost(host).setPort(port()).setType(type()));
    }

    private int port() {
        int port = config.getValue(PREFIX + "proxy-port", Integer.class);
        if (port < 1 || port > MOST_PORT) {
            throw new ConfigurationException(
                    PREFIX + "proxy-port must be from 1 to " + MOST_PORT + ".");
        }
        return port;
    }

    /** Java's names for them, which the extension takes. */
    private ProxyType type() {
        String name = config.getValue(PREFIX + "proxy-type", String.class);
        return switch (name.toUpperCase(Locale.ROOT)) {
            case "HTTP" -> ProxyType.HTTP;
            case "SOCKS" -> ProxyType.SOCKS5;
            default ->
                    throw new ConfigurationException(
                            PREFIX + "proxy-type must be HTTP or SOCKS, not " + name + ".");
        };
    }

    Optional<TlsConfiguration> tls() {
        return set(PREFIX + "tls-configuration-name", String.class)
                .map(
                        name ->
                                tls.get(name)
                                        .orElseThrow(
                                                () ->
                                                        new ConfigurationException(
                                                                "There is no TLS configuration "
                                                                        + name
                                                                        + ".")));
    }

    private <T> Optional<T> set(String name, Class<T> type) {
        return isSet(name) ? config.getOptionalValue(name, type) : Optional.empty();
    }

    private boolean isSet(String name) {
        ConfigValue value = config.getConfigValue(name);
        return value.getValue() != null && value.getConfigSourceOrdinal() != Integer.MIN_VALUE;
    }
}

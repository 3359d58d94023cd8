package ai.konko.conversation;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.PropertiesConfigSource;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Turns traces on if somebody says where they go: by Quarkus' setting, or by the variable that
 * OpenTelemetry knows.
 */
public final class TracingConfigSource implements ConfigSourceFactory {
    /** Below everything that a user sets, above defaults. */
    private static final int ORDINAL = 200;

    /** What is below is a default, which Quarkus has for its own setting. */
    private static final int SAID_BY_SOMEBODY = 100;

    private static final String ENDPOINT = "quarkus.otel.exporter.otlp.endpoint";

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        String standard = value(context, "otel.exporter.otlp.endpoint");
        boolean wanted =
                !standard.isBlank()
                        || !value(context, ENDPOINT).isBlank()
                        || !value(context, "quarkus.otel.exporter.otlp.traces.endpoint").isBlank();
        Map<String, String> derived = new HashMap<>();
        derived.put("quarkus.otel.sdk.disabled", Boolean.toString(!wanted));
        if (!standard.isBlank()) {
            derived.put(ENDPOINT, standard);
        }
        return Set.of(new PropertiesConfigSource(derived, "konko.tracing", ORDINAL));
    }

    private static String value(ConfigSourceContext context, String name) {
        ConfigValue value = context.getValue(name);
        return value == null
                        || value.getValue() == null
                        || value.getConfigSourceOrdinal() < SAID_BY_SOMEBODY
                ? ""
                : value.getValue();
    }

    @Override
    public OptionalInt getPriority() {
        return OptionalInt.of(ORDINAL);
    }
}

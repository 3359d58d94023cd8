package ai.konko.http;

import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.PropertiesConfigSource;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Has as much of a body taken in at once as the longest may have, see {@link BodyLimit}. The rest
 * of a longer one is read by a worker thread. There are few of those, so no body that is taken may
 * need one.
 */
public final class BodyBufferConfigSource implements ConfigSourceFactory {
    /** Below all that a user sets, above defaults. */
    private static final int ORDINAL = 200;

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        long longest =
                BodyLimit.withAttachments(
                        bytes(context, "konko.limits.body-size", "1M"),
                        bytes(context, "konko.limits.attachment-size", "10M"));
        return Set.of(
                new PropertiesConfigSource(
                        Map.of("quarkus.rest.input-buffer-size", Long.toString(longest)),
                        "konko.bodies",
                        ORDINAL));
    }

    /** One that is no size is refused elsewhere. */
    private static long bytes(ConfigSourceContext context, String setting, String byDefault) {
        ConfigValue value = context.getValue(setting);
        MemorySizeConverter sizes = new MemorySizeConverter();
        try {
            String given = value == null ? null : value.getValue();
            return sizes.convert(given == null ? byDefault : given).asLongValue();
        } catch (IllegalArgumentException _) {
            return sizes.convert(byDefault).asLongValue();
        }
    }

    @Override
    public OptionalInt getPriority() {
        return OptionalInt.of(ORDINAL);
    }
}

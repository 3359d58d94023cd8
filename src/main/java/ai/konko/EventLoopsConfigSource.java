package ai.konko;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.PropertiesConfigSource;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Sets an event loop for each processor, and at least two. Nothing on an event loop waits, so more
 * of them would only share the processors.
 */
public final class EventLoopsConfigSource implements ConfigSourceFactory {
    /** Below all that a user sets, above defaults. */
    private static final int ORDINAL = 200;

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        int loops = Math.max(2, Runtime.getRuntime().availableProcessors());
        return Set.of(
                new PropertiesConfigSource(
                        Map.of("quarkus.vertx.event-loops-pool-size", Integer.toString(loops)),
                        "konko.loops",
                        ORDINAL));
    }

    @Override
    public OptionalInt getPriority() {
        return OptionalInt.of(ORDINAL);
    }
}

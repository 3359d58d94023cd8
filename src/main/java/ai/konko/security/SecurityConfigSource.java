package ai.konko.security;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.PropertiesConfigSource;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.spi.ConfigSource;

/** Derives Quarkus' settings from {@link SecurityConfig}'s. */
public final class SecurityConfigSource implements ConfigSourceFactory {
    /** Below all that a user sets, above defaults. */
    private static final int ORDINAL = 200;

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        boolean tokens =
                isSet(
                        context,
                        "quarkus.oidc.auth-server-url",
                        "quarkus.oidc.public-key",
                        "quarkus.oidc.provider");
        boolean keys = isSet(context, "konko.api-keys", "konko.api-keys-file");
        boolean open = "open".equalsIgnoreCase(value(context, "konko.security").strip());
        Map<String, String> derived = new HashMap<>();
        derived.put("quarkus.oidc.tenant-enabled", Boolean.toString(tokens));
        derived.put(
                "quarkus.http.host",
                !tokens && !keys && !open
                        ? "127.0.0.1"
                        : isForDevelopment(context) ? "localhost" : "0.0.0.0");
        return Set.of(new PropertiesConfigSource(derived, "konko.security", ORDINAL));
    }

    /** Quarkus has other defaults there, but does not apply them over a value of the build. */
    private static boolean isForDevelopment(ConfigSourceContext context) {
        return context.getProfiles().contains("dev") || context.getProfiles().contains("test");
    }

    private static boolean isSet(ConfigSourceContext context, String... names) {
        return Stream.of(names).anyMatch(name -> !value(context, name).isBlank());
    }

    private static String value(ConfigSourceContext context, String name) {
        ConfigValue value = context.getValue(name);
        return value == null || value.getValue() == null ? "" : value.getValue();
    }

    @Override
    public OptionalInt getPriority() {
        return OptionalInt.of(ORDINAL);
    }
}

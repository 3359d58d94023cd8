package ai.konko;

import static java.util.stream.Collectors.joining;

import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigSourceInterceptorFactory;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.Priorities;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SmallRyeConfigBuilderCustomizer;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Has a setting of this service's that is set to nothing count as not set, which is how Compose
 * files and templates hand over what nobody has set. Its default holds. Not so {@linkplain
 * Credentials credentials}: there somebody meant to set one.
 *
 * <p>It is the builder of the configuration that knows all defaults and names, those that the
 * settings' interfaces declare; to look them up there would take reflection.
 */
public final class KnownSettings implements SmallRyeConfigBuilderCustomizer {
    /** The names of all that can be set, with commas between them, themselves as a setting. */
    static final String NAMES = "konko.settings";

    private static final String OURS = "konko.";

    /** Of the extension whose names for the provider's settings hold too. */
    private static final String OF_MODEL = "quarkus.langchain4j.openai.";

    @Override
    public void configBuilder(SmallRyeConfigBuilder builder) {
        builder.withInterceptorFactories(new Late(builder));
    }

    /** Asks the builder when all is declared. */
    private record Late(SmallRyeConfigBuilder builder) implements ConfigSourceInterceptorFactory {
        /** Below expressions, so that they too find it unset; above profiles. */
        private static final int PRIORITY = Priorities.LIBRARY + 250;

        @Override
        public ConfigSourceInterceptor getInterceptor(ConfigSourceInterceptorContext context) {
            String names =
                    builder.getMappingsBuilder().getMappings().stream()
                            .map(ConfigClass::getProperties)
                            .flatMap(properties -> properties.keySet().stream())
                            .filter(name -> name.startsWith(OURS))
                            .sorted()
                            .collect(joining(","));
            return new Declared(Map.copyOf(builder.getDefaultValues()), names);
        }

        @Override
        public OptionalInt getPriority() {
            return OptionalInt.of(PRIORITY);
        }
    }

    private record Declared(Map<String, String> defaults, String names)
            implements ConfigSourceInterceptor {

        @Override
        public @Nullable ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
            if (name.equals(NAMES)) {
                return ConfigValue.builder().withName(name).withValue(names).build();
            }
            ConfigValue value = context.proceed(name);
            if (value == null || value.getValue() == null || !value.getValue().isEmpty()) {
                return value;
            }
            if (!(name.startsWith(OURS) || name.startsWith(OF_MODEL))
                    || Credentials.SETTINGS.contains(name)) {
                return value;
            }
            String otherwise = defaults.get(name);
            return otherwise == null
                    ? null
                    : value.from()
                            .withValue(otherwise)
                            .withRawValue(otherwise)
                            .withConfigSourceOrdinal(Integer.MIN_VALUE) // it is a default now
                            .build();
        }
    }
}

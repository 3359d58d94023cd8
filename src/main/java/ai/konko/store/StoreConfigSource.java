package ai.konko.store;

import ai.konko.store.StoreConfig.Kind;
import ai.konko.store.postgres.EmbeddedServer;
import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;

/** Derives the settings of Quarkus' datasource from {@link StoreConfig}'s. */
public final class StoreConfigSource implements ConfigSourceFactory {
    /** Below all that a user sets, above defaults. */
    private static final int ORDINAL = 200;

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        Kind kind = kind(value(context, "konko.store", "memory"));
        String active = Boolean.toString(kind != Kind.MEMORY);
        Map<String, Supplier<String>> derived = new HashMap<>();
        derived.put("quarkus.datasource.active", () -> active);
        derived.put("quarkus.flyway.active", () -> active);
        if (kind == Kind.POSTGRES) {
            putDatasource(
                    derived,
                    () -> address(context).map(DatabaseUrl::jdbc).orElse("jdbc:"),
                    () -> login(context, "konko.database.username", DatabaseUrl::username),
                    () -> login(context, "konko.database.password", DatabaseUrl::password));
        } else if (kind == Kind.EMBEDDED) {
            Path data = Path.of(value(context, "konko.data", "data"));
            putDatasource(
                    derived,
                    EmbeddedServer::jdbcUrl,
                    () -> EmbeddedServer.USER,
                    () -> EmbeddedServer.password(data));
        }
        return Set.of(new Derived(Map.copyOf(derived)));
    }

    private static void putDatasource(
            Map<String, Supplier<String>> derived,
            Supplier<String> url,
            Supplier<String> username,
            Supplier<String> password) {
        derived.put("quarkus.datasource.jdbc.url", url);
        derived.put("quarkus.datasource.username", username);
        derived.put("quarkus.datasource.password", password);
    }

    /** Empty if the setting has no address; then the store refuses to start. */
    private static Optional<DatabaseUrl> address(ConfigSourceContext context) {
        try {
            return Optional.of(DatabaseUrl.of(value(context, "konko.database.url", "")));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /** A setting of its own comes before the address. */
    private static String login(
            ConfigSourceContext context,
            String name,
            Function<DatabaseUrl, @Nullable String> inAddress) {
        String set = value(context, name, "");
        return set.isEmpty() ? address(context).map(inAddress).orElse("") : set;
    }

    private static Kind kind(String name) {
        try {
            return Kind.valueOf(name.strip().toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException _) {
            return Kind.MEMORY; // the mapping refuses the value
        }
    }

    private static String value(ConfigSourceContext context, String name, String otherwise) {
        ConfigValue value = context.getValue(name);
        return value == null || value.getValue() == null ? otherwise : value.getValue();
    }

    @Override
    public OptionalInt getPriority() {
        return OptionalInt.of(ORDINAL);
    }

    /** Computes a value each time that it is read. */
    private record Derived(Map<String, Supplier<String>> values) implements ConfigSource {
        @Override
        public Set<String> getPropertyNames() {
            return values.keySet();
        }

        @Override
        public @Nullable String getValue(String name) {
            Supplier<String> value = values.get(name);
            return value == null ? null : value.get();
        }

        @Override
        public int getOrdinal() {
            return ORDINAL;
        }

        @Override
        public String getName() {
            return "konko.store";
        }

        @Override
        public String toString() {
            return "Derived" + values.keySet();
        }
    }
}

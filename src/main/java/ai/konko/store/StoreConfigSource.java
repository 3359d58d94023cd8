package ai.konko.store;

import ai.konko.store.StoreConfig.Kind;
import ai.konko.store.postgres.EmbeddedServer;
import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;

/** Tells Quarkus' datasource what {@link StoreConfig} says. */
public final class StoreConfigSource implements ConfigSourceFactory {
    /** Below everything that a user sets, above defaults. */
    private static final int ORDINAL = 200;

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        Kind kind = kind(value(context, "konko.store", "memory"));
        String active = Boolean.toString(kind != Kind.MEMORY);
        Map<String, Supplier<String>> derived =
                switch (kind) {
                    case MEMORY -> Map.of();
                    case POSTGRES ->
                            Map.of(
                                    "quarkus.datasource.jdbc.url",
                                    () -> address(context).map(DatabaseUrl::jdbc).orElse("jdbc:"),
                                    "quarkus.datasource.username",
                                    () ->
                                            login(
                                                    context,
                                                    "konko.database.username",
                                                    DatabaseUrl::username),
                                    "quarkus.datasource.password",
                                    () ->
                                            login(
                                                    context,
                                                    "konko.database.password",
                                                    DatabaseUrl::password));
                    case EMBEDDED -> {
                        Path data = Path.of(value(context, "konko.data", "data"));
                        yield Map.of(
                                "quarkus.datasource.jdbc.url",
                                EmbeddedServer::jdbcUrl,
                                "quarkus.datasource.username",
                                () -> EmbeddedServer.USER,
                                "quarkus.datasource.password",
                                () -> EmbeddedServer.password(data));
                    }
                };
        return Set.of(
                new Derived(
                        Map.of(
                                "quarkus.datasource.active",
                                () -> active,
                                "quarkus.flyway.active",
                                () -> active)),
                new Derived(derived));
    }

    /** None if it is no address, which the store refuses when it starts. */
    private static Optional<DatabaseUrl> address(ConfigSourceContext context) {
        try {
            return Optional.of(DatabaseUrl.of(value(context, "konko.database.url", "")));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /** What is set by itself comes before what the address has. */
    private static String login(
            ConfigSourceContext context,
            String name,
            Function<DatabaseUrl, @Nullable String> inAddress) {
        String set = value(context, name, "");
        Optional<DatabaseUrl> address = address(context);
        if (!set.isEmpty() || address.isEmpty()) {
            return set;
        }
        String known = inAddress.apply(address.get());
        return known == null ? "" : known;
    }

    private static Kind kind(String name) {
        try {
            return Kind.valueOf(name.strip().toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException _) {
            return Kind.MEMORY; // the mapping refuses it, and says why
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

    /** Values that are made when they are asked for. */
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
        public Map<String, String> getProperties() {
            return values.entrySet().stream()
                    .collect(Collectors.toMap(Map.Entry::getKey, each -> each.getValue().get()));
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

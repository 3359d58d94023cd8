package ai.konko;

import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.Expressions;
import io.smallrye.config.Priorities;
import jakarta.annotation.Priority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes secrets to the letter, from wherever they come. In other settings {@code ${x}} stands for
 * the setting {@code x}, and {@code $$} for a dollar sign; in a password they are part of it.
 *
 * <p>Secrets of Quarkus' own settings are taken so from variables, which are written by machines,
 * and from this service's sources. In files of settings they stay expressions, as Quarkus documents
 * it.
 *
 * <p>It also knows the provider by the variables that every OpenAI client knows, and secrets that
 * are the content of a file.
 */
@Priority(Priorities.APPLICATION) // before that of expressions is asked
public final class Secrets implements ConfigSourceInterceptor {
    private static final long serialVersionUID = 1;

    /**
     * Settings that are taken to the letter: secrets, what may have one in it, as an address, and
     * the names beside them, so that nobody has to know which is which.
     */
    private static final Set<String> OURS =
            Set.of(
                    "konko.api-keys",
                    "konko.model.api-key",
                    "konko.model.base-url",
                    "konko.model.name",
                    "konko.database.url",
                    "konko.database.listen-url",
                    "konko.database.username",
                    "konko.database.password");

    private static final Map<String, String> VARIABLES =
            Map.of(
                    "konko.model.api-key", "OPENAI_API_KEY",
                    "konko.model.api-key-file", "OPENAI_API_KEY_FILE",
                    "konko.model.base-url", "OPENAI_BASE_URL",
                    "konko.model.name", "OPENAI_MODEL");

    private static final String EXTENSION_KEY = "quarkus.langchain4j.openai.api-key";

    /** The extension's names of these settings, used if neither ours nor the variables are set. */
    private static final Map<String, String> OF_EXTENSION =
            Map.of(
                    "konko.model.api-key", EXTENSION_KEY,
                    "konko.model.base-url", "quarkus.langchain4j.openai.base-url",
                    "konko.model.name", "quarkus.langchain4j.openai.chat-model.model-name",
                    "konko.model.total-timeout", "quarkus.langchain4j.openai.timeout");

    /** The extension's key is never absent; this one is none. */
    private static final String NO_KEY = "dummy";

    private static final Set<String> IN_FILES =
            Set.of("konko.model.api-key", "konko.database.password");

    private static final Pattern OF_QUARKUS =
            Pattern.compile(
                    "quarkus\\..*(password|secret|\\.client-secret\\.value)"
                            + "|quarkus\\.langchain4j\\..*(api-key|base-url|model-name)");

    private static final String OF_DATASOURCE = "quarkus.datasource.";

    /** Of {@code .env}, which is above that of files of settings. */
    private static final int VARIABLE = 295;

    private static final String OF_THIS_SERVICE = "konko.";

    /** The source of what is in a file of its own. */
    static final String FILE = OF_THIS_SERVICE + "file";

    /** By path, because some can be read only once. */
    private final ConcurrentHashMap<String, String> contents = new ConcurrentHashMap<>();

    @Override
    public @Nullable ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
        ConfigValue value = value(context, name);
        String extension = OF_EXTENSION.get(name);
        if (extension == null || (value != null && isSet(name, value))) {
            return value;
        }
        ConfigValue other = value(context, extension);
        return other != null && isSet(extension, other) ? other : value;
    }

    /** Whether there is more than a default; a credential counts also if it is empty. */
    private static boolean isSet(String name, ConfigValue value) {
        String text = value.getValue();
        if (text == null || value.getConfigSourceOrdinal() == Integer.MIN_VALUE) {
            return false;
        }
        return Credentials.SETTINGS.contains(name)
                ? !(name.equals(EXTENSION_KEY) && text.equals(NO_KEY))
                : !text.isEmpty();
    }

    private @Nullable ConfigValue value(ConfigSourceInterceptorContext context, String name) {
        if (OURS.contains(name)) {
            return Expressions.withoutExpansion(() -> named(context, name));
        }
        if (name.startsWith(OF_DATASOURCE) || OF_QUARKUS.matcher(name).matches()) {
            ConfigValue literal = Expressions.withoutExpansion(() -> context.proceed(name));
            return literal != null && isLiteral(name, literal) ? literal : context.proceed(name);
        }
        return named(context, name);
    }

    private static boolean isLiteral(String name, ConfigValue value) {
        String source = value.getConfigSourceName();
        if (source != null && source.startsWith(OF_THIS_SERVICE)) {
            return true;
        }
        return value.getConfigSourceOrdinal() >= VARIABLE && OF_QUARKUS.matcher(name).matches();
    }

    private @Nullable ConfigValue named(ConfigSourceInterceptorContext context, String name) {
        ConfigValue own = context.proceed(name);
        String variable = VARIABLES.get(name);
        if (own == null && variable != null) {
            own = context.proceed(variable);
        }
        return own == null && IN_FILES.contains(name) ? ofFile(context, name) : own;
    }

    private @Nullable ConfigValue ofFile(ConfigSourceInterceptorContext context, String name) {
        ConfigValue path = named(context, name + "-file");
        if (path == null || path.getValue() == null) {
            return null;
        }
        String content = contents.computeIfAbsent(path.getValue(), Secrets::read);
        return path.from()
                .withName(name)
                .withValue(content)
                .withRawValue(content)
                .withConfigSourceName(FILE)
                .build();
    }

    /** The variable in which people set a setting. */
    static String usualVariable(String setting) {
        return VARIABLES.getOrDefault(setting, variable(setting));
    }

    /** The variable of a setting, or the same if it is one. */
    static String variable(String setting) {
        return setting.replaceAll("[.-]", "_").toUpperCase(Locale.ROOT);
    }

    /** Without the end of its line. Nothing if it can't be read, with which no service starts. */
    private static String read(String path) {
        try {
            return Files.readString(Path.of(path)).replaceFirst("\\r?\\n\\z", "");
        } catch (IOException | InvalidPathException _) {
            return "";
        }
    }
}

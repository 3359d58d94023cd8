package ai.konko;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.util.List;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigValue;

/** The credentials that are settings, of callers and of this service's own. */
final class Credentials {
    /** What decides who may call, and what this service says of itself; files and their content. */
    static final List<String> SETTINGS =
            List.of(
                    "konko.api-keys-file",
                    "konko.api-keys",
                    "konko.model.api-key-file",
                    "konko.model.api-key",
                    "quarkus.langchain4j.openai.api-key",
                    "konko.database.password-file",
                    "konko.database.password",
                    "quarkus.oidc.provider",
                    "quarkus.oidc.auth-server-url",
                    "quarkus.oidc.public-key",
                    "quarkus.oidc.credentials.secret",
                    "quarkus.oidc.credentials.client-secret.value",
                    "quarkus.oidc.credentials.jwt.secret");

    private Credentials() {}

    /**
     * @throws ConfigurationException if one is set and comes out empty: whoever set it believes
     *     that it protects something
     */
    static void check(Config config) {
        for (String setting : SETTINGS) {
            ConfigValue value = config.getConfigValue(setting);
            if (value.getValue() != null && value.getValue().isBlank()) {
                throw new ConfigurationException(
                        Secrets.FILE.equals(value.getSourceName())
                                ? "The file of %s can't be read, or is empty."
                                        .formatted(Secrets.usualVariable(setting + "-file"))
                                : "%s is set, but empty: give it a value, or don't set it."
                                        .formatted(Secrets.variable(value.getName())));
            }
        }
    }
}

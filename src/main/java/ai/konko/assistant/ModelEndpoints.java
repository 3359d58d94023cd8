package ai.konko.assistant;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Startup;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.Optional;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** Chooses the provider from the configuration when the service starts. */
@ApplicationScoped
class ModelEndpoints {
    private static final Logger LOG = Logger.getLogger(ModelEndpoints.class);
    private static final URI OPENAI = URI.create("https://api.openai.com/v1");
    private static final URI OPENAI_TOO = URI.create(OPENAI + "/");
    private static final String DEFAULT_MODEL = "gpt-4o-mini";
    static final String NOTHING_SET =
            "No model is configured: set OPENAI_API_KEY, or OPENAI_BASE_URL for another"
                    + " OpenAI-compatible server, or KONKO_OFFLINE_MODEL=true for the built-in demonstration model.";

    @Produces
    @Singleton
    @Startup
    ModelEndpoint endpoint(ModelConfig config, @Named("offline-model") Supplier<URI> offlineModel) {
        if (offline(config, LaunchMode.current())) {
            LOG.info(
                    config.offlineModel().isPresent()
                            ? "The offline demonstration model answers, for KONKO_OFFLINE_MODEL is true"
                            : "The offline demonstration model answers; set OPENAI_API_KEY or OPENAI_BASE_URL for a real one");
            return ModelEndpoint.of(offlineModel.get(), Optional.empty(), "konko-offline");
        }
        ModelConfig.Model model = config.model();
        if (!named(config)) {
            throw new ConfigurationException(NOTHING_SET);
        }
        URI baseUrl = model.baseUrl().orElse(OPENAI);
        requireHttp(baseUrl);
        String name = model.name().orElse(DEFAULT_MODEL);
        LOG.infof("The model is %s at %s", name, baseUrl.getHost());
        return ModelEndpoint.of(baseUrl, key(config), name);
    }

    private static boolean offline(ModelConfig config, LaunchMode mode) {
        return config.offlineModel().orElse(mode.isDevOrTest() && !named(config));
    }

    /** Whether somebody named a provider: by its key, or by an address of its own. */
    private static boolean named(ModelConfig config) {
        return key(config).isPresent()
                || config.model()
                        .baseUrl()
                        .filter(url -> !url.equals(OPENAI) && !url.equals(OPENAI_TOO))
                        .isPresent();
    }

    /** One that was read from a file has a line's end. */
    private static Optional<String> key(ModelConfig config) {
        return config.model().apiKey().map(String::strip).filter(key -> !key.isEmpty());
    }

    private static void requireHttp(URI baseUrl) {
        boolean usable =
                baseUrl.getHost() != null
                        && ("http".equals(baseUrl.getScheme())
                                || "https".equals(baseUrl.getScheme()));
        if (!usable) {
            throw new ConfigurationException(
                    "OPENAI_BASE_URL must be an http or https address with a host.");
        }
    }
}

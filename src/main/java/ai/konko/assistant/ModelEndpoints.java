package ai.konko.assistant;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Startup;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.vertx.core.net.ProxyOptions;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** Chooses the provider from the configuration when the service starts. */
@ApplicationScoped
class ModelEndpoints {
    private static final Logger LOG = Logger.getLogger(ModelEndpoints.class);
    private static final ModelAddress OPENAI = ModelAddress.of("https://api.openai.com/v1");
    private static final String AUTHORIZATION = "Authorization";
    private static final String PROXY_AUTHORIZATION = "Proxy-Authorization";
    private static final String DEFAULT_MODEL = "gpt-4o-mini";
    static final String NOTHING_SET =
            "No model is configured: set OPENAI_API_KEY, or OPENAI_BASE_URL for another"
                    + " OpenAI-compatible server, or KONKO_OFFLINE_MODEL=true for the built-in demonstration model.";

    @Produces
    @Singleton
    @Startup
    ModelEndpoint endpoint(
            ModelConfig config,
            OpenAiSettings settings,
            @Named("offline-model") Supplier<URI> offlineModel) {
        if (offline(config, LaunchMode.current())) {
            LOG.info(
                    config.offlineModel().isPresent()
                            ? "The offline demonstration model answers, for KONKO_OFFLINE_MODEL is true"
                            : "The offline demonstration model answers; set OPENAI_API_KEY or OPENAI_BASE_URL for a real one");
            return new ModelEndpoint(
                    ModelAddress.of(offlineModel.get().toString()),
                    Optional.empty(),
                    Optional.empty(),
                    "konko-offline");
        }
        ModelConfig.Model model = config.model();
        if (!named(config)) {
            throw new ConfigurationException(NOTHING_SET);
        }
        ModelAddress address = address(config).orElse(OPENAI);
        model.ca().ifPresent(pem -> Authorities.with(Path.of(pem)));
        Optional<ProxyOptions> proxy =
                settings.proxy()
                        .filter(_ -> !Proxies.isThisMachine(address.host()))
                        .or(() -> proxy(address));
        requireOneOfEach(address, proxy, config);
        String name = model.name().orElse(DEFAULT_MODEL);
        LOG.infof(
                "The model is %s at %s%s",
                name,
                address.host(),
                proxy.map(each -> ", through the proxy " + each.getHost()).orElse(""));
        return new ModelEndpoint(
                address, proxy, key(config), name, settings.tls(), settings.parameters());
    }

    private static boolean offline(ModelConfig config, LaunchMode mode) {
        return config.offlineModel().orElse(mode.isDevOrTest() && !named(config));
    }

    /** Whether somebody named a provider: by its key, or by an address of its own. */
    private static boolean named(ModelConfig config) {
        return key(config).isPresent()
                || address(config).filter(address -> !address.equals(OPENAI)).isPresent();
    }

    private static Optional<ModelAddress> address(ModelConfig config) {
        try {
            return config.model().baseUrl().filter(url -> !url.isBlank()).map(ModelAddress::of);
        } catch (IllegalArgumentException unusable) {
            throw new ConfigurationException(
                    "OPENAI_BASE_URL %s.".formatted(unusable.getMessage()));
        }
    }

    private static Optional<ProxyOptions> proxy(ModelAddress address) {
        try {
            return new Proxies(System::getenv, System::getProperty).to(address);
        } catch (IllegalArgumentException unusable) {
            throw new ConfigurationException(unusable.getMessage() + ".");
        }
    }

    /** Secrets are often made with a line's end, and no header has blanks around its value. */
    private static Optional<String> key(ModelConfig config) {
        return config.model().apiKey().map(String::strip).filter(key -> !key.isEmpty());
    }

    /** Two credentials can't be in the same header. */
    static void requireOneOfEach(
            ModelAddress address, Optional<ProxyOptions> proxy, ModelConfig config) {
        if (key(config).isEmpty()) {
            return;
        }
        String header = config.model().apiKeyHeader().orElse(AUTHORIZATION);
        if (address.user() != null && header.equalsIgnoreCase(AUTHORIZATION)) {
            throw new ConfigurationException(
                    "OPENAI_BASE_URL has a user, and OPENAI_API_KEY is set: both would be the header"
                            + " Authorization. Leave one out, or name another header in"
                            + " KONKO_MODEL_API_KEY_HEADER.");
        }
        if (proxy.map(ProxyOptions::getUsername).isPresent()
                && header.equalsIgnoreCase(PROXY_AUTHORIZATION)) {
            throw new ConfigurationException(
                    "KONKO_MODEL_API_KEY_HEADER can't be Proxy-Authorization, because the proxy on"
                            + " the way to the provider has a user, who is in that header.");
        }
    }
}

package ai.konko.assistant;

import io.quarkus.tls.TlsConfiguration;
import io.vertx.core.net.ProxyOptions;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the model is asked.
 *
 * @param completions the address of the provider's chat completions
 * @param proxy on the way to it
 * @param apiKey as the provider has given it
 * @param defaultModel the model asked for where a chat names none
 * @param tls how the provider is trusted; empty for Java's own way
 * @param parameters of requests that have none of that name
 */
public record ModelEndpoint(
        ModelAddress completions,
        Optional<ProxyOptions> proxy,
        Optional<String> apiKey,
        String defaultModel,
        Optional<TlsConfiguration> tls,
        Map<String, Object> parameters) {

    ModelEndpoint(
            ModelAddress completions,
            Optional<ProxyOptions> proxy,
            Optional<String> apiKey,
            String defaultModel) {
        this(completions, proxy, apiKey, defaultModel, Optional.empty(), Map.of());
    }

    /** What nobody may learn of how the provider is asked. */
    List<String> secrets() {
        List<String> secrets = completions.secrets();
        apiKey.ifPresent(secrets::add);
        return secrets;
    }

    @Override
    public String toString() {
        return "ModelEndpoint[" + completions.host() + ", " + defaultModel + "]";
    }
}

package ai.konko.assistant;

import io.vertx.core.net.ProxyOptions;
import java.util.Optional;

/**
 * Where the model is asked.
 *
 * @param completions the address of the provider's chat completions
 * @param proxy on the way to it
 * @param apiKey as the provider has given it
 * @param defaultModel the model asked for where a chat names none
 */
public record ModelEndpoint(
        ModelAddress completions,
        Optional<ProxyOptions> proxy,
        Optional<String> apiKey,
        String defaultModel) {

    @Override
    public String toString() {
        return "ModelEndpoint[" + completions.host() + ", " + defaultModel + "]";
    }
}

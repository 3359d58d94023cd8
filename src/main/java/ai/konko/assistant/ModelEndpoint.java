package ai.konko.assistant;

import java.net.URI;
import java.util.Optional;

/**
 * Where the model is asked.
 *
 * @param completions the address of the provider's chat completions
 * @param apiKey sent as bearer token
 * @param defaultModel the model asked for where a chat names none
 */
public record ModelEndpoint(URI completions, Optional<String> apiKey, String defaultModel) {

    static ModelEndpoint of(URI baseUrl, Optional<String> apiKey, String defaultModel) {
        String base = baseUrl.toString();
        return new ModelEndpoint(
                URI.create(
                        (base.endsWith("/") ? base.substring(0, base.length() - 1) : base)
                                + "/chat/completions"),
                apiKey,
                defaultModel);
    }

    @Override
    public String toString() {
        return "ModelEndpoint[" + completions.getHost() + ", " + defaultModel + "]";
    }
}

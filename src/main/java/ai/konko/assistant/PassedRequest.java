package ai.konko.assistant;

import ai.konko.JsonOutline;
import ai.konko.chat.DailyUsage;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import org.jspecify.annotations.Nullable;

/**
 * A request that is passed on to the provider.
 *
 * @param body as the client has sent it
 * @param model the one that is asked, if the service knows; it stands in accounts of usage
 * @param streamed whether the client wants a stream
 */
public record PassedRequest(
        ProviderResource resource, JsonOutline body, @Nullable String model, boolean streamed) {

    /** No provider takes more. */
    private static final int MOST = 10_000;

    /** The model's name in accounts of usage. */
    public String countedModel() {
        return model == null ? DailyUsage.OTHER : model;
    }

    /** How many answers there are to be: so many for each prompt, of which there may be a list. */
    int choices() {
        JsonNode n = body.get("n");
        JsonNode prompts =
                resource == ProviderResource.COMPLETIONS
                        ? body.get("prompt")
                        : MissingNode.getInstance();
        boolean several = prompts.isArray() && !prompts.path(0).isNumber(); // else it is of tokens
        return Math.clamp(n.asInt(1), 1, MOST) * Math.clamp(several ? prompts.size() : 1, 1, MOST);
    }

    @Override
    public String toString() {
        return "PassedRequest[%s, model=%s]".formatted(resource, model);
    }
}

package ai.konko.assistant;

import ai.konko.JsonOutline;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How this provider's requests differ from OpenAI's.
 *
 * @param streamOptions whether it takes {@code stream_options}
 * @param streamOnly whether it only streams
 * @param maxTokens its name for the most tokens of an answer; null for the one that the client uses
 * @param openAi whether it is OpenAI itself
 * @param byDefault the parameters of calls that have none of that name
 */
record Dialect(
        boolean streamOptions,
        boolean streamOnly,
        @Nullable String maxTokens,
        boolean openAi,
        Map<String, Object> byDefault) {
    static final String MAX_TOKENS = "max_tokens";
    static final String MAX_COMPLETION_TOKENS = "max_completion_tokens";

    private static final String MODEL = "model";
    private static final String STREAM_OPTIONS = "stream_options";
    private static final String INCLUDE_USAGE = "include_usage";
    private static final Set<String> LIMITS = Set.of(MAX_TOKENS, MAX_COMPLETION_TOKENS);

    static Dialect of(ModelConfig.Model config, ModelEndpoint endpoint) {
        return new Dialect(
                config.streamOptions(),
                config.streamOnly(),
                config.maxTokensName().map(ModelConfig.MaxTokensName::field).orElse(null),
                endpoint.completions().isOpenAi(),
                endpoint.parameters());
    }

    /**
     * @param own the call's own parameters
     * @return the parameters that are sent
     */
    Map<String, Object> parameters(Map<String, Object> own) {
        if (byDefault.isEmpty()) {
            return own;
        }
        Map<String, Object> all = new LinkedHashMap<>(byDefault);
        if (!Collections.disjoint(own.keySet(), LIMITS)) {
            all.keySet().removeAll(LIMITS); // two names of one thing
        } else if (all.containsKey(MAX_COMPLETION_TOKENS)) {
            all.remove(MAX_TOKENS);
        }
        all.putAll(own);
        return all;
    }

    /**
     * @return the provider's name for a parameter of a request that this service writes. Its limit
     *     of tokens is called as OpenAI calls it now, which most other servers do not know.
     */
    String name(String parameter) {
        return maxTokens == null && !openAi && parameter.equals(MAX_COMPLETION_TOKENS)
                ? MAX_TOKENS
                : configuredName(parameter);
    }

    /**
     * @return a call's id as it is sent. OpenAI refuses ids that are longer than its own; others
     *     may keep something in theirs and need them back as they were.
     */
    String callId(String id) {
        return openAi ? CallForm.id(id) : id;
    }

    /**
     * @return the configured name for a parameter, else the client's
     */
    private String configuredName(String parameter) {
        return maxTokens != null && LIMITS.contains(parameter) ? maxTokens : parameter;
    }

    /** Whether a stream that is passed on is asked for its usage although its client does not. */
    boolean asksForUsage(PassedRequest request) {
        JsonNode options = request.body().get(STREAM_OPTIONS);
        return streamOptions
                && request.streamed()
                && request.resource().generates()
                && (options.isMissingNode() || options.isObject())
                && !options.path(INCLUDE_USAGE).asBoolean();
    }

    /**
     * @param usage whether the usage is to be asked for
     * @return the body of a request that is passed on, with nothing changed that need not be
     */
    byte[] translated(PassedRequest request, boolean usage) {
        JsonOutline body = request.body();
        JsonOutline.Changes changes = body.changes().remove("store");
        if (request.model() != null && !body.has(MODEL)) {
            changes.set(MODEL, request.model());
        }
        if (request.resource() == ProviderResource.CHAT_COMPLETIONS) {
            translateParameters(body, changes);
        }
        if (usage) {
            JsonNode options = body.get(STREAM_OPTIONS);
            changes.set(
                    STREAM_OPTIONS,
                    (options instanceof ObjectNode given
                                    ? given
                                    : JsonNodeFactory.instance.objectNode())
                            .put(INCLUDE_USAGE, true));
        } else if (!streamOptions) {
            changes.remove(STREAM_OPTIONS);
        }
        return changes.bytes();
    }

    private void translateParameters(JsonOutline body, JsonOutline.Changes changes) {
        Map<String, Object> own = new LinkedHashMap<>();
        body.names().stream().filter(body::has).forEach(name -> own.put(name, name));
        for (Map.Entry<String, Object> each : parameters(own).entrySet()) {
            if (!own.containsKey(each.getKey())) {
                changes.set(configuredName(each.getKey()), each.getValue());
            }
        }
        for (String limit : LIMITS) {
            String theirs = configuredName(limit);
            if (own.containsKey(limit) && !theirs.equals(limit)) {
                if (own.containsKey(theirs)) {
                    changes.remove(limit);
                } else {
                    changes.remove(theirs).rename(limit, theirs);
                }
            }
        }
    }
}

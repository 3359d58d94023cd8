package ai.konko.assistant;

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
 * @param ownMaxTokens the name that this service uses by itself, if none is configured
 * @param byDefault the parameters of calls that have none of that name
 */
record Dialect(
        boolean streamOptions,
        boolean streamOnly,
        @Nullable String maxTokens,
        String ownMaxTokens,
        Map<String, Object> byDefault) {
    static final String MAX_TOKENS = "max_tokens";
    static final String MAX_COMPLETION_TOKENS = "max_completion_tokens";

    private static final Set<String> LIMITS = Set.of(MAX_TOKENS, MAX_COMPLETION_TOKENS);

    static Dialect of(ModelConfig.Model config, ModelEndpoint endpoint) {
        return new Dialect(
                config.streamOptions(),
                config.streamOnly(),
                config.maxTokensName().map(ModelConfig.MaxTokensName::field).orElse(null),
                endpoint.completions().isOpenAi() ? MAX_COMPLETION_TOKENS : MAX_TOKENS,
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
        return maxTokens == null && parameter.equals(MAX_COMPLETION_TOKENS)
                ? ownMaxTokens
                : configuredName(parameter);
    }

    /**
     * @return the configured name for a parameter, else the client's
     */
    private String configuredName(String parameter) {
        return maxTokens != null && LIMITS.contains(parameter) ? maxTokens : parameter;
    }
}

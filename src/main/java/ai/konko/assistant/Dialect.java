package ai.konko.assistant;

import org.jspecify.annotations.Nullable;

/**
 * What of a request this provider wants otherwise than OpenAI.
 *
 * @param streamOptions whether it takes {@code stream_options}
 * @param streamOnly whether it gives no answer but a streamed one
 * @param maxTokens its name for the most tokens of an answer; null for the one that the client uses
 */
record Dialect(boolean streamOptions, boolean streamOnly, @Nullable String maxTokens) {
    static final String MAX_TOKENS = "max_tokens";
    static final String MAX_COMPLETION_TOKENS = "max_completion_tokens";

    static Dialect of(ModelConfig.Model config) {
        return new Dialect(
                config.streamOptions(),
                config.streamOnly(),
                config.maxTokensName().map(ModelConfig.MaxTokensName::field).orElse(null));
    }

    /**
     * @return the provider's name for a parameter
     */
    String name(String parameter) {
        return maxTokens != null
                        && (parameter.equals(MAX_TOKENS) || parameter.equals(MAX_COMPLETION_TOKENS))
                ? maxTokens
                : parameter;
    }
}

package ai.konko.assistant;

/** What the provider has besides its models, and this service can pass requests on to. */
public enum ProviderResource {
    CHAT_COMPLETIONS("chat/completions", "chat", true),
    COMPLETIONS("completions", "text_completion", true),
    EMBEDDINGS("embeddings", "embeddings", false),
    MODERATIONS("moderations", "moderation", false);

    private final String path;
    private final String operation;
    private final boolean generates;

    ProviderResource(String path, String operation, boolean generates) {
        this.path = path;
        this.operation = operation;
        this.generates = generates;
    }

    /** Its path behind the base URL, without a slash at the beginning. */
    public String path() {
        return path;
    }

    /** Its name in OpenTelemetry's semantic conventions for generative AI. */
    public String operation() {
        return operation;
    }

    /** Whether a model that writes text answers, which is the configured one by default. */
    public boolean generates() {
        return generates;
    }
}

package ai.konko.assistant;

/** The settings of a window, with the usual bounds for those that chats may choose. */
record Bounds(int maxMessages, int maxTokens, double keep) implements MemoryConfig {
    @Override
    public int mostMessages() {
        return 1000;
    }

    @Override
    public int mostTokens() {
        return 128_000;
    }
}

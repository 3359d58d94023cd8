package ai.konko.chat;

/**
 * What the log has to know to start a turn.
 *
 * @param defaultModel see {@link Settings#modelToAsk}
 * @param maxTurns how many turns before it are read with it, at most; 0 for none
 * @param mostBytes see {@link ChatRepository#context}
 */
public record StartOptions(String defaultModel, int maxTurns, long mostBytes) {

    /** A turn is started without those before it. */
    public StartOptions(String defaultModel) {
        this(defaultModel, 0, 0);
    }
}

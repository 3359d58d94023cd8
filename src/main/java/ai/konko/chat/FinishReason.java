package ai.konko.chat;

import java.util.Locale;

/** Why a reply that has text or calls, or was cancelled, ended. */
public enum FinishReason {
    /** The model came to its end. */
    STOP,
    /** The model came to its end, and wants tools to be called. */
    CALLS,
    /** The model ran into its limit of tokens, or the reply into one of this service. */
    LENGTH,
    /** The provider's filter cut it. */
    CONTENT_FILTER,
    /** Somebody asked for it. */
    CANCELLED,
    /** The model, its connection or this service broke it off. */
    INTERRUPTED;

    private final String wire = name().toLowerCase(Locale.ROOT);

    /**
     * @return its name on the wire
     */
    public String wire() {
        return wire;
    }
}

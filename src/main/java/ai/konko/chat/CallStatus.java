package ai.konko.chat;

import java.util.Locale;

/** How far a call has come: it is open until it ends, in one of the other ways and for good. */
public enum CallStatus {
    /** It waits for the client's output; or the model has not written all of it yet. */
    OPEN,
    /** The client gave its output. */
    COMPLETED,
    /** The client said that the tool failed, and why. */
    FAILED,
    /** Its reply was cancelled. */
    CANCELLED,
    /** The client went on without it. */
    ABANDONED,
    /** Its reply was broken off. */
    INTERRUPTED;

    private final String wire = name().toLowerCase(Locale.ROOT);

    boolean hasOutput() {
        return this == COMPLETED || this == FAILED;
    }

    /**
     * @return its name on the wire
     */
    public String wire() {
        return wire;
    }
}

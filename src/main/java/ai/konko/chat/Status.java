package ai.konko.chat;

import java.util.Locale;

/**
 * How far a message has come: a reply goes from queued over in progress to one terminal state and
 * stays there, unless it is retried.
 */
public enum Status {
    /** Waits in its chat's line. */
    QUEUED,
    /** The model is at it. */
    IN_PROGRESS,
    /** Whole. A user's message is always this. */
    COMPLETED,
    /** Over, with what there is of the text. */
    INCOMPLETE,
    /** Over, without text. */
    FAILED;

    private final String wire = name().toLowerCase(Locale.ROOT);

    public boolean terminal() {
        return this == COMPLETED || this == INCOMPLETE || this == FAILED;
    }

    /**
     * @return its name on the wire
     */
    public String wire() {
        return wire;
    }
}

package ai.konko.chat;

import java.util.Locale;

/** Whose message it is. */
public enum Role {
    USER,
    ASSISTANT;

    private final String wire = name().toLowerCase(Locale.ROOT);

    /**
     * @return its name on the wire
     */
    public String wire() {
        return wire;
    }
}

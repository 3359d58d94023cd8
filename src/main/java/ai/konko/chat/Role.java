package ai.konko.chat;

/** Whose message it is. */
public enum Role {
    USER,
    ASSISTANT
}

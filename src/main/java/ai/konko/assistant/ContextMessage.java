package ai.konko.assistant;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.konko.assistant.Prompt.Speaker;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.Message;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ChatMessageType;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A message of the context as it is sent. LangChain4j's own for the user has seven objects around
 * its text, and the AI service keeps all of a context while the model writes; this one shares the
 * log's bytes. Its own for instructions takes none that are blank.
 */
public final class ContextMessage implements ChatMessage {
    private final Speaker by;
    private final byte[] text;
    private final int from;
    private final int length;
    private final @Nullable UUID messageId;

    private ContextMessage(
            Speaker by, byte[] text, int from, int length, @Nullable UUID messageId) {
        this.by = by;
        this.text = text;
        this.from = from;
        this.length = length;
        this.messageId = messageId;
    }

    static ContextMessage of(Speaker by, String text) {
        return of(by, text, null);
    }

    private static ContextMessage of(Speaker by, String text, @Nullable UUID messageId) {
        byte[] bytes = text.getBytes(UTF_8);
        return new ContextMessage(by, bytes, 0, bytes.length, messageId);
    }

    /** The same with the message's id, so that {@code /context} can name it. */
    static ContextMessage of(Message message) {
        Speaker by =
                switch (message.role()) {
                    case USER -> Speaker.USER;
                    case ASSISTANT -> Speaker.ASSISTANT;
                };
        return of(by, message.content(), message.id());
    }

    static ContextMessage ofMessage(ContextTurn turn) {
        return new ContextMessage(Speaker.USER, turn.text(), 0, turn.messageBytes(), null);
    }

    static ContextMessage ofReply(ContextTurn turn) {
        return new ContextMessage(
                Speaker.ASSISTANT, turn.text(), turn.messageBytes(), turn.replyBytes(), null);
    }

    @Override
    public ChatMessageType type() {
        return by.type();
    }

    /** {@code system}, {@code user} or {@code assistant}. */
    public String role() {
        return by.role();
    }

    public String content() {
        return new String(text, from, length, UTF_8);
    }

    /**
     * @return the id of the message in the log; null if it is none, or not known
     */
    public @Nullable UUID messageId() {
        return messageId;
    }

    /** The array that has the text as UTF-8 from {@link #from} on. It must not be changed. */
    byte[] text() {
        return text;
    }

    int from() {
        return from;
    }

    /** In bytes. */
    int length() {
        return length;
    }

    @Override
    public String toString() {
        return "ContextMessage[by=" + by + "]";
    }
}

package ai.konko.assistant;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.konko.chat.ContextTurn;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ChatMessageType;

/**
 * A message of the context as it is sent. LangChain4j's own for the user has seven objects around
 * its text, and the AI service keeps all of a context while the model writes; this one shares the
 * log's bytes. Its own for instructions takes none that are blank.
 */
final class ContextMessage implements ChatMessage {
    private final ChatMessageType type;
    private final byte[] text;
    private final int from;
    private final int length;

    private ContextMessage(ChatMessageType type, byte[] text, int from, int length) {
        this.type = type;
        this.text = text;
        this.from = from;
        this.length = length;
    }

    /**
     * @param type {@link ChatMessageType#SYSTEM}, {@link ChatMessageType#USER} or {@link
     *     ChatMessageType#AI}
     */
    static ContextMessage of(ChatMessageType type, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        return new ContextMessage(type, bytes, 0, bytes.length);
    }

    static ContextMessage ofMessage(ContextTurn turn) {
        return new ContextMessage(ChatMessageType.USER, turn.text(), 0, turn.messageBytes());
    }

    static ContextMessage ofReply(ContextTurn turn) {
        return new ContextMessage(
                ChatMessageType.AI, turn.text(), turn.messageBytes(), turn.replyBytes());
    }

    @Override
    public ChatMessageType type() {
        return type;
    }

    /** The array that has the text as UTF-8 at {@link #from}; not to be changed. */
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
}

package ai.konko.assistant;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ChatMessageType;

/**
 * A message of the context as it is sent. LangChain4j's own for the user has seven objects around
 * its text, and the AI service keeps all of a context while the model writes.
 *
 * @param type {@link ChatMessageType#USER} or {@link ChatMessageType#AI}
 */
record ContextMessage(ChatMessageType type, String text) implements ChatMessage {

    static ContextMessage ofUser(String text) {
        return new ContextMessage(ChatMessageType.USER, text);
    }

    static ContextMessage ofAssistant(String text) {
        return new ContextMessage(ChatMessageType.AI, text);
    }

    @Override
    public String toString() {
        return "ContextMessage[type=" + type + "]";
    }
}

package ai.konko.assistant;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.memory.ChatMemory;
import dev.langchain4j.memory.chat.ChatMemoryProvider;
import io.quarkiverse.langchain4j.runtime.aiservice.ChatMemoryFlushStrategy;
import java.util.List;
import java.util.function.Supplier;

/**
 * A chat's memory for the call under way: the part of the log that the model sees, with the new
 * message, which is in the log already. Nothing is written here, because the turn writes the log.
 */
record LogMemory(Object id) implements ChatMemory {

    @Override
    public List<ChatMessage> messages() {
        Prompt prompt = ServiceCall.prompt();
        return prompt == null ? List.of() : prompt.chatMessages();
    }

    @Override
    public void add(ChatMessage message) {
        // The turn commits the log.
    }

    @Override
    public void set(Iterable<ChatMessage> messages) {
        // The default would clear first; the log only grows.
    }

    @Override
    public void clear() {
        // The end of the service's scope must not touch the log.
    }

    /** Makes a memory for each chat that has a call under way. */
    public static final class OfChats implements Supplier<ChatMemoryProvider> {
        @Override
        public ChatMemoryProvider get() {
            return LogMemory::new;
        }
    }

    /** Has the service read its messages from the memory alone, and keep none of its own. */
    public static final class Alone implements Supplier<ChatMemoryFlushStrategy> {
        @Override
        public ChatMemoryFlushStrategy get() {
            return ChatMemoryFlushStrategy.IMMEDIATE;
        }
    }
}

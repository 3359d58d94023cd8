package ai.konko.assistant;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.memory.ChatMemory;
import dev.langchain4j.memory.chat.ChatMemoryProvider;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/**
 * A chat's memory: a view of the log for the call under way. The turn writes the log, so nothing is
 * written here.
 */
record LogMemory(Object id) implements ChatMemory {

    @Override
    public List<ChatMessage> messages() {
        return ModelCall.CURRENT.isBound() ? ModelCall.CURRENT.get().memory() : List.of();
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

    /** Makes one for each chat with a call under way. */
    @ApplicationScoped
    static class Provider implements ChatMemoryProvider {
        @Override
        public ChatMemory get(Object chat) {
            return new LogMemory(chat);
        }
    }
}

package ai.konko.assistant;

import dev.langchain4j.service.MemoryId;
import dev.langchain4j.service.TokenStream;
import dev.langchain4j.service.memory.ChatMemoryAccess;
import io.quarkiverse.langchain4j.RegisterAiService;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;

/**
 * The AI service that replies in a chat, with the chat's memory.
 *
 * <p>The user's message has no annotation on purpose, because {@code @UserMessage} would make it a
 * template and evaluate the user's text. For the same reason the chat's instructions come with the
 * memory.
 */
@ApplicationScoped
@RegisterAiService(
        streamingChatLanguageModelSupplier = ServiceCall.Streamed.class,
        chatMemoryProviderSupplier = LogMemory.OfChats.class,
        chatMemoryFlushStrategySupplier = LogMemory.Alone.class)
public interface Assistant extends ChatMemoryAccess {

    /**
     * The reply, once it is started. It comes piece by piece or as a whole, as the call's {@link
     * ModelParameters} say. Never blocks.
     *
     * @param chat the chat's id, which is its memory's
     * @param message the user's message, to the letter
     */
    TokenStream reply(@MemoryId UUID chat, String message);
}

package ai.konko.assistant;

import dev.langchain4j.service.MemoryId;
import dev.langchain4j.service.Result;
import dev.langchain4j.service.TokenStream;
import dev.langchain4j.service.memory.ChatMemoryAccess;
import io.quarkiverse.langchain4j.RegisterAiService;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * The AI service that replies in a chat with the chat's memory behind it.
 *
 * <p>The user's message has no annotation, on purpose: {@code @UserMessage} would make it a
 * template and evaluate what the user wrote. The chat's instructions come with the memory, for the
 * same reason.
 */
@ApplicationScoped
@RegisterAiService(
        chatLanguageModelSupplier = ProviderChatModel.ForServices.class,
        streamingChatLanguageModelSupplier = ProviderStreamingChatModel.ForServices.class)
public interface Assistant extends ChatMemoryAccess {

    /**
     * @param chat the chat's id, which is its memory's
     * @param message the user's message, to the letter
     */
    Result<String> reply(@MemoryId String chat, String message);

    /** The same, piece by piece once it is started; what is bound to the thread then counts. */
    TokenStream replyInPieces(@MemoryId String chat, String message);
}

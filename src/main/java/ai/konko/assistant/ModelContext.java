package ai.konko.assistant;

import ai.konko.chat.Turn;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the model would be sent before a new message of a chat, and what not.
 *
 * @param instructions sent as the system message
 * @param turns sent in full, oldest first
 * @param excluded the messages that are not sent, in the chat's order
 * @param estimatedTokens of the turns; instructions are not counted
 */
public record ModelContext(
        @Nullable String instructions,
        List<Turn> turns,
        List<Excluded> excluded,
        int estimatedTokens,
        int maxMessages,
        int maxTokens) {

    /**
     * @return what is sent before the new message, in this order, with the ids of the log's; calls
     *     that wait are shown as if the new message goes on without their outputs
     */
    public List<ContextMessage> messages() {
        PromptMessages seen = new PromptMessages(instructions, turns.size());
        turns.forEach(seen::add);
        return seen.list();
    }

    @Override
    public String toString() {
        return "ModelContext[turns=%d, excluded=%d]".formatted(turns.size(), excluded.size());
    }

    /** A message that the model does not see. */
    public record Excluded(UUID messageId, Reason reason) {}

    /** Why the model does not see a message. */
    public enum Reason {
        /** Newer messages fill the window. */
        WINDOW,
        /** With it and the newer ones there would be too many tokens. */
        TOKENS,
        /** Its turn ended without a reply's text. */
        NO_REPLY,
        /** Its turn is not over. */
        PENDING
    }
}

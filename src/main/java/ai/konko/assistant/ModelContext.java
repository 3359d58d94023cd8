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
 * @param tokens how many they are, by estimate
 * @param maxMessages see {@link MemoryConfig}
 * @param maxTokens see {@link MemoryConfig}
 * @param keep see {@link MemoryConfig}
 */
public record ModelContext(
        @Nullable String instructions,
        List<Turn> turns,
        List<Excluded> excluded,
        Estimate tokens,
        int maxMessages,
        int maxTokens,
        double keep) {

    /**
     * How many tokens are sent before the new message.
     *
     * @param fixed of tools and instructions
     * @param turns of the turns
     * @param stable of the beginning that is the same in the prompt before
     */
    public record Estimate(int fixed, int turns, int stable) {}

    /**
     * @return what is sent before the new message, in this order, with the ids of the log's; calls
     *     that wait are shown as if the new message goes on without their outputs
     */
    public List<ContextMessage> messages() {
        PromptMessages seen = new PromptMessages(instructions, turns.size(), keep);
        turns.forEach(seen::add);
        return seen.list();
    }

    /** How many messages may come until the window is cut, the new one counted. */
    public int messagesLeft() {
        return maxMessages - 2 * turns.size();
    }

    /** The same of tokens. */
    public int tokensLeft() {
        return Math.max(0, maxTokens - tokens.turns());
    }

    @Override
    public String toString() {
        return "ModelContext[turns=%d, excluded=%d]".formatted(turns.size(), excluded.size());
    }

    /** A message that the model does not see. */
    public record Excluded(UUID messageId, Reason reason) {}

    /** Why the model does not see a message. */
    public enum Reason {
        /** Newer messages fill the window, or it was cut after it. */
        WINDOW,
        /** With it and the newer ones there would be too many tokens. */
        TOKENS,
        /** Its turn ended without a reply's text. */
        NO_REPLY,
        /** Its turn is not over. */
        PENDING,
        /** Its turn was erased. */
        DELETED
    }
}

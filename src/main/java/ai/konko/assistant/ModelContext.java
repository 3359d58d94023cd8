package ai.konko.assistant;

import ai.konko.chat.MemorySummary;
import ai.konko.chat.Turn;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the model would be sent before a new message of a chat, and what not.
 *
 * @param instructions sent as the system message
 * @param summary sent as a second system message; of messages that are left out
 * @param turns sent in full, oldest first
 * @param excluded the messages that are not sent, in the chat's order
 * @param tokens how many they are, by estimate
 * @param tokensLeft how many tokens may come until the window is cut, the new message counted
 * @param maxMessages see {@link MemoryConfig}
 * @param maxTokens see {@link MemoryConfig}
 * @param keep see {@link MemoryConfig}
 * @param compacts whether a summary tells of what cuts leave out
 */
public record ModelContext(
        @Nullable String instructions,
        @Nullable MemorySummary summary,
        List<Turn> turns,
        List<Excluded> excluded,
        Estimate tokens,
        int tokensLeft,
        int maxMessages,
        int maxTokens,
        double keep,
        boolean compacts) {

    /**
     * How many tokens are sent before the new message.
     *
     * @param fixed of tools, instructions and summary
     * @param turns of the turns
     * @param stable of the beginning that is the same in the prompt before
     */
    public record Estimate(int fixed, int turns, int stable) {}

    /**
     * @return what is sent before the new message, in this order, with the ids of the log's; calls
     *     that wait are shown as if the new message goes on without their outputs
     */
    public List<ContextMessage> messages() {
        PromptMessages seen = new PromptMessages(instructions, summary, turns.size(), keep);
        turns.forEach(seen::add);
        return seen.list();
    }

    /** How many messages may come until the window is cut, the new one counted. */
    public int messagesLeft() {
        return maxMessages - 2 * turns.size();
    }

    @Override
    public String toString() {
        return "ModelContext[turns=%d, excluded=%d]".formatted(turns.size(), excluded.size());
    }

    /** A message that the model does not see. */
    public record Excluded(UUID messageId, Reason reason) {}

    /** Why the model does not see a message. */
    public enum Reason {
        /** The summary tells of it. */
        SUMMARIZED,
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

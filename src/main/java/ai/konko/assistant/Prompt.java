package ai.konko.assistant;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ChatMessageType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All that one call sends to the model. {@link Prompts} puts it together.
 *
 * @param chatId the chat that keeps the reply, and whose memory the messages are; null if no chat
 *     keeps it
 * @param messages what the model sees, in this order, the message to reply to included
 * @param parameters sent to the provider as they are
 * @param streamed whether the answer is to come piece by piece
 * @param callIds the ids of calls that new ones must differ from; null if none are expected, which
 *     spares reading them
 */
public record Prompt(
        @Nullable UUID chatId,
        String model,
        List<ContextMessage> messages,
        Map<String, Object> parameters,
        boolean streamed,
        @Nullable Set<String> callIds) {

    public Prompt {
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("a prompt has a message");
        }
        messages = Collections.unmodifiableList(messages);
    }

    /**
     * The messages that the model sees of a chat: its instructions, if it has any, then the message
     * of each turn, and its reply if there is one.
     *
     * @return a list that can be added to
     */
    static <T> List<ContextMessage> ofChat(
            @Nullable String instructions,
            List<T> turns,
            Function<T, ContextMessage> message,
            Function<T, ContextMessage> reply) {
        List<ContextMessage> seen = new ArrayList<>(2 * turns.size() + 2);
        if (instructions != null && !instructions.isEmpty()) {
            seen.add(ContextMessage.of(Speaker.SYSTEM, instructions));
        }
        for (T turn : turns) {
            seen.add(message.apply(turn));
            ContextMessage replied = reply.apply(turn);
            if (replied.length() > 0) {
                seen.add(replied);
            }
        }
        return seen;
    }

    /** The messages as LangChain4j's list of its own. */
    List<ChatMessage> chatMessages() {
        return Collections.unmodifiableList(messages);
    }

    @Override
    public String toString() {
        return "Prompt[model=" + model + "]";
    }

    /** Who says something to the model. */
    public enum Speaker {
        SYSTEM("system", ChatMessageType.SYSTEM),
        USER("user", ChatMessageType.USER),
        ASSISTANT("assistant", ChatMessageType.AI);

        private final String role;
        private final ChatMessageType type;

        Speaker(String role, ChatMessageType type) {
            this.role = role;
            this.type = type;
        }

        /** As OpenAI calls it. */
        String role() {
            return role;
        }

        /** As LangChain4j calls it. */
        ChatMessageType type() {
            return type;
        }
    }

    /**
     * One message.
     *
     * @param text to the letter, not blank
     */
    public record Said(Speaker by, String text) {
        @Override
        public String toString() {
            return "Said[by=" + by + "]";
        }
    }
}

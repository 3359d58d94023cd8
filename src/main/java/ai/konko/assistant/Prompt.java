package ai.konko.assistant;

import ai.konko.chat.Item.Call;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ChatMessageType;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * All that one call sends to the model. {@link Prompts} puts it together.
 *
 * @param chatId the chat that keeps the reply, and whose memory the messages are; null if no chat
 *     keeps it
 * @param messages what the model sees, in this order, the message to reply to included
 * @param parameters sent to the provider as they are
 * @param streamed whether the answer is to come piece by piece
 * @param attached has the bytes of the messages' images and files
 * @param seen what of its chat's log the model sees
 * @param callIds the ids of calls that new ones must differ from; null if none are expected, which
 *     spares reading them
 */
public record Prompt(
        @Nullable UUID chatId,
        String model,
        List<ContextMessage> messages,
        Map<String, Object> parameters,
        boolean streamed,
        AttachedBytes attached,
        Seen seen,
        @Nullable Set<String> callIds) {
    private static final String NO_TEXT = "(no text)";

    public Prompt {
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("a prompt has a message");
        }
        requireOutputs(messages);
        messages = Collections.unmodifiableList(messages);
    }

    /** A prompt without attachments, which cuts no window. */
    public Prompt(
            @Nullable UUID chatId,
            String model,
            List<ContextMessage> messages,
            Map<String, Object> parameters,
            boolean streamed,
            @Nullable Set<String> callIds) {
        this(chatId, model, messages, parameters, streamed, AttachedBytes.NONE, Seen.ALL, callIds);
    }

    /**
     * The last check before the messages are sent. {@link PromptMessages} sees to it that each call
     * has its output, so what this finds is a fault of ours. It would be the provider that refuses
     * this turn, and with it each later turn of the chat.
     */
    private static void requireOutputs(List<ContextMessage> messages) {
        List<Call> calls = List.of();
        int answered = 0;
        for (ContextMessage each : messages) {
            String callId = each.callId();
            if (callId == null) {
                require(answered == calls.size());
                calls = each.calls();
                answered = 0;
            } else {
                require(answered < calls.size() && calls.get(answered++).callId().equals(callId));
            }
        }
        require(answered == calls.size());
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw new IllegalStateException("each call has one output, right after it");
        }
    }

    /** Whether a model that is sent these messages may call tools, and so give calls ids. */
    static boolean mayCall(Map<String, Object> parameters, List<ContextMessage> messages) {
        if (ProviderParameters.haveTools(parameters)) {
            return true;
        }
        for (ContextMessage each : messages) {
            if (each.callId() != null) {
                return true;
            }
        }
        return false;
    }

    /**
     * What the AI service takes for the user's message, which must not be blank. It is not sent,
     * because the messages of this prompt are the service's memory.
     */
    String lastText() {
        ContextMessage last = messages.getLast();
        String text = last.callId() == null ? last.content() : "";
        return text.isBlank() ? NO_TEXT : text;
    }

    /** The messages as LangChain4j's list of its own. */
    List<ChatMessage> chatMessages() {
        return Collections.unmodifiableList(messages);
    }

    @Override
    public String toString() {
        return "Prompt[model=" + model + "]";
    }

    /**
     * What of a chat's log the model sees.
     *
     * @param cutFrom see {@link ContextWindow.Window}
     * @param begin see {@link ContextWindow.Window}
     * @param told the seq of the last reply that a summary tells of; 0 if there is none
     * @param summaryDue see {@link ContextWindow.Window}
     */
    public record Seen(int cutFrom, int begin, int told, boolean summaryDue) {
        /** Nothing of a chat is left out. */
        public static final Seen ALL = new Seen(0, 1, 0, false);

        static Seen of(ContextWindow.Window window) {
            return new Seen(
                    window.cutFrom(),
                    window.begin(),
                    window.summary() == null ? 0 : window.summary().throughSeq(),
                    window.summaryDue());
        }
    }

    /** Who says something to the model. */
    public enum Speaker {
        SYSTEM("system", ChatMessageType.SYSTEM),
        USER("user", ChatMessageType.USER),
        ASSISTANT("assistant", ChatMessageType.AI),
        /** Gives the output of a call. */
        TOOL("tool", ChatMessageType.TOOL_EXECUTION_RESULT);

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

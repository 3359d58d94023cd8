package ai.konko.assistant;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.Memory;
import jakarta.inject.Singleton;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Estimates how many tokens a prompt has. */
@Singleton
public class PromptTokens {
    private static final String TOOLS = "tools";

    private final ChatRepository repository;
    private final ContextWindow window;
    private final Tokens tokens;

    PromptTokens(ChatRepository repository, ContextWindow window, Tokens tokens) {
        this.repository = repository;
        this.window = window;
        this.tokens = tokens;
    }

    /** Those of all messages and of the tools. */
    public int of(Prompt prompt) {
        Object tools = prompt.parameters().get(TOOLS);
        long sum = tools == null ? 0 : tokens.ofMessage(ProviderRequestBody.text(tools));
        for (ContextMessage each : prompt.messages()) {
            sum += of(each);
        }
        return (int) Math.min(sum, Integer.MAX_VALUE);
    }

    /** The output of a call is counted with the call. */
    private int of(ContextMessage message) {
        return message.callId() == null
                ? tokens.ofMessage(message.content()) + tokens.of(message.items())
                : 0;
    }

    /**
     * @param chatId the one that is gone on with; null for none
     * @param chosen for the chat
     * @return whether all turns of the chat are sent or told by a summary, and all that is said
     *     fits the bound of tokens
     */
    public boolean isWhole(Prompt prompt, @Nullable UUID chatId, Memory chosen) {
        long said = 0;
        for (ContextMessage each : prompt.messages()) {
            said += each.role().equals(Prompt.Speaker.SYSTEM.role()) ? 0 : of(each);
        }
        return said <= window.bounds(chosen).maxTokens()
                && (chatId == null || !leavesOut(chatId, prompt.seen()));
    }

    private boolean leavesOut(UUID chatId, Prompt.Seen seen) {
        return repository.context(chatId, seen.begin(), 1, Long.MAX_VALUE).stream()
                .anyMatch(each -> each.reply().seq() > seen.told());
    }
}

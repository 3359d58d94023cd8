package ai.konko.assistant;

import ai.konko.chat.Memory;
import jakarta.inject.Singleton;

/** Estimates how many tokens a prompt has. */
@Singleton
public class PromptTokens {
    private static final String TOOLS = "tools";

    private final ContextWindow window;
    private final Tokens tokens;

    PromptTokens(ContextWindow window, Tokens tokens) {
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
     * @param chosen for the chat
     * @return whether nothing of the chat had to be left out, and all that is said fits the bound
     *     of tokens
     */
    public boolean isWhole(Prompt prompt, Memory chosen) {
        long said = 0;
        for (ContextMessage each : prompt.messages()) {
            said += each.role().equals(Prompt.Speaker.SYSTEM.role()) ? 0 : of(each);
        }
        return prompt.seen().cutFrom() == 0 && said <= window.bounds(chosen).maxTokens();
    }
}

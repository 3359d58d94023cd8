package ai.konko.offline;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.StringTokenizer;

/**
 * A rough size of prompt and reply: each word between blanks counts as one token, which no real
 * tokenizer does.
 */
record CompletionUsage(int promptTokens, int completionTokens) {

    /** Counts the words of the whole prompt, instructions included, and of the reply. */
    static CompletionUsage of(List<PromptMessage> prompt, String reply) {
        return new CompletionUsage(
                prompt.stream().mapToInt(message -> words(message.text())).sum(), words(reply));
    }

    /** As the {@code usage} of a completion. */
    ObjectNode json() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("prompt_tokens", promptTokens)
                .put("completion_tokens", completionTokens)
                .put("total_tokens", promptTokens + completionTokens);
    }

    private static int words(String text) {
        return new StringTokenizer(text).countTokens();
    }
}

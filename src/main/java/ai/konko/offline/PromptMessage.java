package ai.konko.offline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Collectors;

/**
 * The text of one message of a prompt.
 *
 * @param role OpenAI's name of it
 * @param more whether it has other content too, such as an image
 */
record PromptMessage(String role, String text, boolean more) {

    PromptMessage {
        if (role.isBlank()) {
            throw new IllegalArgumentException("Each of the messages needs a role.");
        }
    }

    /**
     * @param message with a content that is a string, an array of parts, or absent
     */
    static PromptMessage of(JsonNode message) {
        JsonNode content = message.path("content");
        return new PromptMessage(
                message.path("role").asText(),
                textOf(content),
                content.valueStream().anyMatch(part -> !part.path("text").isTextual()));
    }

    private static String textOf(JsonNode content) {
        if (content.isTextual()) {
            return content.textValue();
        }
        return content.valueStream()
                .map(part -> part.path("text"))
                .filter(JsonNode::isTextual)
                .map(JsonNode::textValue)
                .collect(Collectors.joining("\n"));
    }

    boolean isFromUser() {
        return role.equals("user");
    }

    /** Whether it instructs the model; newer clients name that role "developer". */
    boolean isInstruction() {
        return role.equals("system") || role.equals("developer");
    }

    /** Without the text, because it must not be logged. */
    @Override
    public String toString() {
        return "PromptMessage[role=" + role + ", " + text.length() + " UTF-16 units]";
    }
}

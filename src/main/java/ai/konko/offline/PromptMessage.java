package ai.konko.offline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Collectors;

/**
 * One message of a prompt: who speaks, by OpenAI's name of the role, and the text; other content is
 * left out.
 */
record PromptMessage(String role, String text) {

    PromptMessage {
        if (role.isBlank()) {
            throw new IllegalArgumentException("Each of the messages needs a role.");
        }
    }

    /** Reads an element of the conversation, its content a string, an array of parts, or absent. */
    static PromptMessage of(JsonNode message) {
        return new PromptMessage(message.path("role").asText(), textOf(message.path("content")));
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

    /** Whether it instructs the model; newer clients call that role "developer". */
    boolean isInstruction() {
        return role.equals("system") || role.equals("developer");
    }

    /** Without the text, which is never logged. */
    @Override
    public String toString() {
        return "PromptMessage[role=" + role + ", " + text.length() + " UTF-16 units]";
    }
}

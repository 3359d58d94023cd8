package ai.konko.offline;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** The parts of a chat completion request that the offline model uses; it ignores all others. */
record CompletionRequest(
        List<PromptMessage> messages,
        boolean tools,
        boolean json,
        boolean stream,
        boolean includeUsage) {

    private static final ObjectReader JSON =
            JsonMapper.builder()
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build()
                    .reader();

    CompletionRequest {
        messages = List.copyOf(messages);
        if (messages.isEmpty()) {
            throw new IllegalArgumentException(
                    "The request needs an array of messages, and at least one.");
        }
    }

    /**
     * @throws IllegalArgumentException if the body is no such request; the message is for the
     *     client
     */
    static CompletionRequest parse(byte[] body) {
        JsonNode request = json(body);
        return new CompletionRequest(
                elements(request.path("messages")).map(PromptMessage::of).toList(),
                !request.path("tools").isEmpty(),
                request.path("response_format").path("type").asText().startsWith("json"),
                request.path("stream").asBoolean(),
                request.path("stream_options").path("include_usage").asBoolean());
    }

    private static Stream<JsonNode> elements(JsonNode messages) {
        return messages.isArray() ? messages.valueStream() : Stream.empty();
    }

    private static JsonNode json(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (IOException broken) {
            // Without the parser's message, because that may quote the body.
            throw new IllegalArgumentException("The body of the request is not valid JSON.");
        }
    }
}

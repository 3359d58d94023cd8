package ai.konko.offline;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the offline model heeds of a chat completion request; options such as temperature mean
 * nothing to it.
 */
record CompletionRequest(List<PromptMessage> messages, boolean stream, boolean includeUsage) {

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
     * Reads a request body; throws IllegalArgumentException, its message fit for the client, if it
     * is not one.
     */
    static CompletionRequest parse(byte[] body) {
        JsonNode request = json(body);
        return new CompletionRequest(
                elements(request.path("messages")).map(PromptMessage::of).toList(),
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
            // The parser's own message may quote the body, which belongs neither into an answer nor
            // into a log.
            throw new IllegalArgumentException("The body of the request is not valid JSON.");
        }
    }
}

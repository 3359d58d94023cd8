package ai.konko.offline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OfflineEndpointTest {

    private static final JsonMapper JSON = new JsonMapper();
    private static final String MESSAGES =
            """
        "messages": [
          {"role": "system", "content": "Be kind."},
          {"role": "user", "content": [{"type": "text", "text": "My name is Ada 😀."}]},
          {"role": "assistant", "content": null},
          {"role": "user", "content": "What is my name?"}
        ]\
        """;

    private Vertx vertx;
    private OfflineModel model;
    private HttpClient client;

    @BeforeEach
    void setUp() {
        vertx = Vertx.vertx();
        model = new OfflineModel(vertx);
        client = HttpClient.newHttpClient();
    }

    @AfterEach
    void tearDown() {
        client.close();
        model.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void plainCompletion_hasReplyAndUsage() throws Exception {
        // Given
        String body = "{\"model\": \"some-model\", " + MESSAGES + "}";

        // When
        var response = post(body);

        // Then
        JsonNode completion = JSON.readTree(response.body());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(completion.path("object").asText()).isEqualTo("chat.completion");
        assertThat(completion.path("model").asText()).isEqualTo("konko-offline");
        assertThat(completion.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
        assertThat(completion.at("/choices/0/message/role").asText()).isEqualTo("assistant");
        assertThat(contentOf(completion)).endsWith("Earlier you said: “My name is Ada 😀.”");
        assertThat(completion.at("/usage/prompt_tokens").asInt()).isEqualTo(11);
        assertThat(completion.at("/usage/completion_tokens").asInt()).isPositive();
        assertThat(completion.at("/usage/total_tokens").asInt())
                .isEqualTo(11 + completion.at("/usage/completion_tokens").asInt());
    }

    @Test
    void completionWithToolsAndAnImage_saysWhatItCanNotDo() throws Exception {
        // Given
        String body =
                """
                {"tools": [{"type": "function", "function": {"name": "f"}}], "messages": [
                  {"role": "user", "content": "Ada"},
                  {"role": "assistant", "content": null, "tool_calls":
                    [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
                  {"role": "tool", "tool_call_id": "c", "content": "SECRET"},
                  {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x"}}]}]}
                """;

        // When
        var response = post(body);

        // Then
        assertThat(response.body())
                .contains("I was given tools, which I cannot call.", "You just said: “Ada”")
                .doesNotContain("SECRET");
    }

    @Test
    void streamedCompletion_joinsToThePlainReply() throws Exception {
        // Given
        JsonNode plain = JSON.readTree(post("{" + MESSAGES + "}").body());

        // When
        var response =
                post(
                        "{\"stream\": true, \"stream_options\": {\"include_usage\": true}, "
                                + MESSAGES
                                + "}");

        // Then
        List<String> events = eventsOf(response.body());
        List<JsonNode> chunks = chunksOf(events);
        assertThat(response.headers().firstValue("Content-Type")).contains("text/event-stream");
        assertThat(events).last().isEqualTo("[DONE]");
        assertThat(chunks)
                .allMatch(chunk -> chunk.path("object").asText().equals("chat.completion.chunk"));
        assertThat(chunks.getFirst().at("/choices/0/delta/role").asText()).isEqualTo("assistant");
        assertThat(chunks).hasSizeGreaterThan(20);
        assertThat(deltasOf(chunks)).isEqualTo(contentOf(plain));
        assertThat(chunks.get(chunks.size() - 2).at("/choices/0/finish_reason").asText())
                .isEqualTo("stop");
        assertThat(chunks.getLast().path("choices")).isEmpty();
        assertThat(chunks.getLast().path("usage")).isEqualTo(plain.path("usage"));
    }

    @Test
    void streamWithoutUsage_endsWithTheFinish() throws Exception {
        // Given
        String body =
                "{\"stream\": true, \"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}";

        // When
        var response = post(body);

        // Then
        List<JsonNode> chunks = chunksOf(eventsOf(response.body()));
        assertThat(chunks.getLast().at("/choices/0/finish_reason").asText()).isEqualTo("stop");
        assertThat(chunks).noneMatch(chunk -> chunk.has("usage"));
    }

    @Test
    void completion_ofARequestWithMore_isOfItsText() throws Exception {
        // Given what clients send that know more than text
        String body =
                """
                {"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto", "n": 1, "top_k": 5,
                 "response_format": {"type": "json_object"}, "messages": [
                  {"role": "user", "content": [{"type": "text", "text": "Look."}, {"type": "image_url", "image_url": {"url": "x"}}]},
                  {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function"}]},
                  {"role": "tool", "tool_call_id": "c", "content": "7"}]}""";

        // When
        var response = post(body);

        // Then
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(contentOf(JSON.readTree(response.body()))).contains("You just said: “Look.”");
    }

    @Test
    void models_listTheOne() throws Exception {
        // Given
        var request = HttpRequest.newBuilder(uri("/models")).build();

        // When
        var response = client.send(request, BodyHandlers.ofString());

        // Then
        JsonNode models = JSON.readTree(response.body());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(models.path("object").asText()).isEqualTo("list");
        assertThat(models.path("data")).hasSize(1);
        assertThat(models.at("/data/0/id").asText()).isEqualTo("konko-offline");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/chat/completions", "/embeddings", "/"})
    void unknownEndpoint_isNotFound(String path) throws Exception {
        // Given
        var request = HttpRequest.newBuilder(uri(path)).build();

        // When
        var response = client.send(request, BodyHandlers.ofString());

        // Then
        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(errorOf(response)).isNotBlank();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{\"messages\": [{\"role\": \"user\", \"content\": \"secret",
                "{\"messages\": [{\"role\": \"user\", \"content\": \"secret\"}]} {}",
                "[]",
                "{\"model\": \"secret\"}",
                "{\"messages\": []}",
                "{\"messages\": {\"role\": {\"role\": \"user\", \"content\": \"secret\"}}}",
                "{\"messages\": [{\"content\": \"secret\"}]}"
            })
    void unreadableRequest_isRefusedWithoutRepeatingIt(String body) throws Exception {
        // Given a body that is no completion request

        // When
        var response = post(body);

        // Then
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(errorOf(response)).isNotBlank().doesNotContain("secret");
    }

    @Test
    void requestTooLong_isRefused() throws Exception {
        // Given
        String body = " ".repeat(OfflineEndpoint.MAX_BODY_BYTES + 1);

        // When
        var response = post(body);

        // Then
        assertThat(response.statusCode()).isEqualTo(413);
        assertThat(errorOf(response)).contains("longer than");
    }

    private HttpResponse<String> post(String body) throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(uri("/chat/completions"))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create(model.baseUrl() + path);
    }

    private static String contentOf(JsonNode completion) {
        return completion.at("/choices/0/message/content").asText();
    }

    private static List<String> eventsOf(String body) {
        return body.lines()
                .filter(line -> !line.isEmpty())
                .map(line -> line.substring("data: ".length()))
                .toList();
    }

    private static List<JsonNode> chunksOf(List<String> events) throws IOException {
        return JSON.readerFor(JsonNode.class)
                .<JsonNode>readValues(
                        events.stream()
                                .filter(event -> !event.equals("[DONE]"))
                                .collect(Collectors.joining()))
                .readAll();
    }

    private static String deltasOf(List<JsonNode> chunks) {
        return chunks.stream()
                .map(chunk -> chunk.at("/choices/0/delta/content").asText())
                .collect(Collectors.joining());
    }

    private static String errorOf(HttpResponse<String> response) throws IOException {
        JsonNode error = JSON.readTree(response.body()).path("error");
        assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
        return error.path("message").asText();
    }
}

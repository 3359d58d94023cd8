package ai.konko.openai;

import ai.konko.api.HttpTest;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonObject;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.models.responses.EasyInputMessage;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseRetrieveParams;
import com.openai.models.responses.ResponseStreamEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What OpenAI's own client makes of the service. It checks every answer against its models. */
abstract class SdkTest extends HttpTest {
    private final List<OpenAIClient> clients = new ArrayList<>();
    OpenAIClient openai;

    @BeforeEach
    void freshSdk() {
        openai = track(sdk(base + "v1", 0));
    }

    /** One that is closed after the test. */
    OpenAIClient track(OpenAIClient made) {
        clients.add(made);
        return made;
    }

    @AfterEach
    void closeSdks() {
        clients.forEach(OpenAIClient::close);
    }

    static OpenAIClient sdk(String url, int retries) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(url)
                .apiKey("none")
                .maxRetries(retries)
                .responseValidation(true)
                .build();
    }

    static ResponseCreateParams.Builder say(String input) {
        return ResponseCreateParams.builder().input(input);
    }

    static ResponseInputItem item(String role, String text) {
        return ResponseInputItem.ofEasyInputMessage(
                EasyInputMessage.builder()
                        .role(EasyInputMessage.Role.of(role))
                        .content(text)
                        .build());
    }

    static String status(Response response) {
        return response.status().orElseThrow().asString();
    }

    /** All that the response says. */
    static String text(Response response) {
        return response.output().stream()
                .flatMap(item -> item.message().stream())
                .flatMap(message -> message.content().stream())
                .map(part -> part.asOutputText().text())
                .collect(Collectors.joining());
    }

    static String conversation(Response response) {
        return response.conversation().orElseThrow().id();
    }

    /** The address of the chat that is this conversation. */
    static String chat(String conversation) {
        return "/chats/" + dashed(conversation.substring("conv_".length()));
    }

    /** The address of the reply that is this response. */
    static String reply(String response) {
        String ids = response.substring("resp_".length());
        return "/chats/%s/messages/%s"
                .formatted(dashed(ids.substring(0, 32)), dashed(ids.substring(32)));
    }

    static String response(String chatId, String replyId) {
        return "resp_" + (chatId + replyId).replace("-", "");
    }

    static String dashed(String digits) {
        return digits.replaceFirst("(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5");
    }

    /** All events of the response to this. */
    List<ResponseStreamEvent> events(ResponseCreateParams.Builder params) {
        return events(openai, params);
    }

    static List<ResponseStreamEvent> events(
            OpenAIClient client, ResponseCreateParams.Builder params) {
        try (StreamResponse<ResponseStreamEvent> stream =
                client.responses().createStreaming(params.build())) {
            return stream.stream().toList();
        }
    }

    /** All events of a response that is there, or those after one of them. */
    List<ResponseStreamEvent> eventsAgain(ResponseRetrieveParams.Builder params) {
        try (StreamResponse<ResponseStreamEvent> stream =
                openai.responses().retrieveStreaming(params.build())) {
            return stream.stream().toList();
        }
    }

    static String deltas(List<ResponseStreamEvent> events) {
        return events.stream()
                .filter(ResponseStreamEvent::isOutputTextDelta)
                .map(event -> event.asOutputTextDelta().delta())
                .collect(Collectors.joining());
    }

    /** The types of the events, each run of deltas as one. */
    static List<String> types(List<ResponseStreamEvent> events) {
        List<String> types = new ArrayList<>();
        for (ResponseStreamEvent event : events) {
            String type = field(event, "type").asStringOrThrow();
            if (types.isEmpty() || !types.getLast().equals(type)) {
                types.add(type);
            }
        }
        return types;
    }

    static List<Long> numbers(List<ResponseStreamEvent> events) {
        return events.stream()
                .map(event -> field(event, "sequence_number").convert(Long.class))
                .toList();
    }

    private static JsonValue field(ResponseStreamEvent event, String name) {
        return ((JsonObject) JsonValue.from(event)).values().get(name);
    }
}

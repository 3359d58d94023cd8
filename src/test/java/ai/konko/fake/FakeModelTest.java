package ai.konko.fake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.fake.FakeModel.Call;
import ai.konko.fake.FakeModel.Reply;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class FakeModelTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final FakeModel model = FakeModel.start();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void close() {
        model.close();
        client.close();
    }

    @Test
    void answersPlainByDefault() throws Exception {
        JsonNode answer = JSON.readTree(post("Hé 😀", false).body());

        assertThat(answer.at("/object").asText()).isEqualTo("chat.completion");
        assertThat(answer.at("/model").asText()).isEqualTo("m1");
        assertThat(answer.at("/choices/0/message/content").asText()).isEqualTo("reply to: Hé 😀");
        assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
        assertThat(answer.at("/usage/total_tokens").asInt()).isEqualTo(15);
        assertThat(model.calls()).extracting(Call::lastUser).containsExactly("Hé 😀");
        assertThat(model.calls().getFirst().headers()).containsEntry("authorization", "Bearer k");
        assertThat(model.inFlight()).isZero();
    }

    @Test
    void streamsByDefault() throws Exception {
        List<String> events = events(post("Hé 😀", true));

        List<JsonNode> chunks =
                events.subList(0, events.size() - 1).stream().map(FakeModelTest::json).toList();
        assertThat(events.getLast()).isEqualTo("[DONE]");
        assertThat(chunks.getFirst().at("/choices/0/delta/role").asText()).isEqualTo("assistant");
        assertThat(chunks.stream().map(chunk -> chunk.at("/choices/0/delta/content").asText()))
                .containsExactly("", "repl", "y to", ": Hé", " 😀", "", "");
        assertThat(chunks.get(5).at("/choices/0/finish_reason").asText()).isEqualTo("stop");
        assertThat(chunks.getLast().at("/choices")).isEmpty();
        assertThat(chunks.getLast().at("/usage/total_tokens").asInt()).isEqualTo(15);
    }

    @Test
    void answersWithMoreThanText_streamedOrNot() throws Exception {
        model.answer(
                _ ->
                        new Script()
                                .reasoning("hm")
                                .text("a")
                                .call("c1", "f", "{\"city\":1}")
                                .call("c2", "g", "{}")
                                .reply());

        JsonNode message = JSON.readTree(post("hi", false).body()).at("/choices/0/message");
        List<String> events = events(post("hi", true));

        assertThat(message.path("content").asText()).isEqualTo("a");
        assertThat(message.path("reasoning_content").asText()).isEqualTo("hm");
        assertThat(message.at("/tool_calls/0/function/arguments").asText())
                .isEqualTo("{\"city\":1}");
        assertThat(message.at("/tool_calls/1/id").asText()).isEqualTo("c2");
        assertThat(events).filteredOn(each -> each.contains("\"id\":\"c1\"")).hasSize(1);
        assertThat(events.get(events.size() - 3)).contains("\"finish_reason\":\"tool_calls\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "[{\"role\":\"user\"}]",
                "[{\"role\":\"user\",\"content\":[]}]",
                "[{\"role\":\"assistant\",\"content\":null}]",
                "[CALLS]",
                "[CALLS,{\"role\":\"user\",\"content\":\"x\"}]",
                "[CALLS,OUTPUT,OUTPUT]",
                "[OUTPUT]",
                "[{\"role\":\"user\",\"content\":\"x\"}],\"tool_choice\":\"auto\"",
                "[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[]",
                "[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"function\":{\"name\":\"a b\"}}]"
            })
    void refusesWhatOpenAiRefuses(String messages) throws Exception {
        HttpResponse<?> response = send(body(messages));

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(model.refused()).hasSize(1);
        assertThat(model.calls()).isEmpty();
    }

    @Test
    void takesACallWithItsOutput() throws Exception {
        assertThat(send(body("[CALLS,OUTPUT]")).statusCode()).isEqualTo(200);
    }

    private static String body(String messages) {
        String calls =
                "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\","
                        + "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}";
        String output = "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"\"}";
        return "{\"model\":\"m\",\"messages\":%s}"
                .formatted(messages.replace("CALLS", calls).replace("OUTPUT", output));
    }

    @Test
    void breaksStreamsAsTold() throws Exception {
        model.answer(_ -> Reply.text("abcdefgh").thenErrorEvent(1));
        assertThat(events(post("hi", true)))
                .hasSize(3)
                .last()
                .asString()
                .contains("upstream secret sk-123");

        model.answer(_ -> Reply.text("abcdefgh").thenGarbage(2));
        assertThat(events(post("hi", true))).hasSize(4).last().isEqualTo("{not json");

        model.answer(_ -> Reply.text("abcdefgh").noFinish());
        assertThat(events(post("hi", true))).hasSize(4).last().isEqualTo("[DONE]");

        model.answer(_ -> Reply.text("abcdefgh").thenCut(1));
        assertThatThrownBy(() -> post("hi", true)).isInstanceOf(IOException.class);
    }

    @Test
    void answersWithStatusAndHeaders() throws Exception {
        model.answer(_ -> Reply.status(429, "{}", Map.of("Retry-After", "7")));

        HttpResponse<String> response = post("hi", false);

        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(response.headers().firstValue("retry-after")).hasValue("7");
        assertThat(response.body()).isEqualTo("{}");
    }

    @Test
    void dropsConnection() {
        model.answer(_ -> Reply.drop());

        assertThatThrownBy(() -> post("hi", false)).isInstanceOf(IOException.class);
        assertThat(model.calls()).isNotEmpty();
        assertThat(model.inFlight()).isZero();
    }

    @Test
    void tellsThatClientClosed() throws Exception {
        CompletableFuture<Call> arrived = new CompletableFuture<>();
        model.answer(
                call -> {
                    arrived.complete(call);
                    return Reply.hang();
                });

        CompletableFuture<?> response =
                client.sendAsync(request("hi", false), BodyHandlers.ofString());
        Call call = arrived.get();
        assertThat(call.closed()).isNotDone();
        assertThat(model.inFlight()).isOne();
        response.cancel(true);

        call.closed().get();
        assertThat(model.inFlight()).isZero();
    }

    @Test
    void holdsManyCallsAtOnce() {
        int count = 500;
        CompletableFuture<Void> gate = new CompletableFuture<>();
        AtomicInteger arrived = new AtomicInteger();
        model.answer(
                _ -> {
                    if (arrived.incrementAndGet() == count) {
                        gate.complete(null);
                    }
                    return Reply.text("late").gate(gate);
                });

        List<CompletableFuture<HttpResponse<String>>> responses =
                Stream.generate(() -> request("hi", false))
                        .limit(count)
                        .map(request -> client.sendAsync(request, BodyHandlers.ofString()))
                        .toList();

        assertThat(responses)
                .allSatisfy(response -> assertThat(response.join().body()).contains("late"));
        assertThat(model.mostInFlight()).isEqualTo(count);
        assertThat(model.inFlight()).isZero();
        model.reset();
        assertThat(model.calls()).isEmpty();
        assertThat(model.mostInFlight()).isZero();
    }

    private HttpResponse<String> post(String text, boolean stream)
            throws IOException, InterruptedException {
        return client.send(request(text, stream), BodyHandlers.ofString());
    }

    private HttpResponse<String> send(String body) throws IOException, InterruptedException {
        return client.send(request(body), BodyHandlers.ofString());
    }

    private HttpRequest request(String text, boolean stream) {
        return request(
                """
                {"model": "m1", "stream": %s, "stream_options": {"include_usage": true},
                 "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "%s"}]}
                """
                        .formatted(stream, text));
    }

    private HttpRequest request(String body) {
        return HttpRequest.newBuilder(URI.create(model.baseUrl() + "/chat/completions"))
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer k")
                .POST(BodyPublishers.ofString(body))
                .build();
    }

    private static List<String> events(HttpResponse<String> response) {
        assertThat(response.headers().firstValue("content-type")).hasValue("text/event-stream");
        return response.body()
                .lines()
                .filter(line -> !line.isEmpty())
                .map(line -> line.substring("data: ".length()))
                .toList();
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new AssertionError(text, e);
        }
    }
}

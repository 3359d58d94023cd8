package ai.konko.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader;
import ai.konko.api.EventReader.Event;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.FakeModelResource;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that go to the provider as they come, and its answers. */
@QuarkusTest
class PassThroughTest extends SdkTest {
    private static final String COMPLETIONS = "/v1/chat/completions";

    private static final String CALLS =
            """
            {"id": "chatcmpl-7", "object": "chat.completion", "created": 7, "model": "m-2024", "x": {"y": [1.50]},
             "choices": [{"index": 0, "finish_reason": "tool_calls", "logprobs": null,
               "message": {"role": "assistant", "content": null, "refusal": null, "tool_calls": [{"id": "call_1",
                 "type": "function", "function": {"name": "weather", "arguments": "{\\"city\\": \\"Lisbon\\"}"}}]}}],
             "usage": {"prompt_tokens": 20, "completion_tokens": 7, "total_tokens": 27}}""";

    private static final String HEAD =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    private static String chunk(String rest) {
        return "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
                + rest
                + "}";
    }

    private static final String HELLO =
            chunk(
                    "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hello\"},\"finish_reason\":null}]");
    private static final String STOP =
            chunk("\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]");
    private static final String USAGE =
            chunk(
                    "\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}");

    private static Reply chunked(String... parts) {
        StringBuilder body = new StringBuilder(HEAD);
        for (String part : parts) {
            body.append("%x\r\n%s\r\n".formatted(part.getBytes(UTF_8).length, part));
        }
        return Reply.bytes(body.append("0\r\n\r\n").toString().getBytes(UTF_8));
    }

    private static Reply events(String... events) {
        return chunked("data: " + String.join("\n\ndata: ", events) + "\n\n");
    }

    /** What is passed on is the provider's to judge, so this one takes anything. */
    @BeforeEach
    void providerThatTakesAnything() {
        model.strict(false);
    }

    @Test
    void request_isPassedOnWithWhateverIsInIt() {
        String body =
                """
                {"model": "own", "tools": [{"type": "function", "function": {"name": "weather"}}], "n": 1,
                 "tool_choice": "required", "top_k": 7, "response_format": {"type": "json_object"}, "nobody": {"knows": []},
                 "messages": [{"role": "tool", "tool_call_id": "c", "content": ""},
                   {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]}""";

        Answer answer = client.post(COMPLETIONS, body);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(model.calls().getFirst().body().toString()).isEqualTo(json(body).toString());
        assertThat(model.calls().getFirst().headers().get("authorization"))
                .isEqualTo("Bearer " + FakeModelResource.KEY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\"model\": null,"})
    void request_withoutAModel_getsTheConfiguredOneAndIsNotStored(String named) {
        client.post(COMPLETIONS, "{%s \"messages\": [], \"store\": false}".formatted(named));

        JsonNode sent = model.calls().getFirst().body();
        assertThat(sent.path("model").asText()).isEqualTo("test-model");
        assertThat(sent.has("store")).isFalse();
    }

    @Test
    void answer_isPassedOnToTheLetter() {
        model.answer(_ -> Reply.raw(CALLS));

        Answer answer = client.post(COMPLETIONS, "{\"messages\": []}");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(CALLS);
        assertThat(answer.header("Content-Type")).isEqualTo("application/json");
        assertThat(answer.header("X-Request-Id")).isNotEmpty();
    }

    @Test
    void sdk_hasItsToolCalled() {
        model.answer(_ -> Reply.raw(CALLS));

        ChatCompletion completion =
                openai.chat()
                        .completions()
                        .create(
                                ChatCompletionCreateParams.builder()
                                        .model("own")
                                        .addUserMessage("How is the weather?")
                                        .addTool(
                                                ChatCompletionFunctionTool.builder()
                                                        .function(
                                                                FunctionDefinition.builder()
                                                                        .name("weather")
                                                                        .parameters(
                                                                                FunctionParameters
                                                                                        .builder()
                                                                                        .putAdditionalProperty(
                                                                                                "type",
                                                                                                JsonValue
                                                                                                        .from(
                                                                                                                "object"))
                                                                                        .build())
                                                                        .build())
                                                        .build())
                                        .build());

        assertThat(
                        completion
                                .choices()
                                .getFirst()
                                .message()
                                .toolCalls()
                                .orElseThrow()
                                .getFirst()
                                .asFunction()
                                .function()
                                .name())
                .isEqualTo("weather");
    }

    @Test
    void stream_isPassedOnToTheLetter() {
        String stream =
                ": PROCESSING\n\ndata: %s\r\n\r\nevent: message\ndata:%s\n\ndata: %s\n\ndata: [DONE]\n\n"
                        .formatted(HELLO, STOP, USAGE);
        model.answer(_ -> chunked(stream.substring(0, 40), stream.substring(40)));

        Answer answer =
                client.post(
                        COMPLETIONS,
                        "{\"stream\": true, \"stream_options\": {\"include_usage\": true}}");

        assertThat(answer.text()).isEqualTo(stream);
        assertThat(answer.header("Content-Type")).isEqualTo("text/event-stream");
    }

    @Test
    void stream_isCountedAlsoIfItsClientDoesNotAsk() {
        long before = tokensUsed();

        Answer answer =
                client.post(
                        COMPLETIONS,
                        "{\"stream\": true, \"stream_options\": {\"x\": 1}, \"messages\": []}");

        assertThat(answer.text()).doesNotContain("prompt_tokens").endsWith("data: [DONE]\n\n");
        assertThat(model.calls().getFirst().body().path("stream_options").toString())
                .isEqualTo("{\"x\":1,\"include_usage\":true}");
        await().until(() -> tokensUsed() == before + 15);
    }

    private long tokensUsed() {
        long tokens = 0;
        for (JsonNode each : client.get("/usage").json().path("data")) {
            tokens += each.path("totalTokens").asLong();
        }
        return tokens;
    }

    @ParameterizedTest
    @CsvSource({
        "400, 400, context_length_exceeded",
        "404, 400, context_length_exceeded",
        "413, 400, context_length_exceeded",
        "415, 400, context_length_exceeded",
        "422, 400, context_length_exceeded",
        "401, 502, model_failed",
        "403, 502, model_failed",
        "429, 503, model_unavailable",
        "500, 502, model_failed",
        "503, 503, model_unavailable"
    })
    void refusal_ofTheProvider_isTheClientsOnlyIfItsRequestIsWrong(
            int theirs, int ours, String code) {
        String error =
                "{\"error\":{\"message\":\"Too many words.\",\"type\":\"x\",\"param\":\"messages\",\"code\":\"context_length_exceeded\"}}";
        model.answer(_ -> Reply.status(theirs, error, Map.of("Retry-After", "7")));

        Answer refused = client.post(COMPLETIONS, "{\"messages\": []}");
        Answer streamed = client.post(COMPLETIONS, "{\"messages\": [], \"stream\": true}");

        assertThat(refused.status()).isEqualTo(ours);
        assertThat(refused.json().at("/error/code").asText()).isEqualTo(code);
        assertThat(refused.text().contains("Too many words.")).isEqualTo(ours == 400);
        assertThat(refused.header("Retry-After")).isEqualTo(ours == 503 ? "7" : "");
        assertThat(streamed.status()).isEqualTo(ours);
        assertThat(streamed.json()).isEqualTo(refused.json());
    }

    @ParameterizedTest
    @CsvSource({
        "400, Incorrect API key provided, 502",
        "400, Bearer " + FakeModelResource.KEY + " is bad, 502",
        "404, , 502",
        "400, , 400"
    })
    void refusal_thatMayBeTheOperators_isNotTheClients(int theirs, String message, int ours) {
        String body =
                message == null ? "<html>" : "{\"error\":{\"message\":\"%s\"}}".formatted(message);
        model.answer(_ -> Reply.status(theirs, body, Map.of()));

        Answer refused = client.post(COMPLETIONS, "{\"messages\": []}");

        assertThat(refused.status()).isEqualTo(ours);
        assertThat(refused.text())
                .contains("status " + theirs)
                .doesNotContain(FakeModelResource.KEY);
    }

    @Test
    void sdk_isToldWhatIsWrong() {
        model.answer(
                _ ->
                        Reply.status(
                                400,
                                "{\"error\":{\"message\":\"No such effort.\",\"param\":\"reasoning_effort\",\"code\":null}}",
                                Map.of()));

        assertThatThrownBy(
                        () ->
                                openai.chat()
                                        .completions()
                                        .create(
                                                ChatCompletionCreateParams.builder()
                                                        .model("own")
                                                        .addUserMessage("x")
                                                        .build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("No such effort.");
    }

    @Test
    void stream_thatFailsBeforeItsFirstEvent_isAnError() {
        for (Reply broken :
                List.of(
                        chunked(": PROCESSING\n\n"),
                        events("{\"error\":{\"message\":\"secret\"}}"),
                        events("{not json"),
                        Reply.raw("<html>"),
                        Reply.raw(""),
                        Reply.cutBody("{\"choices\":"),
                        Reply.raw("{\"error\":\"secret\"}"),
                        Reply.drop())) {
            model.answer(_ -> broken);

            Answer failed = client.post(COMPLETIONS, "{\"stream\": true}");

            assertThat(failed.status()).as(broken.toString()).isEqualTo(502);
            assertThat(failed.json().at("/error/code").asText()).isEqualTo("model_failed");
            assertThat(failed.text()).doesNotContain("secret");
        }
    }

    @Test
    void stream_thatBreaks_endsWithAnErrorOfOurs() {
        for (Reply broken :
                List.of(
                        events(HELLO, "{\"error\":{\"message\":\"secret\"}}", HELLO),
                        events(HELLO, "{not json", HELLO),
                        events(HELLO, "[DONE]"),
                        events(HELLO),
                        Reply.text("Hello").thenCut(1))) {
            model.answer(_ -> broken);

            try (EventReader stream = client.postAndFollow(COMPLETIONS, "{\"stream\": true}")) {
                List<Event> events = stream.rest();

                JsonNode last = events.getLast().data();
                assertThat(last.at("/error/code").asText()).isEqualTo("model_failed");
                assertThat(events).hasSizeBetween(2, 3);
                assertThat(events.toString()).contains("Hell").doesNotContain("secret");
            }
        }
    }

    @Test
    void stream_ofSeveralChoices_isWholeWhenAllAreOver() {
        String other = STOP.replace("\"index\":0", "\"index\":1");
        model.answer(
                _ ->
                        events(
                                HELLO,
                                STOP,
                                HELLO.replace("\"index\":0", "\"index\":1"),
                                other,
                                "[DONE]"));

        Answer answer = client.post(COMPLETIONS, "{\"stream\": true, \"n\": 2}");

        assertThat(answer.text()).contains(other).endsWith("data: [DONE]\n\n");
    }

    @Test
    void longAnswer_isPassedOnWhileItComes() {
        String vectors = "[0.123456789],".repeat(20_000);
        String answer =
                "{\"data\":[%s[]],\"model\":\"e\",\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}"
                        .formatted(vectors);
        model.answer(_ -> Reply.raw(answer));
        long before = tokensUsed();

        Answer passed = client.post("/v1/embeddings", "{\"model\": \"e\", \"input\": \"x\"}");

        assertThat(passed.text()).isEqualTo(answer);
        await().until(() -> tokensUsed() == before + 8);
    }

    @Test
    void longAnswer_thatIsCut_isCutForTheClientToo() {
        model.answer(_ -> Reply.cutBody("{\"data\":[" + "[0.1],".repeat(100_000)));

        assertThatThrownBy(() -> client.post("/v1/embeddings", "{\"model\": \"e\"}"))
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(IOException.class);
    }

    @Test
    void slowClient_holdsTheModelUpAndGetsAll() throws IOException {
        int count = 200;
        List<String> deltas = Collections.nCopies(count, "x".repeat(100_000));
        model.answer(_ -> Reply.text("x").deltas(deltas));

        try (Socket socket = new Socket(base.getHost(), base.getPort())) {
            socket.getOutputStream()
                    .write(
                            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{\"stream\":true}"
                                    .getBytes(UTF_8));
            await().until(() -> model.calls().size() == 1);
            InputStream in = socket.getInputStream();
            assertThat(in.readNBytes(1000)).hasSize(1000);
            AtomicLong seen = new AtomicLong();
            await().pollInterval(Duration.ofMillis(200))
                    .until(() -> model.written() == seen.getAndSet(model.written()));
            assertThat(model.written()).isBetween(1L, 10_000_000L);
            assertThat(model.inFlight()).isEqualTo(1);

            long length = in.transferTo(OutputStream.nullOutputStream());

            assertThat(length).isGreaterThan((long) count * deltas.getFirst().length());
        }
        await().until(
                        () ->
                                client.get("/q/metrics")
                                        .text()
                                        .contains("konko_replies_in_flight 0.0"));
    }

    @Test
    void embeddings_ofTheSdk_arePassedOn() {
        model.answer(
                _ ->
                        Reply.raw(
                                """
                                {"object": "list", "model": "e-3", "usage": {"prompt_tokens": 8, "total_tokens": 8},
                                 "data": [{"object": "embedding", "index": 0, "embedding": "AACAPwAAAEA="}]}"""));

        CreateEmbeddingResponse embeddings =
                openai.embeddings()
                        .create(EmbeddingCreateParams.builder().model("e-3").input("x").build());

        assertThat(embeddings.data()).hasSize(1);
        assertThat(model.calls().getFirst().target()).isEqualTo("/v1/embeddings");
        assertThat(model.calls().getFirst().model()).isEqualTo("e-3");
    }

    @ParameterizedTest
    @CsvSource({"moderations, false", "completions, true"})
    void whatHasNoModel_getsOneOnlyIfItWrites(String path, boolean gets) {
        model.answer(_ -> Reply.raw("{\"results\": [], \"choices\": []}"));

        Answer answer = client.post("/v1/" + path, "{\"input\": \"x\", \"max_tokens\": 5}");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(model.calls().getFirst().target()).isEqualTo("/v1/" + path);
        assertThat(model.calls().getFirst().body().has("model")).isEqualTo(gets);
    }

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (IOException broken) {
            throw new AssertionError(text, broken);
        }
    }
}

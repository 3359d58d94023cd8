package ai.konko.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader;
import ai.konko.api.EventReader.Event;
import ai.konko.api.HttpTest;
import ai.konko.fake.FakeModel.Message;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.Script;
import ai.konko.http.Wire;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Responses over a WebSocket. */
@QuarkusTest
class ResponseSocketsTest extends HttpTest {
    private static final String WARM = ", \"generate\": false";
    private static final String UNKEPT = ", \"store\": false";

    /** One with the largest image in base64. */
    private static final int LONGEST = (1 << 20) + ((10 << 20) + 2) / 3 * 4;

    /** A frame that closes, with 1009. */
    private static final String CLOSED_AS_TOO_BIG = "\u0088\u0002\u0003\u00f1";

    private SocketClient socket;

    @BeforeEach
    void openSocket() {
        socket = new SocketClient(base);
    }

    @AfterEach
    void closeSocket() {
        socket.close();
    }

    private static String after(JsonNode response) {
        return ", \"previous_response_id\": \"%s\"".formatted(response.path("id").asText());
    }

    private static String text(JsonNode response) {
        return response.at("/output/0/content/0/text").asText();
    }

    private static void assertNotFound(JsonNode error) {
        assertThat(error.path("type").asText()).isEqualTo("error");
        assertThat(error.path("status").asInt()).isEqualTo(400);
        assertThat(error.at("/error/type").asText()).isEqualTo("invalid_request_error");
        assertThat(error.at("/error/code").asText()).isEqualTo("previous_response_not_found");
        assertThat(error.at("/error/param").asText()).isEqualTo("previous_response_id");
    }

    @Test
    void create_sendsTheEventsOfTheResponsesStream() throws Exception {
        model.answer(
                _ ->
                        new Script()
                                .reasoning("Two.")
                                .text("Grüße \ud83d\ude00")
                                .call("call_a", "look", "{\"city\":\"Lisbon\"}")
                                .reply());

        socket.ask("hello", ", \"tools\": [{\"type\": \"function\", \"name\": \"look\"}]");
        List<JsonNode> events = socket.all();

        List<JsonNode> streamed = new ArrayList<>();
        String id = events.getLast().at("/response/id").asText();
        try (EventReader stream = client.follow("GET", "/v1/responses/" + id + "?stream=true")) {
            for (Event each = stream.next(); each != null; each = stream.next()) {
                streamed.add(each.data());
            }
        }
        assertThat(events).isEqualTo(streamed).hasSizeGreaterThan(10);
        assertThat(events.getFirst().path("sequence_number").asInt()).isZero();
    }

    @Test
    void create_ofALongReply_isMessagesInFrames() throws Exception {
        String text = "\"Grüße\n\ud83d\ude00".repeat(30_000);
        model.answer(_ -> Reply.text(text).deltas(List.of(text)));

        socket.ask("hello", "");
        List<JsonNode> events = socket.all();

        StringBuilder deltas = new StringBuilder();
        events.forEach(each -> deltas.append(each.path("delta").asText()));
        assertThat(deltas.toString()).isEqualTo(text);
        assertThat(text(events.getLast().path("response"))).isEqualTo(text);
    }

    @Test
    void previous_ofTheLog_isContinued() throws Exception {
        socket.ask("My name is Ada.", "");
        JsonNode first = socket.answer();

        socket.ask("Who am I?", after(first));
        JsonNode second = socket.answer();

        assertThat(second.path("conversation")).isEqualTo(first.path("conversation"));
        assertThat(model.calls().getLast().messages()).hasSize(3);
        assertThat(client.get("/v1/responses/" + second.path("id").asText()).json())
                .isEqualTo(second);
    }

    @Test
    void previous_thatIsNotKept_isContinuedOnItsSocketFromTheLastOn() throws Exception {
        socket.ask("My name is Ada.", UNKEPT + ", \"instructions\": \"Be brief.\"");
        JsonNode first = socket.answer();
        socket.ask("I live in Porto.", UNKEPT + after(first));
        JsonNode second = socket.answer();
        socket.ask("Who am I?", UNKEPT + after(second));
        JsonNode third = socket.answer();
        List<Message> said = model.calls().getLast().messages();

        socket.ask("And now?", UNKEPT + after(first));

        assertNotFound(socket.answer());
        assertThat(said).hasSize(5);
        assertThat(said.getFirst().content()).isEqualTo("My name is Ada.");
        assertThat(third.path("store").asBoolean()).isFalse();
        assertThat(client.get("/v1/responses/" + third.path("id").asText()).status())
                .isEqualTo(404);
    }

    @Test
    void previous_thatIsNotKept_afterOneOfTheLog_hasBoth() throws Exception {
        socket.ask("My name is Ada.", "");
        JsonNode kept = socket.answer();
        socket.ask("I live in Porto.", UNKEPT + after(kept));
        JsonNode unkept = socket.answer();

        socket.ask("Who am I?", UNKEPT + after(unkept));

        assertThat(text(socket.answer())).isEqualTo("reply to: Who am I?");
        assertThat(model.calls().getLast().messages()).hasSize(5);
    }

    @Test
    void previous_thatIsNotKept_inAConversation_hasNothingOfWhatCameLater() throws Exception {
        socket.ask("My name is Ada.", "");
        String conversation = ", \"conversation\": " + socket.answer().path("conversation");
        socket.ask("I live in Porto.", UNKEPT + conversation);
        JsonNode unkept = socket.answer();
        client.post("/v1/responses", "{\"input\": \"I moved.\"%s}".formatted(conversation));

        socket.ask("Where do I live?", UNKEPT + after(unkept));

        assertThat(text(socket.answer())).isEqualTo("reply to: Where do I live?");
        assertThat(model.calls().getLast().messages())
                .extracting(Message::content)
                .hasSize(5)
                .doesNotContain("I moved.");
    }

    @Test
    void previous_withCalls_isContinuedByTheirOutputs() throws Exception {
        model.answer(
                call ->
                        call.body().findValue("tool_call_id") != null
                                ? Reply.text("Sun.")
                                : new Script().call("call_a", "look", "{}").reply());
        String tools = ", \"tools\": [{\"type\": \"function\", \"name\": \"look\"}]";
        socket.ask("Lisbon?", UNKEPT + tools);
        JsonNode first = socket.answer();

        socket.send(
                """
                {"type": "response.create", "stream": true, "store": false, "input": [
                  {"type": "function_call_output", "call_id": "call_a", "output": "sun"}]%s%s}
                """
                        .formatted(after(first), tools));

        assertThat(text(socket.answer())).isEqualTo("Sun.");
        assertThat(model.refused()).isEmpty();
    }

    @Test
    void previous_ofAnotherSocket_isNotFoundIfItIsNotKept() throws Exception {
        JsonNode first;
        try (SocketClient other = new SocketClient(base)) {
            other.ask("My name is Ada.", UNKEPT);
            first = other.answer();
        }

        socket.ask("Who am I?", UNKEPT + after(first));

        assertNotFound(socket.answer());
        assertThat(model.calls()).hasSize(1);
    }

    @Test
    void previous_thatWasContinuedInVain_isForgotten() throws Exception {
        socket.ask("My name is Ada.", UNKEPT);
        JsonNode first = socket.answer();
        socket.send(
                """
                {"type": "response.create", "store": false, "input": [
                  {"type": "function_call_output", "call_id": "call_x", "output": "none"}]%s}
                """
                        .formatted(after(first)));
        JsonNode failed = socket.answer();

        socket.ask("Who am I?", UNKEPT + after(first));

        assertThat(failed.path("status").asInt()).isEqualTo(400);
        assertThat(failed.at("/error/message").asText()).contains("call_x");
        assertNotFound(socket.answer());
    }

    /** What is not to be kept is not kept later either. */
    @Test
    void previous_thatIsNotKept_isNotForOneThatIs() throws Exception {
        socket.ask("My name is Ada.", UNKEPT);
        JsonNode first = socket.answer();

        socket.ask("Who am I?", after(first));

        assertThat(socket.answer().at("/error/param").asText()).isEqualTo("previous_response_id");
        assertThat(model.calls()).hasSize(1);
    }

    @Test
    void messages_atOnce_areAnsweredOneAfterTheOther() throws Exception {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(call -> Reply.text("to " + call.lastUser()).gate(gate));
        for (String each : List.of("a", "b", "c")) {
            socket.ask(each, UNKEPT);
        }
        await().until(() -> model.calls().size() == 1);
        assertThat(SocketClient.type(socket.next())).isEqualTo("response.created");

        gate.complete(null);

        assertThat(text(socket.answer())).isEqualTo("to a");
        assertThat(text(socket.answer())).isEqualTo("to b");
        assertThat(text(socket.answer())).isEqualTo("to c");
        assertThat(model.mostInFlight()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    no json                                                | 400 | malformed_json
                    ''                                                     | 400 | malformed_json
                    [1]                                                    | 422 | invalid
                    {"input": "a"}                                         | 422 | invalid
                    {"type": "session.update", "input": "a"}               | 422 | invalid
                    {"type": "response.create", "input": "a", "x": 1}      | 400 | unknown_parameter
                    {"type": "response.create", "type": "response.create"} | 400 | malformed_json
                    {"type": "response.create", "input": 1}                | 422 | invalid
                    {"type": "response.create", "input": "a", "background": true} | 400 | unsupported
                    {"type": "response.create", "input": "a", "conversation": "conv_x"} | 404 | not_found
                    """)
    void message_thatIsNoRequest_isAnErrorAndTheSocketGoesOn(
            String message, int status, String code) throws Exception {
        socket.send(message);

        JsonNode error = socket.answer();

        assertThat(error.path("status").asInt()).isEqualTo(status);
        assertThat(error.at("/error/code").asText()).isEqualTo(code);
        assertThat(error.at("/error/message").asText()).isNotBlank();
        socket.ask("hello", UNKEPT);
        assertThat(text(socket.answer())).isEqualTo("reply to: hello");
    }

    @Test
    void message_ofVeryManyValues_isRefused() throws Exception {
        socket.send("{\"input\": [" + "{},".repeat(600_000) + "{}]}");

        assertThat(socket.answer().at("/error/code").asText()).isEqualTo("malformed_json");
    }

    @Test
    void message_inBytes_isRefused() throws Exception {
        socket.sendBinary("{\"type\": \"response.create\", \"input\": \"a\"}".getBytes(UTF_8));

        assertThat(socket.answer().path("status").asInt()).isEqualTo(415);
    }

    @Test
    void message_inFrames_isReadUpToTheLongest() throws Exception {
        String half = "x".repeat(LONGEST / 2);
        socket.send("{\"type\": \"response.create\", \"input\": \"hel", false);
        socket.send("lo\"}", true);
        assertThat(text(socket.answer())).isEqualTo("reply to: hello");

        socket.send(half, false);
        socket.send(half, false);
        socket.send("x", false);
        socket.send("x", true);

        assertThat(socket.answer().path("status").asInt()).isEqualTo(413);
        socket.ask("still there", UNKEPT);
        assertThat(text(socket.answer())).isEqualTo("reply to: still there");
    }

    @Test
    void frame_longerThanAnyMessage_closesTheConnection() throws Exception {
        try (Wire wire = Wire.to(base).openSocket("none")) {
            String told = wire.sendFrame(LONGEST + 1, "x").until(CLOSED_AS_TOO_BIG);

            assertThat(told).contains("\"status\":413");
        }
    }

    @Test
    void failure_ofTheModel_isTheResponsesEnd() throws Exception {
        model.answer(_ -> Reply.status(500, "{}", Map.of()));

        socket.ask("hello", UNKEPT);

        JsonNode last = socket.all().getLast();
        assertThat(SocketClient.type(last)).isEqualTo("response.failed");
        assertThat(last.at("/response/error/code").asText()).isEqualTo("server_error");
    }

    @Test
    void client_thatGoes_stopsAResponseThatIsNotKept() throws Exception {
        model.answer(_ -> Reply.text("some text that goes on").thenStall(2));
        socket.ask("hello", UNKEPT);
        awaitText();

        socket.leave();

        assertThat(model.calls().getFirst().closed()).succeedsWithin(5, TimeUnit.SECONDS);
    }

    @Test
    void client_thatGoes_leavesAResponseThatIsKept() throws Exception {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("one two three").gateAt(1, gate));
        socket.ask("hello", "");
        String id = socket.next().at("/response/id").asText();
        awaitText();

        socket.leave();
        gate.complete(null);

        await().until(() -> text(client.get("/v1/responses/" + id).json()).equals("one two three"));
    }

    private void awaitText() throws InterruptedException {
        JsonNode event = socket.next();
        while (!SocketClient.type(event).equals("response.output_text.delta")) {
            event = socket.next();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                "Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 8"
            })
    void handshake_thatIsNone_isRefused(String headers) throws IOException {
        String request =
                """
                GET /v1/responses HTTP/1.1\r
                Host: localhost\r
                Upgrade: websocket\r
                Connection: Upgrade\r
                %s\r
                \r
                """
                        .formatted(headers);
        try (Wire wire = Wire.to(base)) {
            String answer = wire.send(request).until("}}");

            assertThat(answer).startsWith("HTTP/1.1 400").contains("bad_header");
        }
    }

    @Test
    void handshake_ofAForeignPage_isForbidden() {
        assertThat(SocketClient.refusal(base, "Origin", "https://evil.example")).isEqualTo(403);
        assertThat(SocketClient.refusal(base, "Origin", "http://localhost:3000")).isEqualTo(101);
    }

    @Test
    void get_withoutUpgrade_isToldOfTheWebSocket() {
        Answer refused = client.get("/v1/responses");

        assertThat(refused.status()).isEqualTo(405);
        assertThat(refused.header("Allow")).isEqualTo("POST");
        assertThat(refused.json().at("/error/message").asText()).contains("Upgrade: websocket");
    }

    private List<String> sent() {
        return model.calls().getLast().messages().stream().map(Message::content).toList();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void warmUp_asksNoModel_andTheNextBeginsWithItsInput(boolean store) throws Exception {
        String before = client.get("/chats?limit=1").text();
        socket.ask(
                "My name is Ada.",
                WARM + ", \"instructions\": \"Be brief.\", \"metadata\": {\"k\": \"v\"}");
        List<JsonNode> events = socket.all();
        JsonNode warm = events.getLast().path("response");
        assertThat(events)
                .extracting(SocketClient::type)
                .containsExactly("response.created", "response.in_progress", "response.completed");
        assertThat(warm.path("output").isEmpty()).isTrue();
        assertThat(warm.at("/usage/total_tokens").asInt(-1)).isZero();
        assertThat(model.calls()).isEmpty();
        assertThat(client.get("/chats?limit=1").text()).isEqualTo(before);
        assertThat(client.get("/v1/responses/" + warm.path("id").asText()).status()).isEqualTo(404);

        socket.ask("Who am I?", after(warm) + ", \"store\": " + store);

        JsonNode answer = socket.answer();
        assertThat(text(answer)).isEqualTo("reply to: Who am I?");
        assertThat(answer.path("previous_response_id")).isEqualTo(warm.path("id"));
        assertThat(sent()).containsExactly("My name is Ada.", "Who am I?");
        socket.ask("And now?", after(answer) + ", \"store\": " + store);
        assertThat(text(socket.answer())).isEqualTo("reply to: And now?");
        assertThat(sent()).hasSize(4).startsWith("My name is Ada.", "Who am I?");
    }

    @ParameterizedTest
    @CsvSource({
        "kept, true",
        "kept, false",
        "unkept, false",
        "conversation, true",
        "conversation, false"
    })
    void warmUp_goesOnFromWhatTheNextThenGoesOnFrom(String from, boolean store) throws Exception {
        socket.ask("My name is Ada.", from.equals("unkept") ? UNKEPT : "");
        JsonNode first = socket.answer();
        String base =
                from.equals("conversation")
                        ? ", \"conversation\": " + first.path("conversation")
                        : after(first);
        socket.ask("I live in Porto.", WARM + base);
        JsonNode warm = socket.answer();
        socket.ask("I like tea.", WARM + after(warm));
        JsonNode warmer = socket.answer();

        socket.send(
                "{\"type\": \"response.create\", \"input\": []%s, \"store\": %s}"
                        .formatted(after(warmer), store));

        JsonNode answer = socket.answer();
        assertThat(text(answer)).isEqualTo("reply to: I like tea.");
        assertThat(sent())
                .containsExactly("My name is Ada.", text(first), "I live in Porto.", "I like tea.");
        assertThat(answer.path("conversation").isNull()).isEqualTo(!store);
        if (store) {
            assertThat(answer.path("conversation")).isEqualTo(first.path("conversation"));
        }
    }

    /** As Codex does it. */
    @Test
    void warmUp_withoutInput_leavesAllToTheNext() throws Exception {
        String tools = ", \"tools\": [{\"type\": \"function\", \"name\": \"look\"}]";
        socket.send(
                "{\"type\": \"response.create\", \"input\": []%s}"
                        .formatted(WARM + UNKEPT + tools));
        JsonNode warm = socket.answer();
        socket.ask("hello", UNKEPT + tools + after(warm));

        JsonNode answer = socket.answer();

        assertThat(warm.at("/tools/0/name").asText()).isEqualTo("look");
        assertThat(text(answer)).isEqualTo("reply to: hello");
        assertThat(sent()).containsExactly("hello");
    }

    @Test
    void warmUp_withCalls_isFollowedByTheirOutputs() throws Exception {
        socket.send(
                """
                {"type": "response.create", "generate": false, "input": [{"role": "user", "content": "Lisbon?"},
                  {"type": "function_call", "call_id": "call_a", "name": "look", "arguments": "{}"}]}
                """);
        JsonNode warm = socket.answer();
        String output =
                "{\"type\": \"function_call_output\", \"call_id\": \"call_a\", \"output\": \"sun\"}";

        socket.send(
                "{\"type\": \"response.create\", \"store\": false, \"input\": [%s]%s}"
                        .formatted(output, after(warm)));

        assertThat(SocketClient.type(socket.all().getLast())).isEqualTo("response.completed");
        assertThat(sent()).endsWith("sun");
        assertThat(model.refused()).isEmpty();
    }

    @Test
    void warmUp_thatWasContinuedInVain_orOnAnotherSocket_isNotFound() throws Exception {
        socket.ask("My name is Ada.", WARM);
        JsonNode warm = socket.answer();
        try (SocketClient other = new SocketClient(base)) {
            other.ask("Who am I?", after(warm));
            assertNotFound(other.answer());
        }
        socket.ask(" ", after(warm));
        assertThat(socket.answer().at("/error/code").asText()).isEqualTo("invalid");

        socket.ask("Who am I?", after(warm));

        assertNotFound(socket.answer());
        assertThat(model.calls()).isEmpty();
    }
}

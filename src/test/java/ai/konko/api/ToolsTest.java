package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader.Event;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.Script;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages that are more than text: tools and their outputs, images, reasoning, parameters. */
@QuarkusTest
class ToolsTest extends HttpTest {
    private static final String WEATHER =
            """
            {"type": "function", "name": "weather", "description": "The weather now.",
             "parameters": {"type": "object", "properties": {"city": {"type": "string"}},
                            "required": ["city"], "additionalProperties": false}}
            """;

    private static final String ASK =
            "{\"content\": \"Lisbon and Porto?\", \"tools\": [%s]}".formatted(WEATHER);

    private static final String BOTH =
            """
            {"outputs": [{"callId": "call_b", "output": "rain"},
                         {"callId": "call_a", "output": "no such city", "failed": true}]}
            """;

    /** Reasoning, text and two calls in pieces. */
    private static Reply twoCalls() {
        return new Script()
                .reasoning("They want ")
                .reasoning("two cities.")
                .text("Let me ")
                .text("look.")
                .call("call_a", "weather", "{\"city\":\"Lisbon\"}")
                .call("call_b", "weather", "{\"city\":\"Porto\"}")
                .reply()
                .usage(30, 9, 20, 4);
    }

    private Answer post(String chat, String body, String... headers) {
        return client.post(chat + "/messages", body, headers);
    }

    /** A chat whose last reply waits for the outputs of two calls. */
    private String waitingChat() {
        String chat = client.chat();
        model.answer(
                call ->
                        call.lastUser().isEmpty() || call.body().findValue("tool_call_id") != null
                                ? Reply.text("Dry in Porto.")
                                : twoCalls());
        Answer asked = post(chat, ASK);
        assertThat(asked.status()).isEqualTo(201);
        return chat;
    }

    private JsonNode lastReply(String chat) {
        return client.messages(chat).getLast();
    }

    @Test
    void post_answeredWithCalls_waitsForTheirOutputs() {
        String chat = client.chat();
        model.answer(_ -> twoCalls());

        JsonNode reply = post(chat, ASK).json().path("reply");

        assertThat(reply.path("status").asText()).isEqualTo("completed");
        assertThat(reply.path("finishReason").asText()).isEqualTo("calls");
        assertThat(reply.path("content").asText()).isEqualTo("Let me look.");
        assertThat(reply.path("items"))
                .extracting(
                        each -> each.path("type").asText(),
                        each -> each.path("id").asText(),
                        each -> each.path("offset").asInt(),
                        each -> each.path("arguments").asText())
                .containsExactly(
                        tuple("reasoning", "i1", 0, ""),
                        tuple("text", "i2", 0, ""),
                        tuple("call", "i3", 12, "{\"city\":\"Lisbon\"}"),
                        tuple("call", "i4", 12, "{\"city\":\"Porto\"}"));
        assertThat(reply.at("/items/0/text").asText()).isEqualTo("They want two cities.");
        assertThat(reply.at("/items/2/status").asText()).isEqualTo("open");
        assertThat(reply.at("/items/2/by").asText()).isEqualTo("client");
        assertThat(reply.at("/usage/cachedInputTokens").asInt()).isEqualTo(20);
        assertThat(reply.at("/usage/reasoningTokens").asInt()).isEqualTo(4);
        JsonNode found = client.get(chat).json();
        assertThat(found.path("status").asText()).isEqualTo("waiting");
        assertThat(found.at("/usage/reasoningTokens").asInt()).isEqualTo(4);
        assertThat(lastReply(chat)).isEqualTo(reply);
        JsonNode sent = model.calls().getLast().body();
        assertThat(sent.at("/tools/0/function/name").asText()).isEqualTo("weather");
        assertThat(sent.at("/tools/0/function/parameters/additionalProperties").isBoolean())
                .isTrue();
    }

    @Test
    void post_ofOutputs_goesOnAndEndsTheCalls() {
        String chat = waitingChat();

        JsonNode turn = post(chat, BOTH).json();

        assertThat(turn.at("/reply/content").asText()).isEqualTo("Dry in Porto.");
        assertThat(turn.at("/message/content").asText()).isEmpty();
        assertThat(turn.at("/message/items"))
                .extracting(
                        each -> each.path("type").asText(),
                        each -> each.path("callId").asText(),
                        each -> each.path("failed").asBoolean())
                .containsExactly(tuple("output", "call_b", false), tuple("output", "call_a", true));
        JsonNode calls = client.messages(chat).get(1).path("items");
        assertThat(calls.get(2).path("status").asText()).isEqualTo("failed");
        assertThat(calls.get(3).path("status").asText()).isEqualTo("completed");
        assertThat(calls.get(3).path("output").asText()).isEqualTo("rain");
        assertThat(client.get(chat).json().path("status").asText()).isEqualTo("idle");
        JsonNode sent = model.calls().getLast().body().path("messages");
        assertThat(sent)
                .extracting(
                        each -> each.path("role").asText(),
                        each -> each.path("tool_call_id").asText())
                .containsExactly(
                        tuple("user", ""),
                        tuple("assistant", ""),
                        tuple("tool", "call_a"),
                        tuple("tool", "call_b"));
        assertThat(sent.get(2).path("content").asText()).isEqualTo("no such city");
        assertThat(sent.toString()).doesNotContain("They want two cities");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {"callId":"call_x","output":""}                                 | 422 | outputs[0].callId
                    {"callId":"call_a","output":""}                                 | 422 | outputs
                    {"callId":"call_a","output":""},{"callId":"call_a","output":""} | 422 | outputs[1].callId
                    {"callId":"call_a"}                                             | 422 | outputs[0].output
                    {"callId":"call_a","output":5}                                  | 422 | outputs[0].output
                    {"callId":"","output":""}                                       | 422 | outputs[0].callId
                    """)
    void post_ofOutputsThatAreNotThoseOfTheCalls_leavesNoTrace(
            String outputs, int status, String field) {
        String chat = waitingChat();

        Answer refused = post(chat, "{\"outputs\":[" + outputs + "]}");

        assertThat(refused.status()).isEqualTo(status);
        assertThat(refused.json().path("violations").findValuesAsText("field")).contains(field);
        assertThat(client.messages(chat)).hasSize(2);
        assertThat(client.get(chat).json().path("status").asText()).isEqualTo("waiting");
    }

    @Test
    void post_ofOutputsAgain_isTheSameTurnWithAKeyAndElseClosed() {
        String chat = waitingChat();

        List<CompletableFuture<Answer>> two =
                List.of(later(chat, "Idempotency-Key", "k"), later(chat, "Idempotency-Key", "k"));
        List<JsonNode> turns = two.stream().map(each -> each.join().json()).toList();
        Answer late = post(chat, BOTH);

        assertThat(turns.getFirst()).isEqualTo(turns.getLast());
        assertThat(late.status()).isEqualTo(409);
        assertThat(late.code()).isEqualTo("call-closed");
        assertThat(client.messages(chat)).hasSize(4);
        assertThat(model.calls()).hasSize(2);
    }

    private CompletableFuture<Answer> later(String chat, String... headers) {
        return client.postLater(chat + "/messages", BOTH, headers);
    }

    @Test
    void post_withoutOutputs_abandonsTheCallsAndTellsTheModel() {
        String chat = waitingChat();
        model.answer(_ -> Reply.text("As you like."));

        Answer answer = client.say(chat, "Never mind.");

        assertThat(answer.status()).isEqualTo(201);
        JsonNode calls = client.messages(chat).get(1).path("items");
        assertThat(calls.get(2).path("status").asText()).isEqualTo("abandoned");
        assertThat(calls.get(2).path("completedAt").isMissingNode()).isFalse();
        JsonNode sent = model.calls().getLast().body().path("messages");
        assertThat(sent)
                .extracting(each -> each.path("role").asText())
                .containsExactly("user", "assistant", "tool", "tool", "user");
        assertThat(sent.get(2).path("content").asText()).isNotBlank();
    }

    @Test
    void cancel_ofAReplyThatWaits_closesItsCalls() {
        String chat = waitingChat();
        String reply = lastReply(chat).path("id").asText();

        Answer cancelled = client.post(chat + "/messages/" + reply + "/cancel", "");

        assertThat(cancelled.status()).isEqualTo(200);
        assertThat(cancelled.json().at("/items/3/status").asText()).isEqualTo("cancelled");
        assertThat(client.get(chat).json().path("status").asText()).isEqualTo("idle");
        assertThat(post(chat, BOTH).code()).isEqualTo("call-closed");
    }

    @Test
    void reply_thatEndsInCallsWhileATurnIsInLine_hasThemAbandoned() {
        String chat = client.chat();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(
                call -> {
                    if (call.lastUser().equals("And Faro?")) {
                        return Reply.text("Sunny.");
                    }
                    gate.join();
                    return twoCalls();
                });
        CompletableFuture<Answer> first = client.postLater(chat + "/messages", ASK);
        await().until(() -> model.inFlight() == 1);
        Answer second = client.say(chat, "And Faro?", "Prefer", "respond-async");
        gate.complete(null);

        JsonNode reply = first.join().json().path("reply");

        assertThat(second.status()).isEqualTo(202);
        assertThat(reply.path("finishReason").asText()).isEqualTo("calls");
        assertThat(reply.at("/items/2/status").asText()).isEqualTo("abandoned");
    }

    @Test
    void stream_resumedAtEachId_givesWhatFollows() {
        String chat = client.chat();
        model.answer(_ -> twoCalls());
        List<Event> live = client.postAndFollow(chat + "/messages", ASK).rest();
        String reply = live.getLast().data().path("id").asText();
        String path = chat + "/messages/" + reply;

        List<Event> events = live.subList(1, live.size());
        assertThat(events)
                .extracting(Event::name)
                .containsSubsequence(
                        "item",
                        "reasoning",
                        "item",
                        "delta",
                        "item",
                        "item",
                        "item",
                        "item",
                        "completed");
        List<String> whole = units(events);
        for (Event each : events) {
            if (!each.id().isEmpty()) {
                List<Event> rest = client.follow("GET", path, "Last-Event-ID", each.id()).rest();
                List<String> units = units(rest);
                assertThat(whole.subList(whole.size() - units.size(), whole.size()))
                        .isEqualTo(units);
                assertThat(rest.getLast().data()).isEqualTo(live.getLast().data());
            }
        }
        assertThat(units(client.follow("GET", path).rest())).isEqualTo(whole);
        JsonNode items = live.getLast().data().path("items");
        for (int i = 0; i < items.size(); i++) {
            int index = i;
            List<JsonNode> shown =
                    events.stream()
                            .filter(each -> each.name().equals("item"))
                            .map(Event::data)
                            .filter(each -> each.path("index").asInt() == index)
                            .map(each -> each.path("item"))
                            .toList();
            boolean text = items.get(i).path("type").asText().equals("text");
            assertThat(shown).hasSize(text ? 0 : 2);
            if (!text) {
                assertThat(shown.getFirst().path("id")).isEqualTo(items.get(i).path("id"));
                assertThat(shown.getLast()).isEqualTo(items.get(i));
            }
        }
        assertThat(events.get(events.size() - 2).id()).isEqualTo("12.27");
    }

    @ParameterizedTest
    @ValueSource(strings = {"12", "3", "0.28", "1.1", "12.99", "1.2.3", "x"})
    void stream_resumedWhereItNeverWas_isABadHeader(String id) {
        String chat = waitingChat();
        String reply = lastReply(chat).path("id").asText();

        EventReader refused =
                client.follow("GET", chat + "/messages/" + reply, "Last-Event-ID", id);

        assertThat(refused.status()).isEqualTo(400);
    }

    /** Characters and item events, whatever the pieces. */
    static List<String> units(List<Event> events) {
        List<String> units = new ArrayList<>();
        for (Event each : events) {
            switch (each.name()) {
                case "delta", "reasoning" ->
                        each.content()
                                .chars()
                                .forEach(unit -> units.add(each.name() + (char) unit));
                case "item" -> units.add(each.data().path("index").asText());
                default -> units.add(each.name());
            }
        }
        return units;
    }

    @Test
    void context_ofAWaitingChat_showsTheCallsAsIfTheyWereAbandoned() {
        String chat = waitingChat();

        JsonNode context = client.get(chat + "/context").json();

        assertThat(context.path("messages"))
                .extracting(
                        each -> each.path("role").asText(), each -> each.path("callId").asText())
                .containsExactly(
                        tuple("user", ""),
                        tuple("assistant", ""),
                        tuple("tool", "call_a"),
                        tuple("tool", "call_b"));
    }

    @Test
    void messages_asMarkdown_haveCallsAndTheirOutputs() {
        String chat = waitingChat();
        post(chat, BOTH.replace("\"rain\"", "\"```rain```\""));

        String markdown = client.get(chat + "/messages", "Accept", "text/markdown").text();

        assertThat(markdown)
                .contains(
                        "> They want two cities.\n\nLet me look.\n\nCalls `weather` (call_a, failed):")
                .contains("Output of call_b:\n\n````\n```rain```\n````\n\nFailure of call_a:");
    }

    @Test
    void reply_ofReasoningAlone_saysInMarkdownThatItFailed() {
        String chat = client.chat();
        model.answer(_ -> new Script().reasoning("Hm.").reply());
        assertThat(client.say(chat, "hello").status()).isEqualTo(502);

        String markdown = client.get(chat + "/messages", "Accept", "text/markdown").text();

        assertThat(markdown).contains("> Hm.\n\n_The reply failed._");
    }

    @Test
    void post_ofAnImage_showsItToTheModel() {
        String chat = client.chat();
        model.answer(_ -> Reply.text("A cat."));

        Answer answer =
                post(
                        chat,
                        """
                        {"content": [{"type": "text", "text": "What "}, {"type": "text", "text": "is this?"},
                                     {"type": "image", "url": "https://example.org/cat.png"}]}
                        """);

        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.json().at("/message/content").asText()).isEqualTo("What is this?");
        assertThat(answer.json().at("/message/items"))
                .extracting(each -> each.path("type").asText())
                .containsExactly("text", "image");
        JsonNode sent = model.calls().getLast().body().at("/messages/0/content");
        assertThat(sent)
                .extracting(each -> each.path("type").asText())
                .containsExactly("text", "image_url");
        assertThat(sent.at("/1/image_url/url").asText()).isEqualTo("https://example.org/cat.png");
        assertThat(client.get(chat + "/messages", "Accept", "text/markdown").text())
                .contains("![Image](<https://example.org/cat.png>)");
    }

    @Test
    void parameters_ofATurn_arePutOverThoseOfTheChat() {
        String chat =
                "/chats/"
                        + client.post(
                                        "/chats",
                                        """
                                {"parameters": {"temperature": 0.5, "seed": 7, "stop": ["END"], "reasoningEffort": "low"},
                                 "toolChoice": "none", "responseFormat": {"type": "json_schema", "name": "answer",
                                 "schema": {"type": "object"}, "strict": true}, "tools": [%s]}
                                """
                                                .formatted(WEATHER))
                                .id();
        model.answer(_ -> Reply.text("{}"));

        Answer answer =
                post(
                        chat,
                        """
                        {"content": "x", "parameters": {"temperature": 1, "maxOutputTokens": 9, "topP": 0.5},
                         "responseFormat": {"type": "text"}, "toolChoice": {"tool": "weather"}}
                        """);

        assertThat(answer.status()).isEqualTo(201);
        JsonNode sent = model.calls().getLast().body();
        assertThat(sent.path("temperature").asDouble()).isEqualTo(1);
        assertThat(sent.path("seed").asInt()).isEqualTo(7);
        assertThat(sent.path("top_p").asDouble()).isEqualTo(0.5);
        assertThat(sent.path("stop").path(0).asText()).isEqualTo("END");
        assertThat(sent.path("reasoning_effort").asText()).isEqualTo("low");
        assertThat(sent.at("/response_format/type").asText()).isEqualTo("text");
        assertThat(sent.at("/tool_choice/function/name").asText()).isEqualTo("weather");
        JsonNode view = client.get(chat).json();
        assertThat(view.at("/parameters/temperature").asDouble()).isEqualTo(0.5);
        assertThat(view.path("toolChoice").asText()).isEqualTo("none");
        assertThat(view.at("/responseFormat/name").asText()).isEqualTo("answer");
        assertThat(view.at("/responseFormat/strict").asBoolean()).isTrue();
        assertThat(view.at("/tools/0/name").asText()).isEqualTo("weather");
    }

    @Test
    void patch_toAChoiceThatIsNoTool_isRefused() {
        String chat = client.chat();
        client.patch(
                chat,
                "{\"tools\": [%s], \"toolChoice\": {\"tool\": \"weather\"}}".formatted(WEATHER));

        Answer other = client.patch(chat, "{\"toolChoice\": {\"tool\": \"other\"}}");
        Answer none = client.patch(chat, "{\"tools\": null}");

        assertThat(other.status()).isEqualTo(422);
        assertThat(none.status()).isEqualTo(422);
        assertThat(client.get(chat).json().at("/toolChoice/tool").asText()).isEqualTo("weather");
    }

    @Test
    void post_thatIsARepeat_isTheSameTurnAfterTheToolsHaveChanged() {
        String chat = client.chat();
        client.patch(chat, "{\"tools\": [%s]}".formatted(WEATHER));
        String body = "{\"content\": \"x\", \"toolChoice\": {\"tool\": \"weather\"}}";
        String messages = chat + "/messages";
        Answer first = client.post(messages, body, "Idempotency-Key", "k");
        client.patch(chat, "{\"tools\": null}");

        Answer again = client.post(messages, body, "Idempotency-Key", "k");
        Answer other = client.post(messages, body, "Idempotency-Key", "k2");

        assertThat(first.status()).as(first.text()).isEqualTo(201);
        assertThat(again.json()).isEqualTo(first.json());
        assertThat(other.status()).isEqualTo(422);
        assertThat(other.json().at("/violations/0/field").asText()).isEqualTo("toolChoice.tool");
    }

    @Test
    void patch_ofParameters_mergesThemByKeyAndReplacesTheRest() {
        String chat =
                "/chats/"
                        + client.post(
                                        "/chats",
                                        "{\"parameters\": {\"temperature\": 0.5, \"seed\": 7}}")
                                .id();

        JsonNode patched =
                client.patch(
                                chat,
                                """
                                {"parameters": {"seed": null, "topP": 1}, "tools": [%s], "toolChoice": "required"}
                                """
                                        .formatted(WEATHER))
                        .json();
        JsonNode removed =
                client.patch(chat, "{\"parameters\": null, \"tools\": null, \"toolChoice\": null}")
                        .json();

        assertThat(patched.path("parameters").properties())
                .extracting(Map.Entry::getKey)
                .containsExactlyInAnyOrder("temperature", "topP");
        assertThat(patched.path("toolChoice").asText()).isEqualTo("required");
        assertThat(removed.has("parameters")).isFalse();
        assertThat(removed.has("tools")).isFalse();
    }

    static Stream<String> bad() {
        return Stream.of(
                "tools[0].type | {\"content\":\"x\",\"tools\":[{\"type\":\"mcp\",\"server\":\"s\"}]}",
                "tools[0].name | {\"content\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"a b\"}]}",
                "tools[0].parameters | {\"content\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"a\",\"parameters\":[]}]}",
                "tools[1].name | {\"content\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"a\"},{\"type\":\"function\",\"name\":\"a\"}]}",
                "tools[0].extra | {\"content\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"a\",\"extra\":1}]}",
                "tools | {\"content\":\"x\",\"tools\":[%s]}"
                        .formatted(
                                String.join(
                                        ",",
                                        Collections.nCopies(
                                                129, "{\"type\":\"function\",\"name\":\"a\"}"))),
                "tools | {\"content\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"a\",\"parameters\":{\"a\":[%s]}}]}"
                        .formatted(String.join(",", Collections.nCopies(20_000, "[]"))),
                "toolChoice | {\"content\":\"x\",\"toolChoice\":\"maybe\"}",
                "toolChoice.tool | {\"content\":\"x\",\"tools\":[],\"toolChoice\":{\"tool\":\"a\"}}",
                "toolChoice.tool | {\"content\":\"x\",\"toolChoice\":{\"tool\":\"a\"}}",
                "responseFormat.type | {\"content\":\"x\",\"responseFormat\":{\"type\":\"xml\"}}",
                "responseFormat.schema | {\"content\":\"x\",\"responseFormat\":{\"type\":\"json_schema\",\"name\":\"a\",\"schema\":1}}",
                "parameters.temperature | {\"content\":\"x\",\"parameters\":{\"temperature\":3}}",
                "parameters.maxOutputTokens | {\"content\":\"x\",\"parameters\":{\"maxOutputTokens\":0}}",
                "parameters.stop | {\"content\":\"x\",\"parameters\":{\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"]}}",
                "parameters.top_p | {\"content\":\"x\",\"parameters\":{\"top_p\":1}}",
                "content[0].url | {\"content\":[{\"type\":\"image\",\"url\":\"ftp://x/y\"}]}",
                "content[0].type | {\"content\":[{\"type\":\"video\"}]}",
                "content | {\"content\":[]}",
                "content | {\"content\":[{\"type\":\"text\",\"text\":\"  \"}]}",
                "content | {\"content\":5}",
                "content | {\"tools\":[]}",
                "outputs | {\"outputs\":[]}",
                "outputs[0].callId | {\"outputs\":[{\"callId\":\"never\",\"output\":\"x\"}]}");
    }

    @ParameterizedTest
    @MethodSource("bad")
    void post_thatBreaksARule_namesTheFieldAndLeavesNoTrace(String given) {
        String[] parts = given.split(" \\| ", 2);
        String chat = client.chat();

        Answer refused = post(chat, parts[1]);

        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.code()).isIn("invalid", "unknown-field");
        assertThat(refused.json().path("violations").findValuesAsText("field")).contains(parts[0]);
        assertThat(client.messages(chat)).isEmpty();
        assertThat(model.calls()).isEmpty();
    }
}

package ai.konko.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader;
import ai.konko.api.EventReader.Event;
import ai.konko.fake.FakeModel.Call;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.Script;
import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.JsonNode;
import com.openai.core.JsonSchemaLocalValidation;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.conversations.items.ConversationItem;
import com.openai.models.conversations.items.ItemListParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseFunctionToolCall;
import com.openai.models.responses.ResponseInputImage;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.StructuredResponse;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Responses that are more than text: function calls, reasoning, images, structured output. */
@QuarkusTest
class ResponseToolsTest extends SdkTest {
    private static final String TOOL =
            """
            {"type": "function", "name": "look", "description": "Looks.", "strict": true,
             "parameters": {"type": "object", "properties": {"city": {"type": "string"}},
                            "required": ["city"], "additionalProperties": false}}
            """;

    private static final String OUTPUT =
            "{\"type\": \"function_call_output\", \"call_id\": \"%s\", \"output\": \"%s\"}";

    private static final String BOTH =
            OUTPUT.formatted("call_b", "rain") + "," + OUTPUT.formatted("call_a", "sun");

    /** A function as the SDK makes a tool of it. */
    @JsonClassDescription("Looks.")
    public static final class Look {
        @JsonPropertyDescription("Where to")
        public String city = "";
    }

    /** A form of text as the SDK makes a schema of it. */
    public static final class Weather {
        public String city = "";
        public int degrees;
    }

    /** Reasoning, text and two calls; then, once there are outputs, text alone. */
    private static Reply lookTwice(Call call) {
        return call.body().findValue("tool_call_id") != null
                ? Reply.text("Sun and rain.")
                : script().reply();
    }

    private static Script script() {
        return new Script()
                .reasoning("They want ")
                .reasoning("two.")
                .text("Let me ")
                .text("look.")
                .call("call_a", "look", "{\"city\":\"Lisbon\"}")
                .call("call_b", "look", "{\"city\":\"Porto\"}");
    }

    private Answer ask(String more) {
        return client.post(
                "/v1/responses",
                "{\"input\": \"Lisbon and Porto?\", \"tools\": [%s]%s}".formatted(TOOL, more));
    }

    private Answer post(String input, String more) {
        return client.post(
                "/v1/responses",
                "{\"input\": [%s], \"tools\": [%s]%s}".formatted(input, TOOL, more));
    }

    private static String after(String response) {
        return ", \"previous_response_id\": \"" + response + "\"";
    }

    private static List<String> types(JsonNode output) {
        return output.findValuesAsText("type").stream()
                .filter(each -> !each.contains("_text"))
                .toList();
    }

    /** Roles, texts, calls and outputs that the model was sent last. */
    private List<String> sent() {
        List<String> sent = new ArrayList<>();
        for (JsonNode each : model.calls().getLast().body().path("messages")) {
            String calls =
                    StreamSupport.stream(each.path("tool_calls").spliterator(), false)
                            .map(call -> " " + call.path("id").asText())
                            .collect(Collectors.joining());
            String id = each.has("tool_call_id") ? " " + each.path("tool_call_id").asText() : "";
            JsonNode content = each.path("content");
            sent.add(
                    each.path("role").asText()
                            + id
                            + (content.isTextual() ? " " + content.asText() : "")
                            + calls);
        }
        return sent;
    }

    private static final List<String> SECOND_ROUND =
            List.of(
                    "user Lisbon and Porto?",
                    "assistant Let me look. call_a call_b",
                    "tool call_a sun",
                    "tool call_b rain");

    @Test
    void function_isCalledInTwoRoundsByTheSdk() {
        model.answer(ResponseToolsTest::lookTwice);
        Response first =
                openai.responses()
                        .create(
                                say("Lisbon and Porto?")
                                        .addTool(Look.class, JsonSchemaLocalValidation.NO)
                                        .build());
        List<ResponseFunctionToolCall> calls =
                first.output().stream().flatMap(item -> item.functionCall().stream()).toList();

        Response second =
                openai.responses()
                        .create(
                                ResponseCreateParams.builder()
                                        .previousResponseId(first.id())
                                        .inputOfResponse(
                                                calls.stream()
                                                        .map(ResponseToolsTest::looked)
                                                        .toList())
                                        .build());

        assertThat(status(first)).isEqualTo("completed");
        assertThat(
                        first.output()
                                .getFirst()
                                .asReasoning()
                                .content()
                                .orElseThrow()
                                .getFirst()
                                .text())
                .isEqualTo("They want two.");
        assertThat(text(first)).isEqualTo("Let me look.");
        assertThat(calls.stream().map(call -> call.arguments(Look.class).city))
                .containsExactly("Lisbon", "Porto");
        assertThat(first.tools().getFirst().asFunction().name()).isEqualTo("Look");
        assertThat(text(second)).isEqualTo("Sun and rain.");
        assertThat(conversation(second)).isEqualTo(conversation(first));
        assertThat(sent().subList(2, 4))
                .containsExactly("tool call_a Sun in Lisbon", "tool call_b Sun in Porto");
        assertThat(openai.responses().retrieve(first.id())).isEqualTo(first);
        assertThat(model.refused()).isEmpty();
    }

    private static ResponseInputItem looked(ResponseFunctionToolCall call) {
        return ResponseInputItem.ofFunctionCallOutput(
                ResponseInputItem.FunctionCallOutput.builder()
                        .callId(call.callId())
                        .output("Sun in " + call.arguments(Look.class).city)
                        .build());
    }

    @Test
    void tools_reachTheModelAndAreShownAgain() {
        model.answer(ResponseToolsTest::lookTwice);

        Answer answer =
                ask(
                        """
                        , "tool_choice": {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "look"}]},
                        "parallel_tool_calls": false, "max_tool_calls": 3, "include": ["reasoning.encrypted_content"],
                        "reasoning": {"effort": "low", "summary": "auto"}, "text": {"verbosity": "high", "format": {"type": "json_object"}},
                        "top_logprobs": 2, "truncation": "auto", "service_tier": "flex", "user": "u", "safety_identifier": "s",
                        "prompt_cache_key": "k", "prompt_cache_retention": "24h", "client_metadata": {"a": "b"},
                        "presence_penalty": 0.5, "frequency_penalty": -1, "temperature": 0.25, "top_p": 0.75
                        """);

        JsonNode sent = model.calls().getFirst().body();
        assertThat(sent.at("/tools/0/function/name").asText()).isEqualTo("look");
        assertThat(sent.at("/tools/0/function/parameters/additionalProperties").isBoolean())
                .isTrue();
        assertThat(sent.at("/tools/0/function/strict").asBoolean()).isTrue();
        assertThat(sent.at("/tool_choice/allowed_tools/tools/0/function/name").asText())
                .isEqualTo("look");
        assertThat(sent.path("parallel_tool_calls").asBoolean(true)).isFalse();
        assertThat(sent.at("/response_format/type").asText()).isEqualTo("json_object");
        assertThat(
                        List.of(
                                "reasoning_effort",
                                "verbosity",
                                "service_tier",
                                "user",
                                "safety_identifier",
                                "prompt_cache_key",
                                "prompt_cache_retention"))
                .extracting(name -> sent.path(name).asText())
                .containsExactly("low", "high", "flex", "u", "s", "k", "24h");
        assertThat(sent.has("max_tool_calls") || sent.has("truncation") || sent.has("summary"))
                .isFalse();
        JsonNode shown = answer.json();
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(shown.at("/tools/0/parameters/required/0").asText()).isEqualTo("city");
        assertThat(shown.at("/tool_choice/tools/0/name").asText()).isEqualTo("look");
        assertThat(shown.at("/text/format/type").asText()).isEqualTo("json_object");
        assertThat(shown.at("/text/verbosity").asText()).isEqualTo("high");
        assertThat(shown.at("/reasoning/summary").asText()).isEqualTo("auto");
        assertThat(
                        List.of(
                                "max_tool_calls",
                                "top_logprobs",
                                "truncation",
                                "service_tier",
                                "safety_identifier",
                                "temperature",
                                "frequency_penalty"))
                .extracting(name -> shown.path(name).asText())
                .containsExactly("3", "2", "auto", "flex", "s", "0.25", "-1.0");
        assertThat(client.get("/v1/responses/" + answer.id()).json()).isEqualTo(shown);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void output_sentBackAsItIs_isContext(boolean store) {
        model.answer(ResponseToolsTest::lookTwice);
        String more = ", \"store\": " + store;
        JsonNode output = ask(more).json().path("output");
        String items =
                StreamSupport.stream(output.spliterator(), false)
                        .map(JsonNode::toString)
                        .collect(Collectors.joining(","));
        String user = "{\"role\": \"user\", \"content\": \"Lisbon and Porto?\"},";

        Answer second = post(user + items + "," + BOTH, more);
        Answer third =
                post(
                        user
                                + items
                                + ","
                                + BOTH
                                + ","
                                + second.json().at("/output/0")
                                + ",{\"role\": \"user\", \"content\": \"Thanks.\"}",
                        more);

        assertThat(types(output))
                .containsExactly("reasoning", "message", "function_call", "function_call");
        assertThat(second.status()).as(second.text()).isEqualTo(200);
        assertThat(third.status()).as(third.text()).isEqualTo(200);
        List<String> all = new ArrayList<>(SECOND_ROUND);
        all.addAll(List.of("assistant Sun and rain.", "user Thanks."));
        assertThat(sent()).isEqualTo(all);
        assertThat(model.refused()).isEmpty();
    }

    /** As the Vercel AI SDK does it. */
    @Test
    void output_onlyReferredTo_isContextWithoutAPreviousResponse() {
        model.answer(ResponseToolsTest::lookTwice);
        JsonNode output = ask("").json().path("output");
        String references =
                StreamSupport.stream(output.spliterator(), false)
                        .map(
                                each ->
                                        Client.write(
                                                Map.of(
                                                        "type",
                                                        "item_reference",
                                                        "id",
                                                        each.path("id"))))
                        .collect(Collectors.joining(","));

        Answer second =
                post(
                        "{\"role\": \"user\", \"content\": \"Lisbon and Porto?\"},"
                                + references
                                + ","
                                + BOTH,
                        "");

        assertThat(second.status()).as(second.text()).isEqualTo(200);
        assertThat(sent()).isEqualTo(SECOND_ROUND);
    }

    @ParameterizedTest
    @CsvSource({
        "previous, true",
        "previous, false",
        "conversation, true",
        "conversation, false",
    })
    void outputs_continueWhatCalledForThem(String by, boolean store) {
        model.answer(ResponseToolsTest::lookTwice);
        JsonNode first = ask("").json();
        String more =
                by.equals("previous")
                        ? after(first.path("id").asText())
                        : ", \"conversation\": " + first.path("conversation");
        String known =
                "{\"type\": \"item_reference\", \"id\": %s},".formatted(first.at("/output/2/id"));

        Answer missing = post(OUTPUT.formatted("call_a", "sun"), more);
        Answer none = post("{\"role\": \"user\", \"content\": \"Well?\"}", more);
        Answer unknown = post(BOTH + "," + OUTPUT.formatted("call_c", "x"), more);
        Answer second = post(known + BOTH, more + ", \"store\": " + store);

        assertThat(List.of(missing.status(), none.status(), unknown.status())).containsOnly(400);
        assertThat(missing.json().at("/error/message").asText())
                .isEqualTo("No tool output found for function call call_b.");
        assertThat(none.json().at("/error/message").asText())
                .isEqualTo("No tool output found for function call call_a.");
        assertThat(unknown.json().at("/error/message").asText())
                .isEqualTo("No tool call found for function call output with call_id call_c.");
        for (Answer each : List.of(missing, none, unknown)) {
            JsonNode error = each.json().path("error");
            assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
            assertThat(error.path("param").asText()).isEqualTo("input");
            assertThat(error.path("code").isNull()).isTrue();
        }
        assertThat(second.status()).as(second.text()).isEqualTo(200);
        assertThat(sent()).isEqualTo(SECOND_ROUND);
        assertThat(second.json().path("conversation").isNull()).isEqualTo(!store);
    }

    @Test
    void outputs_ofAReplyThatWasContinued_forkIt() {
        model.answer(ResponseToolsTest::lookTwice);
        JsonNode first = ask("").json();
        String more = after(first.path("id").asText());
        post(BOTH, more);

        Answer other =
                post(
                        OUTPUT.formatted("call_a", "snow")
                                + ","
                                + OUTPUT.formatted("call_b", "ice"),
                        more);
        Answer none = post("{\"role\": \"user\", \"content\": \"Well?\"}", more);
        Answer same = post(BOTH, more);

        assertThat(other.status()).as(other.text()).isEqualTo(200);
        assertThat(
                        List.of(
                                first.path("conversation"),
                                other.json().path("conversation"),
                                same.json().path("conversation")))
                .doesNotHaveDuplicates();
        assertThat(sent()).isEqualTo(SECOND_ROUND);
        assertThat(none.status()).isEqualTo(400);
        assertThat(
                        client.get("/v1/responses/" + other.id() + "/input_items?order=asc")
                                .json()
                                .path("data")
                                .findValuesAsText("output"))
                .containsExactly("snow", "ice");
    }

    @Test
    void aReplyAfterOutputs_thatWasContinued_isForked() {
        model.answer(ResponseToolsTest::lookTwice);
        String second = post(BOTH, after(ask("").id())).id();
        post("{\"role\": \"user\", \"content\": \"Thanks.\"}", after(second));

        Answer other = post("{\"role\": \"user\", \"content\": \"And?\"}", after(second));

        assertThat(other.status()).as(other.text()).isEqualTo(200);
        List<String> all = new ArrayList<>(SECOND_ROUND);
        all.addAll(List.of("assistant Sun and rain.", "user And?"));
        assertThat(sent()).isEqualTo(all);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void outputs_ofASecondRound_continueIt(boolean store) {
        model.answer(ResponseToolsTest::lookAgain);
        String second = post(BOTH, after(ask("").id())).id();
        String more = after(second) + ", \"store\": " + store;

        Answer other = post(OUTPUT.formatted("call_a", "sun"), more);
        Answer third = post(OUTPUT.formatted("call_c", "fog"), more);

        assertThat(other.status()).isEqualTo(400);
        assertThat(third.status()).as(third.text()).isEqualTo(200);
        List<String> all = new ArrayList<>(SECOND_ROUND);
        all.addAll(List.of("assistant call_c", "tool call_c fog"));
        assertThat(sent()).isEqualTo(all);
    }

    /** As the Vercel AI SDK does it. */
    @ParameterizedTest
    @CsvSource({
        "previous, true",
        "previous, false",
        "conversation, true",
        "conversation, false",
    })
    void outputsOfEarlierSteps_sentAgain_areLeftOut(String by, boolean store) {
        model.answer(ResponseToolsTest::lookAgain);
        JsonNode first = ask("").json();
        String conversation = ", \"conversation\": " + first.path("conversation");
        boolean previous = by.equals("previous");
        String second = post(BOTH, previous ? after(first.path("id").asText()) : conversation).id();
        String more = (previous ? after(second) : conversation) + ", \"store\": " + store;
        String all = BOTH + "," + OUTPUT.formatted("call_c", "fog");

        Answer changed = post(all.replace("rain", "snow"), more);
        Answer onlyAgain = post(BOTH, more);
        Answer third = post(all, more);

        assertThat(List.of(changed.status(), onlyAgain.status())).containsOnly(400);
        assertThat(changed.json().at("/error/message").asText())
                .isEqualTo("No tool call found for function call output with call_id call_b.");
        assertThat(third.status()).as(third.text()).isEqualTo(200);
        List<String> sent = new ArrayList<>(SECOND_ROUND);
        sent.addAll(List.of("assistant call_c", "tool call_c fog"));
        assertThat(sent()).isEqualTo(sent);
        assertThat(model.refused()).isEmpty();
    }

    private static Reply lookAgain(Call call) {
        return switch (call.body().findValues("tool_call_id").size()) {
            case 0 -> script().reply();
            case 2 -> new Script().call("call_c", "look", "{\"city\":\"Faro\"}").reply();
            default -> Reply.text("All.");
        };
    }

    @Test
    void outputsMissing_withANewKey_areRefusedAndLeaveTheCallsOpen() {
        model.answer(ResponseToolsTest::lookTwice);
        JsonNode first = ask("").json();
        String conversation = ", \"conversation\": " + first.path("conversation");
        String well = "{\"input\": \"Well?\"%s}".formatted(conversation);

        Answer none =
                client.post("/v1/responses", well, "Idempotency-Key", "k" + System.nanoTime());
        Answer second = post(BOTH, conversation);

        assertThat(none.status()).isEqualTo(400);
        assertThat(none.json().at("/error/message").asText())
                .isEqualTo("No tool output found for function call call_a.");
        assertThat(second.status()).as(second.text()).isEqualTo(200);
        assertThat(sent()).isEqualTo(SECOND_ROUND);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"role\": \"user\", \"content\": \"Wait.\"} | No tool output found for function call call_a.",
                "{\"type\": \"function_call_output\", \"call_id\": \"call_c\", \"output\": \"x\"} | No tool call found for function call output with call_id call_c.",
            })
    void outputs_ofAConversation_comeWithTheFirstOfSeveralTurns(String said, String message) {
        model.answer(ResponseToolsTest::lookTwice);
        String conversation = ", \"conversation\": " + ask("").json().path("conversation");
        String rest =
                ", {\"role\": \"assistant\", \"content\": \"So.\"}, {\"role\": \"user\", \"content\": \"Well?\"}";

        Answer refused = post(said + rest, conversation);
        Answer answered = post(BOTH + rest, conversation);

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().at("/error/message").asText()).isEqualTo(message);
        assertThat(answered.status()).as(answered.text()).isEqualTo(200);
        assertThat(sent().subList(2, 6))
                .containsExactly(
                        "tool call_a sun", "tool call_b rain", "assistant So.", "user Well?");
    }

    @Test
    void parametersOfTheChat_areShownUnderThoseOfTheRequest() {
        Answer chat =
                client.post(
                        "/chats",
                        """
                        {"parameters": {"temperature": 0.25, "topP": 0.5},
                         "tools": [{"type": "function", "name": "gaze"}], "toolChoice": "none"}
                        """);
        String more = ", \"conversation\": \"conv_%s\"".formatted(chat.id().replace("-", ""));

        for (boolean store : new boolean[] {true, false}) {
            Answer answer =
                    client.post(
                            "/v1/responses",
                            "{\"input\": \"Well?\", \"temperature\": 1.5%s, \"store\": %s}"
                                    .formatted(more, store));
            JsonNode shown = answer.json();

            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            assertThat(shown.path("temperature").asDouble()).isEqualTo(1.5);
            assertThat(shown.path("top_p").asDouble()).isEqualTo(0.5);
            assertThat(shown.at("/tools/0/name").asText()).isEqualTo("gaze");
            assertThat(shown.path("tool_choice").asText()).isEqualTo("none");
            assertThat(model.calls().getLast().body().path("top_p").asDouble()).isEqualTo(0.5);
            if (store) {
                assertThat(client.get("/v1/responses/" + answer.id()).json()).isEqualTo(shown);
                assertThat(eventsOf(answer.id(), "").getLast().data().path("response"))
                        .isEqualTo(shown);
            }
        }
    }

    @Test
    void outputsMissing_withAKeyThatTheLogKnows_areAskedOfTheLog() {
        model.answer(ResponseToolsTest::lookTwice);
        String key = "k" + System.nanoTime();
        Answer chat = client.post("/chats", "{}");
        client.post(
                "/chats/" + chat.id() + "/messages",
                "{\"content\": \"?\"}",
                "Idempotency-Key",
                key);
        String well =
                "{\"input\": \"Well?\", \"conversation\": \"conv_%s\"}"
                        .formatted(chat.id().replace("-", ""));

        Answer reused = client.post("/v1/responses", well, "Idempotency-Key", key);

        assertThat(reused.json().at("/error/code").asText()).isEqualTo("idempotency_key_reused");
    }

    @Test
    void manyReferences_areRefusedBeforeAnyIsRead() {
        String reference = "{\"type\": \"item_reference\", \"id\": \"msg_1\"}";

        Answer refused = post(String.join(",", Collections.nCopies(1001, reference)), "");

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().at("/error/param").asText()).isEqualTo("input");
    }

    @Test
    void outputsForNothing_areRefusedAndLeaveNothing() {
        String before = client.get("/chats?limit=1").text();

        Answer refused = post(BOTH, "");

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().at("/error/message").asText())
                .startsWith("No tool call found for function call output with call_id call_b");
        assertThat(client.get("/chats?limit=1").text()).isEqualTo(before);
    }

    @Test
    void items_inAnyOrder_areSentInTheirOrder() {
        model.answer(_ -> Reply.text("ok"));

        Answer answer =
                post(
                        """
                        {"role": "assistant", "content": "Ask me."}, {"role": "assistant", "content": "Please."},
                        {"role": "user", "content": "a"}, {"role": "developer", "content": "Be brief."},
                        {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"},
                        {"role": "user", "content": "Wait."}, {"role": "user", "content": null},
                        {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "d"}]},
                        {"type": "reasoning", "id": "rs_1", "summary": []}, {"role": "user", "content": "e"}
                        """,
                        "");

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(sent())
                .containsExactly(
                        "assistant Ask me.",
                        "assistant Please.",
                        "user a",
                        "user Be brief.",
                        "assistant c",
                        "tool c d",
                        "user Wait.",
                        "user e");
        assertThat(model.refused()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void input_thatEndsWithTheAssistant_goesOnFromThere(boolean store) {
        model.answer(_ -> Reply.text("to the sea."));
        String begun =
                "{\"role\": \"user\", \"content\": \"Tell.\"}, {\"role\": \"assistant\", \"content\": \"I went \"}";

        Answer answer = post(begun, ", \"store\": " + store);
        Answer called =
                post(
                        "{\"type\": \"function_call\", \"call_id\": \"c\", \"name\": \"look\", \"arguments\": \"{}\"}",
                        "");

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(sent()).containsExactly("user Tell.", "assistant I went ");
        assertThat(called.json().at("/error/message").asText())
                .isEqualTo("No tool output found for function call c.");
        if (store) {
            post("{\"role\": \"user\", \"content\": \"And?\"}", after(answer.id()));
            assertThat(sent())
                    .containsExactly(
                            "user Tell.",
                            "assistant I went ",
                            "assistant to the sea.",
                            "user And?");
            String chat = chat(answer.json().at("/conversation/id").asText());
            assertThat(
                            client.get(chat + "/messages")
                                    .json()
                                    .path("data")
                                    .findValuesAsText("content"))
                    .containsExactly("Tell.", "I went ", "", "to the sea.", "And?", "to the sea.");
        }
    }

    @Test
    void conversation_withAnImageAndAFunction_isTheSdks() {
        model.answer(ResponseToolsTest::lookTwice);
        String id = openai.conversations().create().id();
        ResponseInputItem asked =
                ResponseInputItem.ofMessage(
                        ResponseInputItem.Message.builder()
                                .role(ResponseInputItem.Message.Role.USER)
                                .addInputTextContent("Lisbon and Porto?")
                                .addContent(
                                        ResponseInputImage.builder()
                                                .imageUrl("https://a.example/1.png")
                                                .detail(ResponseInputImage.Detail.AUTO)
                                                .build())
                                .build());

        Response first = create(id, List.of(asked));
        Response second =
                create(
                        id,
                        first.output().stream()
                                .flatMap(item -> item.functionCall().stream())
                                .map(ResponseToolsTest::looked)
                                .toList());

        assertThat(text(second)).isEqualTo("Sun and rain.");
        JsonNode sent = model.calls().getLast().body();
        assertThat(sent.at("/messages/0/content/1/image_url/url").asText())
                .isEqualTo("https://a.example/1.png");
        List<ConversationItem> items =
                openai.conversations()
                        .items()
                        .list(
                                ItemListParams.builder()
                                        .conversationId(id)
                                        .order(ItemListParams.Order.ASC)
                                        .build())
                        .items();
        assertThat(
                        items.stream()
                                .flatMap(each -> each.functionCallOutput().stream())
                                .map(each -> each.output().asString()))
                .containsExactly("Sun in Lisbon", "Sun in Porto");
        assertThat(items.getFirst().asMessage().content().get(1).isInputImage()).isTrue();
    }

    private Response create(String conversation, List<ResponseInputItem> input) {
        return openai.responses()
                .create(
                        ResponseCreateParams.builder()
                                .conversation(conversation)
                                .inputOfResponse(input)
                                .addTool(Look.class, JsonSchemaLocalValidation.NO)
                                .build());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void image_isPassedOnByItsUrl(boolean store) {
        String user =
                """
                {"role": "user", "content": [{"type": "input_text", "text": "What?"},
                  {"type": "input_image", "image_url": "https://a.example/1.png", "detail": "high"}]}
                """;

        Answer answer = post(user, ", \"store\": " + store);

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        JsonNode content = model.calls().getLast().body().at("/messages/0/content");
        assertThat(content.at("/0/text").asText()).isEqualTo("What?");
        assertThat(content.at("/1/image_url/url").asText()).isEqualTo("https://a.example/1.png");
    }

    @Test
    void structuredOutput_isWhatTheSdkMakesAnObjectOf() {
        model.answer(_ -> Reply.text("{\"city\": \"Porto\", \"degrees\": 21}"));

        StructuredResponse<Weather> response =
                openai.responses()
                        .create(
                                say("Porto?")
                                        .text(Weather.class, JsonSchemaLocalValidation.NO)
                                        .build());

        Weather weather =
                response.output().getFirst().asMessage().content().getFirst().asOutputText();
        assertThat(weather.city + weather.degrees).isEqualTo("Porto21");
        JsonNode sent = model.calls().getLast().body().path("response_format");
        assertThat(sent.path("type").asText()).isEqualTo("json_schema");
        assertThat(sent.at("/json_schema/schema/properties/city/type").asText())
                .isEqualTo("string");
        assertThat(sent.at("/json_schema/strict").asBoolean()).isTrue();
        assertThat(
                        response.rawResponse()
                                .text()
                                .orElseThrow()
                                .format()
                                .orElseThrow()
                                .isJsonSchema())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tools        | [{\"type\": \"mcp\", \"server_label\": \"x\"}] | 400 | tools",
                "tools        | [{\"type\": \"function\", \"name\": \"a b\"}]  | 422 | tools[0].name",
                "tools        | [{\"type\": \"function\", \"name\": \"a\"}, {\"type\": \"function\", \"name\": \"a\"}] | 422 | tools[1].name",
                "tools        | [{\"type\": \"function\", \"name\": \"a\", \"parameters\": []}] | 422 | tools[0].parameters",
                "tools        | {}       | 422 | tools",
                "tool_choice  | \"any\"  | 400 | tool_choice",
                "tool_choice  | {\"type\": \"function\", \"name\": \"x\"} | 422 | tool_choice",
                "tool_choice  | {\"type\": \"allowed_tools\", \"mode\": \"auto\", \"tools\": []} | 422 | tool_choice.tools",
                "tool_choice  | {\"type\": \"allowed_tools\", \"mode\": \"none\", \"tools\": [{\"type\": \"function\", \"name\": \"look\"}]} | 400 | tool_choice.mode",
                "tool_choice  | {\"type\": \"allowed_tools\", \"mode\": \"auto\", \"tools\": [{\"type\": \"function\", \"name\": \"look\"}, {\"type\": \"function\", \"name\": \"x\"}]} | 422 | tool_choice",
                "text         | {\"format\": {\"type\": \"json_schema\", \"name\": \"a b\", \"schema\": {}}} | 422 | text.format.name",
                "text         | {\"format\": {\"type\": \"json_schema\", \"name\": \"a\", \"schema\": \"\\ud83d\"}} | 422 | text.format.schema",
                "top_logprobs | 21       | 422 | top_logprobs",
                "max_tool_calls | 0      | 422 | max_tool_calls",
                "user         | 1        | 422 | user",
                "client_metadata | 1     | 400 | client_metadata",
                "input        | [{\"type\": \"function_call\", \"call_id\": \"\", \"name\": \"f\", \"arguments\": \"\"}] | 422 | input[0].call_id",
                "input        | [{\"type\": \"function_call\", \"call_id\": \"c\", \"name\": \"a b\", \"arguments\": \"\"}] | 422 | input[0].name",
                "input        | [{\"type\": \"function_call\", \"call_id\": \"c\", \"name\": \"f\", \"arguments\": {}}] | 422 | input[0].arguments",
                "input        | [{\"type\": \"function_call_output\", \"call_id\": \"c\", \"output\": 7}] | 422 | input[0].output",
                "input        | [{\"type\": \"function_call_output\", \"output\": \"x\"}] | 422 | input[0].call_id",
                "input        | [{\"type\": \"item_reference\"}] | 422 | input[0].id",
            })
    void nonsense_isRefusedByName(String parameter, String value, int status, String param) {
        String tools = parameter.equals("tools") ? "" : ", \"tools\": [" + TOOL + "]";
        String input = parameter.equals("input") ? "" : ", \"input\": \"hello\"";

        Answer refused =
                client.post(
                        "/v1/responses",
                        "{\"%s\": %s%s%s}".formatted(parameter, value, tools, input));

        assertThat(refused.status()).as(refused.text()).isEqualTo(status);
        assertThat(refused.json().at("/error/param").asText()).isEqualTo(param);
        assertThat(model.calls()).isEmpty();
    }

    /** Also of what is earlier in the dialogue than its last turn. */
    @ParameterizedTest
    @MethodSource("tooMuch")
    void tooMuch_isRefusedByName(List<String> items, String param) {
        String all = String.join(",", items);
        Answer created = client.post("/v1/conversations", "{}");

        Answer response = post(all + ", {\"role\": \"user\", \"content\": \"Well?\"}", "");
        Answer added =
                client.post(
                        "/v1/conversations/" + created.id() + "/items",
                        "{\"items\": [" + all + "]}");

        assertThat(List.of(response.status(), added.status())).containsOnly(422);
        assertThat(response.json().at("/error/param").asText()).isEqualTo("input" + param);
        assertThat(added.json().at("/error/param").asText()).isEqualTo("items" + param);
        assertThat(model.calls()).isEmpty();
    }

    static List<Arguments> tooMuch() {
        String call =
                "{\"type\": \"function_call\", \"call_id\": \"%s\", \"name\": \"f\", \"arguments\": \"\"}";
        String image = "{\"type\": \"input_image\", \"image_url\": \"http://a\"}";
        List<String> calls = IntStream.range(0, 129).mapToObj(call::formatted).toList();
        List<String> outputs =
                IntStream.range(0, 129).mapToObj(i -> OUTPUT.formatted(i, "x")).toList();
        List<String> both = new ArrayList<>(calls);
        both.addAll(outputs);
        return List.of(
                Arguments.of(List.of(call.formatted("c".repeat(257))), "[0].call_id"),
                Arguments.of(List.of(OUTPUT.formatted("c".repeat(257), "x")), "[0].call_id"),
                Arguments.of(
                        List.of(call.formatted("c"), OUTPUT.formatted("c", "x".repeat(262_145))),
                        "[1]"),
                Arguments.of(both, "[257]"),
                Arguments.of(
                        List.of(
                                "{\"role\": \"user\", \"content\": [%s]}"
                                        .formatted(
                                                String.join(",", Collections.nCopies(129, image)))),
                        "[0]"));
    }

    private static final List<String> CALL =
            List.of(
                    "response.output_item.added",
                    "response.function_call_arguments.delta",
                    "response.function_call_arguments.done",
                    "response.output_item.done");

    private static List<String> whole() {
        List<String> whole = new ArrayList<>(List.of("response.created", "response.in_progress"));
        for (String each : List.of("reasoning_text", "output_text")) {
            whole.addAll(
                    List.of(
                            "response.output_item.added",
                            "response.content_part.added",
                            "response." + each + ".delta",
                            "response." + each + ".done",
                            "response.content_part.done",
                            "response.output_item.done"));
        }
        whole.addAll(CALL);
        whole.addAll(CALL);
        whole.add("response.completed");
        return whole;
    }

    @Test
    void stream_hasOpenAisEventsInOrder() {
        model.answer(ResponseToolsTest::lookTwice);
        ResponseAccumulator accumulator = ResponseAccumulator.create();

        List<ResponseStreamEvent> events =
                events(say("?").addTool(Look.class, JsonSchemaLocalValidation.NO));

        events.forEach(accumulator::accumulate);
        assertThat(types(events)).isEqualTo(whole());
        assertThat(numbers(events)).isSorted().doesNotHaveDuplicates().startsWith(0L, 1L);
        Response completed = events.getLast().asCompleted().response();
        assertThat(accumulator.response()).isEqualTo(completed);
        assertThat(openai.responses().retrieve(completed.id())).isEqualTo(completed);
    }

    /** Text between and after calls is a message of its own. */
    private static Script mixed() {
        return script().text("Both \ud83d\ude00!")
                .reasoning("Hm\ud83d\ude00.")
                .call("call_c", "look", "");
    }

    @Test
    void stream_ofAFinishedResponse_isTheSameFromAnyEventOn() {
        model.answer(_ -> mixed().reply());
        String id = ask("").id();
        List<Event> events = eventsOf(id, "");

        for (int i = 0; i < events.size(); i++) {
            List<Event> rest = eventsOf(id, "&starting_after=" + number(events.get(i)));
            assertThat(rest).isEqualTo(events.subList(i + 1, events.size()));
        }
        assertThat(events.stream().map(ResponseToolsTest::number))
                .isSorted()
                .doesNotHaveDuplicates();
        JsonNode output = events.getLast().data().at("/response/output");
        assertThat(
                        events.stream()
                                .filter(each -> each.name().equals("response.output_item.done"))
                                .map(each -> each.data().path("item")))
                .containsExactlyElementsOf(output);
        assertThat(client.get("/v1/responses/" + id).json().path("output")).isEqualTo(output);
    }

    /** Whatever a client was given live, it can go on from there, live or later. */
    @Test
    void stream_thatIsLostAnywhere_isResumedWithTheSameNumbers() {
        int deltas = 18;
        for (int i = 1; i < deltas; i += 2) {
            CompletableFuture<Void> gate = new CompletableFuture<>();
            int at = i;
            model.answer(_ -> mixed().reply().gateAt(at, gate));
            List<Event> live = new ArrayList<>();
            List<Event> resumed;
            try (EventReader first =
                    client.postAndFollow(
                            "/v1/responses",
                            "{\"input\": \"?\", \"stream\": true, \"tools\": [" + TOOL + "]}")) {
                live.addAll(first.next(2));
                String id = live.getFirst().data().at("/response/id").asText();
                try (EventReader second =
                        client.follow(
                                "GET", "/v1/responses/" + id + "?stream=true&starting_after=1")) {
                    gate.complete(null);
                    resumed = second.rest();
                }
                live.addAll(first.rest());
                List<Event> later = eventsOf(id, "");
                assertThat(told(live)).isEqualTo(told(later));
                assertThat(told(resumed)).isEqualTo(told(later.subList(2, later.size())));
                for (Event each : live) {
                    List<Event> rest = eventsOf(id, "&starting_after=" + number(each));
                    List<Event> both = new ArrayList<>(live.subList(0, live.indexOf(each) + 1));
                    both.addAll(rest);
                    assertThat(told(both)).isEqualTo(told(later));
                }
            }
        }
    }

    /** Events but deltas as they are, and each run of deltas as one with the last one's number. */
    private static List<String> told(List<Event> events) {
        List<String> told = new ArrayList<>();
        StringBuilder joined = new StringBuilder();
        for (int i = 0; i < events.size(); i++) {
            Event each = events.get(i);
            if (!each.name().endsWith("_text.delta")) {
                told.add(each.raw());
                continue;
            }
            joined.append(each.data().path("delta").asText());
            if (i + 1 == events.size() || !events.get(i + 1).name().equals(each.name())) {
                told.add(
                        "%s %d %s %s"
                                .formatted(
                                        each.name(),
                                        number(each),
                                        each.data().path("item_id").asText(),
                                        joined));
                joined.setLength(0);
            }
        }
        return told;
    }

    @Test
    void stream_fromWithinTextAndReasoning_losesAndRepeatsNoCharacter() {
        model.answer(_ -> mixed().reply());
        String id = ask("").id();
        List<Event> all = eventsOf(id, "");
        long last = number(all.getLast());

        List<Long> refused = new ArrayList<>();
        for (long number = 0; number <= last + 1; number++) {
            String query = "&starting_after=" + number;
            if (client.get("/v1/responses/" + id + "?stream=true" + query).status() == 422) {
                refused.add(number);
            } else {
                assertThat(said(eventsOf(id, query))).isEqualTo(said(all, number));
            }
        }

        assertThat(refused).contains(last + 1);
        assertThat(unknown(all)).containsAll(refused);
    }

    private static List<String> said(List<Event> events) {
        return said(events, -1);
    }

    /** What events say after a number, each character of a delta with the number that it has. */
    private static List<String> said(List<Event> events, long after) {
        List<String> said = new ArrayList<>();
        for (Event each : events) {
            String delta = each.data().path("delta").asText();
            if (!each.name().endsWith("_text.delta")) {
                if (number(each) > after) {
                    said.add(each.raw());
                }
                continue;
            }
            for (int i = 0; i < delta.length(); i++) {
                long number = number(each, delta.length() - i - 1);
                if (number > after) {
                    said.add("%s %d %s".formatted(each.name(), number, delta.charAt(i)));
                }
            }
        }
        return said;
    }

    /** The number of a delta that ends some characters earlier; those of reasoning take up five. */
    private static long number(Event delta, int earlier) {
        return number(delta) - earlier * (delta.name().contains("reasoning") ? 5L : 1L);
    }

    /**
     * The numbers that no event can have: those that are skipped, and those within a character of
     * two units. They may be refused.
     */
    private static List<Long> unknown(List<Event> all) {
        Set<Long> known = new HashSet<>();
        for (Event each : all) {
            known.add(number(each));
            String delta = each.data().path("delta").asText();
            for (int i = 1; i < delta.length() && each.name().endsWith("_text.delta"); i++) {
                if (!Character.isLowSurrogate(delta.charAt(i))) {
                    known.add(number(each, delta.length() - i));
                }
            }
        }
        return LongStream.rangeClosed(0, number(all.getLast()) + 1)
                .filter(number -> !known.contains(number))
                .boxed()
                .toList();
    }

    @Test
    void callsOfACancelledResponse_areIncomplete() {
        model.answer(_ -> script().reply().thenStall(9));
        String id =
                client.post(
                                "/v1/responses",
                                "{\"input\": \"?\", \"background\": true, \"tools\": ["
                                        + TOOL
                                        + "]}")
                        .id();
        await().until(
                        () ->
                                types(client.get("/v1/responses/" + id).json().path("output"))
                                        .contains("function_call"));

        JsonNode cancelled = client.post("/v1/responses/" + id + "/cancel", "").json();
        Answer next = post("{\"role\": \"user\", \"content\": \"Well?\"}", after(id));

        assertThat(cancelled.path("status").asText()).isEqualTo("cancelled");
        assertThat(cancelled.at("/output/2/status").asText()).isEqualTo("incomplete");
        assertThat(next.status()).as(next.text()).isEqualTo(200);
        assertThat(model.refused()).isEmpty();
    }

    private List<Event> eventsOf(String id, String query) {
        try (EventReader stream =
                client.follow("GET", "/v1/responses/" + id + "?stream=true" + query)) {
            return stream.rest();
        }
    }

    private static long number(Event event) {
        return event.data().path("sequence_number").asLong();
    }
}

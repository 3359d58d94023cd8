package ai.konko.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader;
import ai.konko.fake.FakeModel.Call;
import ai.konko.fake.FakeModel.Message;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.Script;
import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.core.JsonSchemaLocalValidation;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.errors.SseException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionContentPartImage;
import com.openai.models.chat.completions.ChatCompletionContentPartText;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionMessageToolCall;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Chat completions and models. */
@QuarkusTest
class CompletionsTest extends SdkTest {

    private static ChatCompletionCreateParams.Builder ask(String text) {
        return ChatCompletionCreateParams.builder().model("own").addUserMessage(text);
    }

    @Test
    void completion_sendsTheMessagesAsTheyAreAndKeepsNothing() {
        String before = client.get("/chats?limit=1").text();

        ChatCompletion completion =
                openai.chat()
                        .completions()
                        .create(
                                ChatCompletionCreateParams.builder()
                                        .model("own")
                                        .addSystemMessage("Be brief.")
                                        .addAssistantMessage("Hello.")
                                        .addUserMessage("{config:['x']} one")
                                        .addUserMessage("two")
                                        .addDeveloperMessage("Now.")
                                        .temperature(0.5)
                                        .putAdditionalBodyProperty("seed", JsonValue.from(7))
                                        .maxCompletionTokens(77)
                                        .presencePenalty(1)
                                        .stop("END")
                                        .build());

        assertThat(completion.choices().getFirst().message().content()).contains("reply to: two");
        assertThat(completion.choices().getFirst().finishReason().asString()).isEqualTo("stop");
        assertThat(completion.model()).isEqualTo("own");
        assertThat(completion.usage().orElseThrow().totalTokens()).isEqualTo(15);
        assertThat(model.calls().getFirst().messages())
                .containsExactly(
                        new Message("system", "Be brief."),
                        new Message("assistant", "Hello."),
                        new Message("user", "{config:['x']} one"),
                        new Message("user", "two"),
                        new Message("developer", "Now."));
        JsonNode sent = model.calls().getFirst().body();
        assertThat(sent.path("seed").asInt()).isEqualTo(7);
        assertThat(sent.path("max_completion_tokens").asInt()).isEqualTo(77);
        assertThat(sent.path("temperature").asDouble()).isEqualTo(0.5);
        assertThat(sent.path("presence_penalty").asDouble()).isEqualTo(1);
        assertThat(sent.path("stop").asText()).isEqualTo("END");
        assertThat(client.get("/chats?limit=1").text()).isEqualTo(before);
    }

    @Test
    void completion_isCountedAsUse() {
        long before = tokensUsed();

        openai.chat().completions().create(ask("hello").build());

        await().until(() -> tokensUsed() == before + 15);
    }

    private long tokensUsed() {
        long tokens = 0;
        for (JsonNode each : client.get("/usage").json().path("data")) {
            tokens += each.path("totalTokens").asLong();
        }
        return tokens;
    }

    @Test
    void stream_hasChunksAndTheUsageIfWanted() {
        List<ChatCompletionChunk> chunks =
                all(
                        ask("hello")
                                .streamOptions(
                                        ChatCompletionStreamOptions.builder()
                                                .includeUsage(true)
                                                .build())
                                .build());

        assertThat(chunks.getFirst().choices().getFirst().delta().role()).isPresent();
        assertThat(text(chunks)).isEqualTo("reply to: hello");
        assertThat(chunks.get(chunks.size() - 2).choices().getFirst().finishReason()).isPresent();
        assertThat(chunks.getLast().choices()).isEmpty();
        assertThat(chunks.getLast().usage().orElseThrow().totalTokens()).isEqualTo(15);
        assertThat(chunks).extracting(ChatCompletionChunk::id).containsOnly(chunks.getFirst().id());
    }

    @Test
    void stream_endsWithDone() {
        Answer answer =
                client.post(
                        "/v1/chat/completions",
                        "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}], \"stream\": true}");

        assertThat(answer.header("Content-Type")).startsWith("text/event-stream");
        assertThat(answer.text()).endsWith("data: [DONE]\n\n").doesNotContain("event:");
    }

    @Test
    void stream_thatBreaksOff_endsWithAnError() {
        model.answer(_ -> Reply.text("some text that goes on").thenCut(2));

        assertThatThrownBy(() -> all(ask("hello").build())).isInstanceOf(SseException.class);
    }

    @Test
    void stream_whoseClientGoes_stopsTheModel() {
        model.answer(_ -> Reply.text("some text that goes on").thenStall(2));

        try (EventReader stream =
                client.postAndFollow(
                        "/v1/chat/completions",
                        "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}], \"stream\": true}")) {
            stream.next(2);
        }

        assertThat(model.calls().getFirst().closed()).succeedsWithin(5, TimeUnit.SECONDS);
    }

    @Test
    void clientThatGoes_stopsTheModelAlsoWithoutAStream() throws IOException {
        model.answer(_ -> Reply.hang());
        byte[] body =
                "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}"
                        .getBytes(StandardCharsets.UTF_8);

        try (Socket socket = new Socket(base.getHost(), base.getPort())) {
            socket.getOutputStream()
                    .write(
                            """
                            POST /v1/chat/completions HTTP/1.1\r
                            Host: localhost\r
                            Content-Type: application/json\r
                            Content-Length: %d\r
                            \r
                            """
                                    .formatted(body.length)
                                    .getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(body);
            await().until(() -> model.calls().size() == 1);
        }

        assertThat(model.calls().getFirst().closed()).succeedsWithin(5, TimeUnit.SECONDS);
    }

    @Test
    void stored_isAChat() {
        ChatCompletion completion =
                openai.chat()
                        .completions()
                        .create(
                                ChatCompletionCreateParams.builder()
                                        .model("own")
                                        .store(true)
                                        .addSystemMessage("Be brief.")
                                        .addUserMessage("My name is Ada.")
                                        .addAssistantMessage("Hello Ada.")
                                        .addUserMessage("Who am I?")
                                        .build());

        String ids = completion.id().substring("chatcmpl-".length());
        String chat = "/chats/" + dashed(ids.substring(0, 32));
        assertThat(client.get(chat).json().path("instructions").asText()).isEqualTo("Be brief.");
        assertThat(client.messages(chat).stream().map(each -> each.path("content").asText()))
                .containsExactly(
                        "My name is Ada.", "Hello Ada.", "Who am I?", "reply to: Who am I?");
        client.say(chat, "And now?");
        assertThat(model.calls().getLast().messages()).hasSize(6);
        assertThat(model.calls().getLast().model()).isEqualTo("own");
    }

    @Test
    void stored_streamsAndOutlivesItsClient() {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("one two three").gateAt(1, gate));
        String id;

        try (EventReader stream =
                client.postAndFollow(
                        "/v1/chat/completions",
                        "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}], \"stream\": true,"
                                + " \"store\": true}")) {
            id = stream.next(2).getLast().data().path("id").asText();
        }
        gate.complete(null);

        String ids = id.substring("chatcmpl-".length());
        try (EventReader stream = client.follow("GET", reply("resp_" + ids))) {
            assertThat(stream.rest().getLast().data().path("content").asText())
                    .isEqualTo("one two three");
        }
    }

    private static final String TOOLED =
            """
            {"store": true, "stream": %s, "stream_options": {"include_usage": true}, "messages": [%s], "response_format": {"type": "json_object"},
             "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "additionalProperties": false}}}],
             "tool_choice": {"type": "function", "function": {"name": "look"}}, "parallel_tool_calls": true}
            """;

    private static final String ASKED =
            """
            {"role": "system", "content": ""}, {"role": "user", "content": [{"type": "text", "text": "Where?"},
             {"type": "image_url", "image_url": {"url": "https://a.example/1.png", "detail": "low"}}]}
            """;

    private static Reply lookTwice(Call call) {
        return call.body().findValue("tool_call_id") != null
                ? Reply.text("Here.").usage(9, 8, 7, 6)
                : new Script()
                        .reasoning("Hm.")
                        .call("a", "look", "{\"x\":1}")
                        .call("b", "look", "{}")
                        .reply();
    }

    @Test
    void stored_callsFunctionsInTwoRounds() {
        model.answer(CompletionsTest::lookTwice);
        Answer first = client.post("/v1/chat/completions", TOOLED.formatted("false", ASKED));
        JsonNode choice = first.json().at("/choices/0");
        String outputs =
                "{\"role\": \"tool\", \"tool_call_id\": \"a\", \"content\": \"1\"}, {\"role\": \"tool\","
                        + " \"tool_call_id\": \"b\", \"content\": [{\"type\": \"text\", \"text\": \"2\"}]}";

        Answer second =
                client.post(
                        "/v1/chat/completions",
                        TOOLED.formatted(
                                "false", ASKED + "," + choice.path("message") + "," + outputs));
        Answer missing =
                client.post(
                        "/v1/chat/completions",
                        TOOLED.formatted(
                                "false",
                                ASKED
                                        + ","
                                        + choice.path("message")
                                        + ", {\"role\": \"user\", \"content\": \"x\"}"));

        assertThat(choice.path("finish_reason").asText()).isEqualTo("tool_calls");
        assertThat(choice.at("/message/content").isNull()).isTrue();
        assertThat(choice.at("/message/reasoning_content").asText()).isEqualTo("Hm.");
        assertThat(choice.at("/message/tool_calls").findValuesAsText("arguments"))
                .containsExactly("{\"x\":1}", "{}");
        assertThat(second.status()).as(second.text()).isEqualTo(200);
        assertThat(second.json().at("/choices/0/message/content").asText()).isEqualTo("Here.");
        assertThat(second.json().at("/usage/prompt_tokens_details/cached_tokens").asInt())
                .isEqualTo(7);
        assertThat(second.json().at("/usage/completion_tokens_details/reasoning_tokens").asInt())
                .isEqualTo(6);
        JsonNode sent = model.calls().getLast().body();
        assertThat(sent.path("messages").findValuesAsText("role"))
                .containsExactly("user", "assistant", "tool", "tool");
        assertThat(sent.at("/messages/0/content/1/image_url/url").asText())
                .isEqualTo("https://a.example/1.png");
        assertThat(sent.at("/tool_choice/function/name").asText()).isEqualTo("look");
        assertThat(sent.at("/response_format/type").asText()).isEqualTo("json_object");
        assertThat(missing.status()).isEqualTo(400);
        assertThat(model.refused()).isEmpty();
    }

    /** A function as the SDK makes a tool of it. */
    @JsonClassDescription("The weather in a city.")
    public static final class Weather {
        public String city = "";
        public int degrees;
    }

    /** OpenAI's own example of function calling. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void function_isCalledInTwoRoundsByTheSdk(boolean store) {
        Reply calls =
                new Script()
                        .call("a", "Weather", "{\"city\":\"Lisbon\",\"degrees\":21}")
                        .call("b", "Weather", "{\"city\":\"Porto\",\"degrees\":17}")
                        .reply();
        model.answer(
                call ->
                        call.body().findValue("tool_call_id") == null
                                ? calls
                                : Reply.text("{\"city\":\"Lisbon\",\"degrees\":21}"));
        ChatCompletionCreateParams.Builder params =
                ChatCompletionCreateParams.builder()
                        .model("own")
                        .store(store)
                        .addUserMessageOfArrayOfContentParts(
                                List.of(
                                        ChatCompletionContentPart.ofText(
                                                ChatCompletionContentPartText.builder()
                                                        .text("Where is this?")
                                                        .build()),
                                        ChatCompletionContentPart.ofImageUrl(
                                                ChatCompletionContentPartImage.builder()
                                                        .imageUrl(
                                                                ChatCompletionContentPartImage
                                                                        .ImageUrl.builder()
                                                                        .url(
                                                                                "https://a.example/1.png")
                                                                        .build())
                                                        .build())))
                        .addTool(Weather.class, JsonSchemaLocalValidation.NO);

        ChatCompletionMessage asked =
                openai.chat().completions().create(params.build()).choices().getFirst().message();
        params.addMessage(asked);
        for (ChatCompletionMessageToolCall each : asked.toolCalls().orElseThrow()) {
            params.addMessage(
                    ChatCompletionToolMessageParam.builder()
                            .toolCallId(each.asFunction().id())
                            .contentAsJson(each.asFunction().function().arguments(Weather.class))
                            .build());
        }
        Weather answer =
                openai.chat()
                        .completions()
                        .create(
                                params.responseFormat(Weather.class, JsonSchemaLocalValidation.NO)
                                        .build())
                        .choices()
                        .getFirst()
                        .message()
                        .content()
                        .orElseThrow();

        assertThat(answer.city + answer.degrees).isEqualTo("Lisbon21");
        JsonNode sent = model.calls().getLast().body();
        assertThat(sent.path("messages").findValuesAsText("tool_call_id"))
                .containsExactly("a", "b");
        assertThat(sent.at("/messages/3/content").asText()).contains("Porto", "17");
        assertThat(sent.at("/messages/0/content/1/image_url/url").asText())
                .isEqualTo("https://a.example/1.png");
        assertThat(sent.at("/response_format/json_schema/strict").asBoolean()).isTrue();
        assertThat(model.refused()).isEmpty();
    }

    @Test
    void stored_streamsItsCalls() throws IOException {
        model.answer(CompletionsTest::lookTwice);

        String events = client.post("/v1/chat/completions", TOOLED.formatted("true", ASKED)).text();

        List<JsonNode> chunks = new ArrayList<>();
        for (String event : events.split("\n\n", -1)) {
            if (event.startsWith("data: {")) {
                chunks.add(new ObjectMapper().readTree(event.substring("data: ".length())));
            }
        }
        List<JsonNode> deltas = chunks.stream().map(each -> each.at("/choices/0/delta")).toList();
        assertThat(deltas.stream().map(each -> each.path("reasoning_content").asText()))
                .contains("Hm.");
        assertThat(
                        deltas.stream()
                                .flatMap(
                                        each ->
                                                each
                                                        .path("tool_calls")
                                                        .findParents("index")
                                                        .stream())
                                .map(
                                        each ->
                                                each.path("index").asInt()
                                                        + each.path("id").asText()
                                                        + each.at("/function/name").asText()
                                                        + each.at("/function/arguments").asText()))
                .containsExactly("0alook", "0{\"x\":1}", "1blook", "1{}");
        assertThat(chunks.get(chunks.size() - 2).at("/choices/0/finish_reason").asText())
                .isEqualTo("tool_calls");
        assertThat(chunks.getLast().at("/usage/total_tokens").asInt()).isEqualTo(15);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tools: [{\"type\": \"custom\", \"custom\": {\"name\": \"f\"}}]",
                "functions: [{\"name\": \"f\"}]",
                "n: 2",
                "logprobs: true",
                "top_logprobs: 2",
                "modalities: [\"text\", \"audio\"]",
                "audio: {\"voice\": \"v\"}",
                "response_format: {\"type\": \"xml\"}",
                "prediction: {}",
                "web_search_options: {}",
            })
    void whatIsNotSupportedIfStored_isRefusedByName(String parameter) {
        String name = parameter.substring(0, parameter.indexOf(':'));
        String body =
                "{\"store\": true, \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}], \"%s\": %s}"
                        .formatted(name, parameter.substring(name.length() + 2));

        Answer refused = client.post("/v1/chat/completions", body);

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().at("/error/code").asText()).isEqualTo("unsupported");
        assertThat(refused.json().at("/error/param").asText()).isEqualTo(name);
        assertThat(model.calls()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"role\": \"function\", \"content\": \"x\", \"name\": \"f\"}",
                "{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\": {\"url\": \"data:x\"}}]}",
                "{\"role\": \"user\", \"content\": [{\"type\": \"input_audio\", \"input_audio\": {}}]}",
                "{\"role\": \"user\", \"content\": [{\"type\": \"file\", \"file\": {\"file_id\": \"f\"}}]}",
                "{\"role\": \"assistant\", \"content\": \"x\", \"tool_calls\": [{\"type\": \"custom\"}]}",
                "{\"role\": \"assistant\", \"content\": \"x\", \"audio\": {\"id\": \"a\"}}",
                "{\"role\": \"assistant\", \"content\": \"x\", \"function_call\": {\"name\": \"f\"}}",
            })
    void messages_thatAreMoreThanTextIfStored_areRefusedByName(String message) {
        Answer refused =
                client.post(
                        "/v1/chat/completions",
                        "{\"store\": true, \"messages\": [" + message + "]}");

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().at("/error/code").asText()).isEqualTo("unsupported");
        assertThat(refused.json().at("/error/param").asText()).startsWith("messages[0].");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"annotations\": []",
                "\"annotations\": [{\"type\": \"url_citation\"}]",
                "\"tool_calls\": [], \"refusal\": \"\"",
                "\"refusal\": null, \"audio\": null, \"function_call\": null, \"tool_calls\": null",
                "\"provider_specific_fields\": {\"refusal\": null}, \"prefix\": false",
                "\"id\": \"m\", \"type\": null, \"logprobs\": null, \"name\": null",
                "\"name\": \"ada\""
            })
    void messages_asSdksDumpThem_areTaken(String more) {
        Answer answer =
                client.post(
                        "/v1/chat/completions",
                        """
                        {"store": true, "messages": [{"role": "user", "content": "a"},
                        {"role": "assistant", "content": "b", %s}, {"role": "user", "content": "c", %s}]}"""
                                .formatted(more, more));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(model.calls().getFirst().messages())
                .containsExactly(
                        new Message("user", "a"),
                        new Message("assistant", "b"),
                        new Message("user", "c"));
    }

    @Test
    void stored_withWhatNobodyKnows_isAnsweredWithout() {
        Answer answer =
                client.post(
                        "/v1/chat/completions",
                        """
                        {"store": true, "nobody": {"knows": 1}, "top_k": 5, "stream_options": {"x": 1},
                         "messages": [{"role": "user", "content": "a"}]}""");

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(model.calls().getFirst().body().has("nobody")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void messageOfACompletion_canBeSentBackAsItIs(boolean store) {
        String question = "{\"role\": \"user\", \"content\": \"a\"}";
        String body = "{\"store\": %s, \"messages\": [%s]}";
        JsonNode first =
                client.post("/v1/chat/completions", body.formatted(store, question))
                        .json()
                        .at("/choices/0/message");

        Answer second =
                client.post(
                        "/v1/chat/completions",
                        body.formatted(store, question + "," + first + "," + question));

        assertThat(second.status()).as(second.text()).isEqualTo(200);
        assertThat(model.calls().getLast().messages())
                .contains(new Message("assistant", "reply to: a"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "[]", "{\"x\": 1}"})
    void messageNamedByNoTextIfStored_isRefused(String name) {
        Answer refused =
                client.post(
                        "/v1/chat/completions",
                        "{\"store\": true, \"messages\": [{\"role\": \"user\", \"content\": \"x\", \"name\": "
                                + name
                                + "}]}");

        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().at("/error/param").asText()).isEqualTo("messages[0].name");
    }

    @Test
    void models_areTheConfiguredOne() {
        assertThat(openai.models().list().data())
                .singleElement()
                .extracting(each -> each.id())
                .isEqualTo("test-model");
        assertThat(openai.models().retrieve("test-model").id()).isEqualTo("test-model");
        assertThatThrownBy(() -> openai.models().retrieve("vendor/other"))
                .isInstanceOf(NotFoundException.class);
    }

    private List<ChatCompletionChunk> all(ChatCompletionCreateParams params) {
        try (StreamResponse<ChatCompletionChunk> stream =
                openai.chat().completions().createStreaming(params)) {
            return stream.stream().toList();
        }
    }

    private static String text(List<ChatCompletionChunk> chunks) {
        return chunks.stream()
                .flatMap(chunk -> chunk.choices().stream())
                .flatMap(choice -> choice.delta().content().stream())
                .collect(Collectors.joining());
    }
}

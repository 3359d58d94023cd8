package ai.konko.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel.Message;
import ai.konko.fake.FakeModel.Reply;
import com.fasterxml.jackson.databind.JsonNode;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseItem;
import com.openai.models.responses.ResponseUsage;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Responses as a whole. */
@QuarkusTest
class ResponsesTest extends SdkTest {

    @Test
    void response_isAnsweredKeptAndReadAgain() {
        Response response =
                openai.responses()
                        .create(
                                say("hello")
                                        .instructions("Be brief.")
                                        .metadata(
                                                ResponseCreateParams.Metadata.builder()
                                                        .putAdditionalProperty(
                                                                "k", JsonValue.from("v"))
                                                        .build())
                                        .build());

        assertThat(response.id()).matches("resp_[0-9a-f]{64}");
        assertThat(status(response)).isEqualTo("completed");
        assertThat(text(response)).isEqualTo("reply to: hello");
        assertThat(response.model().asString()).isEqualTo("test-model");
        assertThat(response.instructions().orElseThrow().asString()).isEqualTo("Be brief.");
        assertThat(JsonValue.from(response.metadata())).isEqualTo(JsonValue.from(Map.of("k", "v")));
        ResponseUsage usage = response.usage().orElseThrow();
        assertThat(List.of(usage.inputTokens(), usage.outputTokens(), usage.totalTokens()))
                .containsExactly(10L, 5L, 15L);
        assertThat(openai.responses().retrieve(response.id())).isEqualTo(response);
    }

    @Test
    void response_reachesTheModelWithItsParameters() {
        openai.responses()
                .create(
                        say("hello")
                                .model("own")
                                .instructions("Be brief.")
                                .temperature(0.5)
                                .topP(0.25)
                                .maxOutputTokens(77)
                                .build());

        JsonNode sent = model.calls().getFirst().body();
        assertThat(sent.path("model").asText()).isEqualTo("own");
        assertThat(sent.path("temperature").asDouble()).isEqualTo(0.5);
        assertThat(sent.path("top_p").asDouble()).isEqualTo(0.25);
        assertThat(sent.path("max_tokens").asInt()).isEqualTo(77);
        assertThat(model.calls().getFirst().messages())
                .containsExactly(new Message("system", "Be brief."), new Message("user", "hello"));
    }

    @Test
    void retryOfAFailedResponse_asksTheSameAgain() {
        model.answer(_ -> Reply.status(500, "{}", Map.of()));
        Answer failed =
                client.post(
                        "/v1/responses",
                        "{\"input\": \"hello\", \"temperature\": 0.5, \"model\": \"own\","
                                + " \"instructions\": \"Be brief.\"}");
        JsonNode first = model.calls().getFirst().body();
        String chat = "/chats/" + client.get("/chats?limit=1").json().at("/data/0/id").asText();
        String reply = client.messages(chat).get(1).path("id").asText();
        model.answer(_ -> Reply.text("now"));

        Answer retried = client.post(chat + "/messages/" + reply + "/retry", "");

        assertThat(failed.status()).isEqualTo(502);
        assertThat(retried.status()).isEqualTo(201);
        assertThat(model.calls().getLast().body()).isEqualTo(first);
    }

    @Test
    void instructions_holdForTheirResponseOnly() {
        String chat =
                "/chats/" + client.post("/chats", "{\"instructions\": \"Of the chat.\"}").id();
        String conversation = "conv_" + chat.substring("/chats/".length()).replace("-", "");

        openai.responses()
                .create(say("one").conversation(conversation).instructions("Of one.").build());
        openai.responses().create(say("two").conversation(conversation).build());
        openai.responses().create(say("three").conversation(conversation).instructions("").build());

        assertThat(model.calls().get(0).messages().getFirst())
                .isEqualTo(new Message("system", "Of one."));
        assertThat(model.calls().get(1).messages().getFirst())
                .isEqualTo(new Message("system", "Of the chat."));
        assertThat(model.calls().get(2).messages().getFirst())
                .isEqualTo(new Message("user", "one"));
    }

    @Test
    void previousResponse_thatIsTheLast_continuesItsChat() {
        Response first = openai.responses().create(say("My name is Ada.").build());

        Response second =
                openai.responses().create(say("Who am I?").previousResponseId(first.id()).build());

        assertThat(conversation(second)).isEqualTo(conversation(first));
        assertThat(second.previousResponseId()).contains(first.id());
        assertThat(model.calls().getLast().messages())
                .containsExactly(
                        new Message("user", "My name is Ada."),
                        new Message("assistant", "reply to: My name is Ada."),
                        new Message("user", "Who am I?"));
    }

    @Test
    void previousResponse_thatIsNotTheLast_forks() {
        Response first = openai.responses().create(say("one").build());
        openai.responses().create(say("two").previousResponseId(first.id()).build());
        long used = turnsUsed();

        Response fork =
                openai.responses().create(say("other").previousResponseId(first.id()).build());

        assertThat(conversation(fork)).isNotEqualTo(conversation(first));
        assertThat(model.calls().getLast().messages())
                .containsExactly(
                        new Message("user", "one"),
                        new Message("assistant", "reply to: one"),
                        new Message("user", "other"));
        assertThat(contents(chat(conversation(fork))))
                .containsExactly("one", "reply to: one", "other", "reply to: other");
        assertThat(contents(chat(conversation(first)))).hasSize(4).doesNotContain("other");
        assertThat(turnsUsed()).isEqualTo(used + 1);
    }

    @Test
    void previousResponse_ofManyAtOnce_neverMixesThem() {
        Response first = openai.responses().create(say("root").build());
        List<CompletableFuture<Answer>> posts =
                IntStream.range(0, 8)
                        .mapToObj(
                                i ->
                                        client.postLater(
                                                "/v1/responses",
                                                "{\"input\": \"b%d\", \"previous_response_id\": \"%s\"}"
                                                        .formatted(i, first.id())))
                        .toList();

        List<Answer> answers = posts.stream().map(CompletableFuture::join).toList();

        assertThat(answers).allMatch(answer -> answer.status() == 200);
        assertThat(answers.stream().map(answer -> answer.json().at("/conversation/id").asText()))
                .doesNotHaveDuplicates();
        assertThat(model.calls().subList(1, 9))
                .allSatisfy(call -> assertThat(call.messages()).hasSize(3));
    }

    @Test
    void input_ofManyMessages_isTakenInAndSentWhole() {
        List<ResponseInputItem> items = new ArrayList<>();
        items.add(item("system", "Be brief."));
        for (int i = 0; i < 30; i++) {
            items.add(item("user", "q" + i));
            items.add(item("assistant", "a" + i));
        }
        items.add(item("user", "last"));

        Response response =
                openai.responses()
                        .create(ResponseCreateParams.builder().inputOfResponse(items).build());

        assertThat(model.calls().getFirst().messages()).hasSize(62);
        List<ResponseItem> input =
                openai.responses().inputItems().list(response.id()).autoPager().stream().toList();
        assertThat(input).hasSize(61);
        assertThat(
                        input.getFirst()
                                .asResponseInputMessageItem()
                                .content()
                                .getFirst()
                                .asInputText()
                                .text())
                .isEqualTo("last");
        assertThat(contents(chat(conversation(response)))).hasSize(62);
    }

    @Test
    void background_answersAtOnceAndIsCancelled() {
        model.answer(_ -> Reply.text("some text that goes on").thenStall(2));
        Response queued = openai.responses().create(say("hello").background(true).build());
        await().until(() -> text(openai.responses().retrieve(queued.id())).equals("some tex"));

        Response cancelled = openai.responses().cancel(queued.id());

        assertThat(status(queued)).isIn("queued", "in_progress");
        assertThat(queued.background()).contains(true);
        assertThat(status(cancelled)).isEqualTo("cancelled");
        assertThat(text(cancelled)).isEqualTo("some tex");
        assertThat(model.calls().getFirst().closed()).succeedsWithin(5, TimeUnit.SECONDS);
        assertThat(openai.responses().retrieve(queued.id())).isEqualTo(cancelled);
    }

    @Test
    void notStored_leavesNothingAndReadsWhatIsThere() {
        Response first = openai.responses().create(say("My name is Ada.").build());

        Response passing =
                openai.responses()
                        .create(
                                say("Who am I?")
                                        .previousResponseId(first.id())
                                        .store(false)
                                        .build());

        assertThat(text(passing)).isEqualTo("reply to: Who am I?");
        assertThat(passing.conversation()).isEmpty();
        assertThat(model.calls().getLast().messages()).hasSize(3);
        assertThat(contents(chat(conversation(first)))).hasSize(2);
        assertThatThrownBy(() -> openai.responses().retrieve(passing.id()))
                .isInstanceOf(NotFoundException.class);
    }

    /** What is not there yet can't be read, nor copied. */
    @Test
    void previousResponse_thatIsNotOver_isWaitedForOnlyInItsOwnChat() {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(call -> Reply.text("to " + call.lastUser()).gate(gate));
        Response running = openai.responses().create(say("one").background(true).build());
        String next = "{\"input\": \"two\", \"previous_response_id\": \"%s\", \"background\": %s}";

        Answer waiting = client.post("/v1/responses", next.formatted(running.id(), "true"));
        Answer fork = client.post("/v1/responses", next.formatted(running.id(), "true"));
        Answer passing =
                client.post(
                        "/v1/responses", next.formatted(running.id(), "false, \"store\": false"));
        gate.complete(null);

        assertThat(waiting.json().at("/conversation/id").asText()).isEqualTo(conversation(running));
        assertThat(List.of(fork.status(), passing.status())).containsExactly(409, 409);
        await().until(
                        () ->
                                client.get(chat(conversation(running)))
                                        .json()
                                        .path("status")
                                        .asText()
                                        .equals("idle"));
        assertThat(contents(chat(conversation(running))))
                .containsExactly("one", "to one", "two", "to two");
    }

    @Test
    void length_isAnIncompleteResponse() {
        model.answer(_ -> Reply.text("cut").finish("length"));

        Response response = openai.responses().create(say("hello").build());

        assertThat(status(response)).isEqualTo("incomplete");
        assertThat(response.incompleteDetails().orElseThrow().reason().orElseThrow().asString())
                .isEqualTo("max_output_tokens");
    }

    @Test
    void delete_ofTheOnlyResponse_deletesItsConversation() {
        Response response = openai.responses().create(say("hello").build());

        openai.responses().delete(response.id());

        assertThatThrownBy(() -> openai.responses().retrieve(response.id()))
                .isInstanceOf(NotFoundException.class);
        assertThat(client.get(chat(conversation(response))).status()).isEqualTo(404);
    }

    @Test
    void delete_ofOneAmongOthers_isRefused() {
        Response first = openai.responses().create(say("one").build());
        openai.responses().create(say("two").previousResponseId(first.id()).build());

        assertThatThrownBy(() -> openai.responses().delete(first.id()))
                .isInstanceOf(BadRequestException.class);
        assertThat(contents(chat(conversation(first)))).hasSize(4);
    }

    @Test
    void busyConversation_isWaitedForOrRefusedAsAsked() {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(call -> Reply.text("to " + call.lastUser()).gate(gate));
        Response running = openai.responses().create(say("one").background(true).build());
        String conversation = conversation(running);

        Answer refused =
                client.post(
                        "/v1/responses",
                        "{\"input\": \"two\", \"conversation\": \"%s\", \"when_busy\": \"reject\"}"
                                .formatted(conversation));
        CompletableFuture<Answer> waiting =
                client.postLater(
                        "/v1/responses",
                        "{\"input\": \"three\", \"conversation\": {\"id\": \"%s\"}}"
                                .formatted(conversation));
        await().until(() -> client.messages(chat(conversation)).size() == 4);
        gate.complete(null);

        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(refused.json().at("/error/code").asText()).isEqualTo("conversation_locked");
        assertThat(waiting.join().json().path("status").asText()).isEqualTo("completed");
        assertThat(contents(chat(conversation)))
                .containsExactly("one", "to one", "three", "to three");
    }

    @Test
    void idempotencyKey_isOneResponse() {
        String body = "{\"input\": \"hello\"}";
        String key = "key-" + System.nanoTime();

        Answer first = client.post("/v1/responses", body, "Idempotency-Key", key);
        Answer again = client.post("/v1/responses", body, "Idempotency-Key", key);
        Answer other =
                client.post("/v1/responses", "{\"input\": \"other\"}", "Idempotency-Key", key);

        assertThat(again.json()).isEqualTo(first.json());
        assertThat(model.calls()).hasSize(1);
        assertThat(other.status()).isEqualTo(422);
        assertThat(other.json().at("/error/code").asText()).isEqualTo("idempotency_key_reused");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"tool_choice\": \"required\"",
                "\"background\": true, \"store\": false",
                "\"previous_response_id\": \"resp_x\", \"conversation\": \"conv_x\"",
            })
    void whatBreaksARuleOfOpenAis_hasNoCode(String parameters) {
        Answer refused =
                client.post("/v1/responses", "{\"input\": \"hello\", %s}".formatted(parameters));

        JsonNode error = refused.json().path("error");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
        assertThat(error.path("code").isNull()).isTrue();
        assertThat(parameters).startsWith("\"" + error.path("param").asText() + "\"");
        assertThat(error.path("message").asText()).startsWith(error.path("param").asText() + " ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tools: [{\"type\": \"web_search\"}]",
                "tool_choice: {\"type\": \"web_search_preview\"}",
                "include: [\"all\"]",
                "prompt: {\"id\": \"p\"}",
                "truncation: \"last\"",
                "text.format: {\"format\": {\"type\": \"xml\"}}",
                "reasoning.budget: {\"budget\": 5}",
                "stream_options.include_obfuscation: {\"include_obfuscation\": true}",
                "moderation: {}",
                "generate: false",
                "context_management: [{\"type\": \"other\"}]",
            })
    void whatIsNotSupported_isRefusedByName(String parameter) {
        String name = parameter.substring(0, parameter.indexOf(':'));
        String field = name.replaceFirst("\\..*", "");
        String body =
                "{\"input\": \"hello\", \"%s\": %s}"
                        .formatted(field, parameter.substring(name.length() + 2));

        Answer refused = client.post("/v1/responses", body);

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().at("/error/code").asText()).isEqualTo("unsupported");
        assertThat(refused.json().at("/error/param").asText()).isEqualTo(name);
        assertThat(model.calls()).isEmpty();
    }

    @Test
    void whatChangesNothing_isTaken() {
        Answer answer =
                client.post(
                        "/v1/responses",
                        """
                        {"input": [{"type": "message", "role": "user",
                                    "content": [{"type": "input_text", "text": "hel"}, {"type": "input_text", "text": "lo"}]}],
                         "tools": [], "tool_choice": "auto", "parallel_tool_calls": true, "truncation": "disabled",
                         "service_tier": "auto", "user": "u", "safety_identifier": "s", "prompt_cache_key": "k",
                         "store": true, "include": [], "text": {"format": {"type": "text"}}, "previous_response_id": null,
                         "reasoning": {"effort": "low", "summary": null}}
                        """);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().at("/output/0/content/0/text").asText())
                .isEqualTo("reply to: hello");
        assertThat(model.calls().getFirst().body().path("reasoning_effort").asText())
                .isEqualTo("low");
    }

    private List<String> contents(String chat) {
        return client.messages(chat).stream().map(each -> each.path("content").asText()).toList();
    }

    private long turnsUsed() {
        long turns = 0;
        for (JsonNode each : client.get("/usage").json().path("data")) {
            turns += each.path("turns").asLong();
        }
        return turns;
    }

    @Test
    void itemsOfAResponse_canBeSentBackAsTheyAre() {
        JsonNode output =
                client.post("/v1/responses", "{\"input\": \"a\", \"store\": false}")
                        .json()
                        .path("output");

        Answer second =
                client.post(
                        "/v1/responses",
                        "{\"store\": false, \"input\": [{\"role\": \"user\", \"content\": \"a\"}, %s,"
                                        .formatted(output.get(0))
                                + " {\"role\": \"user\", \"content\": \"c\"}]}");

        assertThat(output).hasSize(1);
        assertThat(second.status()).as(second.text()).isEqualTo(200);
        assertThat(model.calls().getLast().messages())
                .containsExactly(
                        new Message("user", "a"),
                        new Message("assistant", "reply to: a"),
                        new Message("user", "c"));
    }
}

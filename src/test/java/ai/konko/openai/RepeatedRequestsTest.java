package ai.konko.openai;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client.Answer;
import ai.konko.fake.DroppingProxy;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.Script;
import com.openai.client.OpenAIClient;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseStreamEvent;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests that a client repeats by itself. */
@QuarkusTest
class RepeatedRequestsTest extends SdkTest {
    private static final String BODY = "{\"input\": \"hello\"}";

    @Test
    void sdksRetry_ofALostAnswer_isOneTurn() throws IOException {
        try (DroppingProxy proxy = DroppingProxy.to(base)) {
            OpenAIClient retrying = retrying(proxy);

            Response response = retrying.responses().create(say("hello").build());

            assertThat(proxy.requests()).isEqualTo(2);
            assertThat(text(response)).isEqualTo("reply to: hello");
            assertThat(model.calls()).hasSize(1);
            assertThat(client.messages(chat(conversation(response)))).hasSize(2);
        }
    }

    @Test
    void sdksRetry_ofALostStream_isOneTurn() throws IOException {
        try (DroppingProxy proxy = DroppingProxy.to(base)) {
            OpenAIClient retrying = retrying(proxy);

            List<ResponseStreamEvent> events = events(retrying, say("hello"));

            assertThat(deltas(events)).isEqualTo("reply to: hello");
            assertThat(model.calls()).hasSize(1);
        }
    }

    @Test
    void sdksRetry_ofAConversationAndACompletion_makesOneOfEach() throws IOException {
        String newest = client.chat().substring("/chats/".length());
        try (DroppingProxy first = DroppingProxy.to(base);
                DroppingProxy second = DroppingProxy.to(base)) {

            retrying(first).conversations().create();
            ChatCompletion completion =
                    retrying(second)
                            .chat()
                            .completions()
                            .create(
                                    ChatCompletionCreateParams.builder()
                                            .model("own")
                                            .addUserMessage("hi")
                                            .store(true)
                                            .build());

            assertThat(completion.choices()).hasSize(1);
            assertThat(model.calls()).hasSize(1);
            assertThat(newestChats(3).getLast()).isEqualTo(newest);
        }
    }

    private List<String> newestChats(int count) {
        return client.get("/chats?limit=" + count).json().path("data").findValuesAsText("id");
    }

    private OpenAIClient retrying(DroppingProxy proxy) {
        return track(sdk(proxy.url() + "/v1", 2));
    }

    @Test
    void sameRequestTwice_isTwoTurnsAndTheRetryIsTheNewest() {
        Answer first = client.post("/v1/responses", BODY, "x-stainless-retry-count", "0");
        Answer second = client.post("/v1/responses", BODY, "x-stainless-retry-count", "0");

        Answer retry = client.post("/v1/responses", BODY, "x-stainless-retry-count", "1");

        assertThat(second.id()).isNotEqualTo(first.id());
        assertThat(retry.json()).isEqualTo(second.json());
        assertThat(model.calls()).hasSize(2);
    }

    /** Outputs that the log has by then are dropped from a request that is new. */
    @Test
    void key_inAConversation_isOneTurnWhateverTheLogHasByThen() {
        model.answer(
                call ->
                        call.messages().size() == 1
                                ? new Script().call("a", "look", "{}").reply()
                                : Reply.text("so"));
        String tools = "\"tools\": [{\"type\": \"function\", \"name\": \"look\"}]";
        Answer asked = client.post("/v1/responses", "{\"input\": \"?\", %s}".formatted(tools));
        String output =
                """
                {"type": "function_call_output", "call_id": "a", "output": "seen"},
                {"role": "user", "content": "well?"}""";
        String body =
                "{\"conversation\": \"%s\", \"input\": [%s]}"
                        .formatted(asked.json().at("/conversation/id").asText(), output);
        String key = "key-" + System.nanoTime();
        Answer first = client.post("/v1/responses", body, "Idempotency-Key", key);

        Answer again = client.post("/v1/responses", body, "Idempotency-Key", key);
        Answer retry = client.post("/v1/responses", body, "Idempotency-Key", key);

        assertThat(first.status()).as(first.text()).isEqualTo(200);
        assertThat(again.json()).isEqualTo(first.json());
        assertThat(retry.json()).isEqualTo(first.json());
        assertThat(model.calls()).hasSize(2);
    }

    @Test
    void itemsAndConversations_repeated_areThereOnce() {
        String items =
                "{\"items\": [{\"role\": \"user\", \"content\": \"%s\"}]}"
                        .formatted(System.nanoTime());
        String[] key = {"Idempotency-Key", "key-" + System.nanoTime()};
        Answer made = client.post("/v1/conversations", items, key);
        String conversation = made.json().path("id").asText();
        String address = "/v1/conversations/" + conversation + "/items";
        Answer keyed = client.post(address, items, key);
        Answer sent = client.post(address, items, "x-stainless-retry-count", "0");

        Answer madeAgain = client.post("/v1/conversations", items, key);
        Answer keyedAgain = client.post(address, items, key);
        Answer retried = client.post(address, items, "x-stainless-retry-count", "1");

        assertThat(madeAgain.json()).isEqualTo(made.json());
        assertThat(keyedAgain.json()).isEqualTo(keyed.json());
        assertThat(retried.json()).isEqualTo(sent.json());
        assertThat(client.messages(chat(conversation))).hasSize(6);
    }

    @Test
    void key_ofADeletedChat_makesNoOther() {
        String key = "key-" + System.nanoTime();
        Answer first = client.post("/v1/responses", BODY, "Idempotency-Key", key);
        client.delete(chat(first.json().at("/conversation/id").asText()));

        Answer late = client.post("/v1/responses", BODY, "Idempotency-Key", key);

        assertThat(late.status()).as(late.text()).isEqualTo(404);
        assertThat(model.calls()).hasSize(1);
    }

    @Test
    void retry_ofWhatWasNeverSeen_isATurn() {
        String body = "{\"input\": \"never seen %d\"}".formatted(System.nanoTime());

        Answer retry = client.post("/v1/responses", body, "x-stainless-retry-count", "1");

        assertThat(retry.status()).isEqualTo(200);
        assertThat(model.calls()).hasSize(1);
    }

    @Test
    void retry_ofAnotherBody_isAnotherTurn() {
        Answer first = client.post("/v1/responses", BODY, "x-stainless-retry-count", "0");

        Answer other =
                client.post(
                        "/v1/responses",
                        "{\"input\": \"hello\", \"temperature\": 1}",
                        "x-stainless-retry-count",
                        "1");

        assertThat(other.id()).isNotEqualTo(first.id());
        assertThat(model.calls()).hasSize(2);
    }
}

package ai.konko.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel.Reply;
import com.fasterxml.jackson.databind.JsonNode;
import com.openai.errors.NotFoundException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionListPage;
import com.openai.models.chat.completions.ChatCompletionListParams;
import com.openai.models.chat.completions.ChatCompletionStoreMessage;
import com.openai.models.chat.completions.ChatCompletionUpdateParams;
import com.openai.models.chat.completions.messages.MessageListParams;
import com.openai.services.blocking.chat.ChatCompletionService;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Chat completions that are stored, as they are read again. */
@QuarkusTest
class StoredCompletionsTest extends SdkTest {
    private static final String PATH = "/v1/chat/completions";

    /** In the metadata, because other tests store completions too. */
    private final String mark = UUID.randomUUID().toString();

    private ChatCompletionService completions;

    @BeforeEach
    void completions() {
        completions = openai.chat().completions();
    }

    private ChatCompletion store(String model, String text) {
        return completions.create(
                ChatCompletionCreateParams.builder()
                        .model(model)
                        .store(true)
                        .metadata(
                                ChatCompletionCreateParams.Metadata.builder()
                                        .putProperty("mark", mark)
                                        .putProperty("text", text)
                                        .build())
                        .addUserMessage(text)
                        .build());
    }

    /** Those of this test alone. */
    private ChatCompletionListParams.Builder marked() {
        return ChatCompletionListParams.builder().metadata(metadata().build());
    }

    private ChatCompletionListParams.Metadata.Builder metadata() {
        return ChatCompletionListParams.Metadata.builder().putAdditionalProperty("mark", mark);
    }

    private List<String> listed(ChatCompletionListParams.Builder params) {
        return ids(completions.list(params.build()).autoPager().stream().toList());
    }

    private static List<String> ids(List<ChatCompletion> completions) {
        return completions.stream().map(ChatCompletion::id).toList();
    }

    private Answer answer(String messages) {
        return client.post(
                PATH,
                "{\"store\": true, \"metadata\": {\"mark\": \"%s\"}, \"messages\": [%s]}"
                        .formatted(mark, messages));
    }

    private static String chatOf(String completion) {
        String ids = completion.substring("chatcmpl-".length());
        return "/chats/" + dashed(ids.substring(0, 32));
    }

    @Test
    void completion_isReadAsItWasAnswered() {
        ChatCompletion stored = store("own", "hello");

        ChatCompletion read = completions.retrieve(stored.id());

        assertThat(read.choices()).isEqualTo(stored.choices());
        assertThat(read.usage()).isEqualTo(stored.usage());
        assertThat(read.model()).isEqualTo("own");
        assertThat(read.created()).isEqualTo(stored.created());
        assertThat(client.get(PATH + "/" + stored.id()).json().at("/metadata/text").asText())
                .isEqualTo("hello");
    }

    @Test
    void list_goesPageByPageInEitherOrder() {
        List<String> stored = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            stored.add(store("own", "text " + i).id());
        }

        ChatCompletionListPage first = completions.list(marked().limit(2).build());

        assertThat(ids(first.data())).isEqualTo(stored.subList(0, 2));
        assertThat(first.hasMore()).contains(true);
        assertThat(listed(marked().limit(2))).isEqualTo(stored);
        assertThat(listed(marked().limit(2).order(ChatCompletionListParams.Order.DESC)))
                .isEqualTo(stored.reversed());
        assertThat(listed(marked().after(stored.get(3)))).isEqualTo(stored.subList(4, 5));
    }

    @Test
    void list_byModelAndMetadata_hasThoseAlone() {
        String own = store("own", "a").id();
        String other = store("other", "b").id();

        assertThat(listed(marked())).containsExactly(own, other);
        assertThat(listed(marked().model("other"))).containsExactly(other);
        assertThat(
                        listed(
                                ChatCompletionListParams.builder()
                                        .metadata(
                                                metadata()
                                                        .putAdditionalProperty("text", "a")
                                                        .build())))
                .containsExactly(own);
        assertThat(listed(marked().model("own' or 'a' = 'a"))).isEmpty();
    }

    @Test
    void list_hasNoOtherChats() {
        String marked = "\"metadata\": {\"mark\": \"%s\"}".formatted(mark);
        Answer chat = client.post("/chats", "{" + marked + "}");
        client.say("/chats/" + chat.id(), "hello");
        Answer response = client.post("/v1/responses", "{\"input\": \"x\", " + marked + "}");
        String sameDigits = response.id().replace("resp_", "chatcmpl-");
        model.answer(_ -> Reply.status(500, "", Map.of()));
        assertThat(answer("{\"role\": \"user\", \"content\": \"x\"}").status()).isEqualTo(502);
        JsonNode failed = client.get("/chats?limit=1").json().at("/data/0/id");
        JsonNode reply = client.messages("/chats/" + failed.asText()).getLast();

        assertThat(reply.path("status").asText()).isEqualTo("failed");
        assertThat(listed(marked())).isEmpty();
        assertNotFound(sameDigits);
        assertNotFound(
                "chatcmpl-" + (failed.asText() + reply.path("id").asText()).replace("-", ""));
    }

    private void assertNotFound(String id) {
        assertThatThrownBy(() -> completions.retrieve(id)).isInstanceOf(NotFoundException.class);
        assertThat(client.get(PATH + "/" + id + "/messages").status()).isEqualTo(404);
        assertThat(client.post(PATH + "/" + id, "{\"metadata\": {}}").status()).isEqualTo(404);
        assertThat(client.delete(PATH + "/" + id).status()).isEqualTo(404);
    }

    @Test
    void update_replacesTheMetadata() {
        String id = store("own", "a").id();

        ChatCompletion updated =
                completions.update(
                        id,
                        ChatCompletionUpdateParams.builder()
                                .metadata(
                                        ChatCompletionUpdateParams.Metadata.builder()
                                                .putProperty("mark", mark)
                                                .putProperty("more", "yes")
                                                .build())
                                .build());

        assertThat(updated.id()).isEqualTo(id);
        JsonNode metadata = client.get(PATH + "/" + id).json().path("metadata");
        assertThat(metadata).isEqualTo(client.get(chatOf(id)).json().path("metadata"));
        assertThat(metadata.path("more").asText()).isEqualTo("yes");
        assertThat(metadata.has("text")).isFalse();
    }

    @Test
    void delete_deletesTheChat() {
        String id = store("own", "a").id();

        assertThat(completions.delete(id).deleted()).isTrue();

        assertNotFound(id);
        assertThat(listed(marked())).isEmpty();
        assertThat(client.get(chatOf(id)).status()).isEqualTo(404);
    }

    private static final String SAID =
            """
            {"role": "system", "content": "Be brief."}, {"role": "developer", "content": "Be kind."},
            {"role": "user", "content": [{"type": "text", "text": "Where?"},
             {"type": "image_url", "image_url": {"url": "https://a.example/1.png"}}]},
            {"role": "assistant", "content": "Wait.", "tool_calls": [
             {"id": "a", "type": "function", "function": {"name": "look", "arguments": "{}"}},
             {"id": "b", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "a", "content": "sun"},
            {"role": "tool", "tool_call_id": "b", "content": "rain"},
            {"role": "user", "content": "Well?"}
            """;

    @Test
    void messages_areThoseThatItAnswers() {
        String id = answer(SAID).json().path("id").asText();
        client.say(chatOf(id), "And now?");

        JsonNode messages = client.get(PATH + "/" + id + "/messages").json().path("data");

        assertThat(messages.findValuesAsText("role"))
                .containsExactly("system", "user", "assistant", "tool", "tool", "user");
        assertThat(messages.findValuesAsText("content"))
                .containsExactly(
                        "Be brief.\n\nBe kind.", "Where?", "Wait.", "sun", "rain", "Well?");
        assertThat(messages.at("/1/content_parts/1/image_url/url").asText())
                .isEqualTo("https://a.example/1.png");
        assertThat(messages.at("/2/tool_calls/1/function/name").asText()).isEqualTo("look");
        assertThat(messages.at("/4/tool_call_id").asText()).isEqualTo("b");
        assertThat(listed(marked())).containsExactly(id);
    }

    @Test
    void messages_goPageByPageInEitherOrder() {
        String id = answer(SAID).json().path("id").asText();
        List<String> all =
                client.get(PATH + "/" + id + "/messages")
                        .json()
                        .path("data")
                        .findValuesAsText("content");

        for (int limit = 1; limit < 8; limit++) {
            assertThat(messages(id, limit, MessageListParams.Order.ASC)).isEqualTo(all);
            assertThat(messages(id, limit, MessageListParams.Order.DESC)).isEqualTo(all.reversed());
        }
    }

    private List<String> messages(String id, int limit, MessageListParams.Order order) {
        MessageListParams params = MessageListParams.builder().limit(limit).order(order).build();
        return openai
                .withOptions(options -> options.responseValidation(false)) // of the role
                .chat()
                .completions()
                .messages()
                .list(id, params)
                .autoPager()
                .stream()
                .map(ChatCompletionStoreMessage::content)
                .map(content -> content.orElse(""))
                .toList();
    }

    @Test
    void messages_afterOneThatIsNotThere_areNotFound() {
        String id = answer(SAID).json().path("id").asText();
        String other = store("own", "x").id();

        for (String after :
                List.of("x", id, id + "-0", id + "-1_2", id + "-6", id + "-99", other + "-1")) {
            Answer answer = client.get(PATH + "/" + id + "/messages?after=" + after);
            assertThat(answer.status()).as(after).isEqualTo(404);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "?limit=0, limit",
        "?limit=101, limit",
        "?order=x, order",
        "?model=%00, model",
        "?metadata%5B%5D=x, metadata",
    })
    void badQuery_isRefusedByName(String query, String param) {
        Answer answer = client.get(PATH + query);

        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.json().at("/error/param").asText()).isEqualTo(param);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"{} | 422 | metadata", "{\"metadata\": {}, \"model\": \"x\"} | 400 | model"})
    void badUpdate_isRefusedByName(String body, int status, String param) {
        String id = store("own", "a").id();

        Answer answer = client.post(PATH + "/" + id, body);

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.json().at("/error/param").asText()).isEqualTo(param);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "chatcmpl-x", "resp_00000000000000000000000000000000"})
    void completion_withAnotherId_isNotFound(String id) {
        assertNotFound(id);
        assertThat(client.get(PATH + "?after=" + id).status()).isEqualTo(404);
    }
}

package ai.konko.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel.Message;
import ai.konko.fake.FakeModel.Reply;
import com.fasterxml.jackson.databind.JsonNode;
import com.openai.core.JsonValue;
import com.openai.errors.NotFoundException;
import com.openai.models.conversations.Conversation;
import com.openai.models.conversations.ConversationCreateParams;
import com.openai.models.conversations.ConversationUpdateParams;
import com.openai.models.conversations.items.ConversationItem;
import com.openai.models.conversations.items.ConversationItemList;
import com.openai.models.conversations.items.ItemCreateParams;
import com.openai.models.conversations.items.ItemListParams;
import com.openai.models.conversations.items.ItemRetrieveParams;
import com.openai.models.responses.Response;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Conversations and their items. */
@QuarkusTest
class ConversationsTest extends SdkTest {

    @Test
    void conversation_isMadeReadChangedAndDeleted() {
        Conversation made =
                openai.conversations()
                        .create(
                                ConversationCreateParams.builder()
                                        .metadata(
                                                ConversationCreateParams.Metadata.builder()
                                                        .putAdditionalProperty(
                                                                "topic", JsonValue.from("demo"))
                                                        .putAdditionalProperty(
                                                                "old", JsonValue.from("x"))
                                                        .build())
                                        .build());

        Conversation changed =
                openai.conversations()
                        .update(
                                made.id(),
                                ConversationUpdateParams.builder()
                                        .metadata(
                                                ConversationUpdateParams.Metadata.builder()
                                                        .putAdditionalProperty(
                                                                "topic", JsonValue.from("new"))
                                                        .build())
                                        .build());
        Conversation read = openai.conversations().retrieve(made.id());
        boolean deleted = openai.conversations().delete(made.id()).deleted();

        assertThat(made.id()).matches("conv_[0-9a-f]{32}");
        assertThat(made._metadata()).isEqualTo(JsonValue.from(Map.of("topic", "demo", "old", "x")));
        assertThat(changed._metadata()).isEqualTo(JsonValue.from(Map.of("topic", "new")));
        assertThat(read).isEqualTo(changed);
        assertThat(deleted).isTrue();
        assertThatThrownBy(() -> openai.conversations().retrieve(made.id()))
                .isInstanceOf(NotFoundException.class);
    }

    @Test
    void list_goesThroughAllConversationsNewestFirst() {
        List<String> made =
                IntStream.range(0, 3).mapToObj(_ -> openai.conversations().create().id()).toList();

        Answer first = client.get("/v1/conversations?limit=2");
        Answer second =
                client.get(
                        "/v1/conversations?limit=2&after=" + first.json().path("last_id").asText());

        assertThat(first.json().path("object").asText()).isEqualTo("list");
        assertThat(first.json().path("has_more").asBoolean()).isTrue();
        assertThat(first.json().path("data").findValuesAsText("id"))
                .containsExactly(made.get(2), made.get(1));
        assertThat(second.json().path("first_id").asText()).isEqualTo(made.get(0));
    }

    @Test
    void items_areTakenInAndAreTheModelsMemory() {
        String conversation =
                openai.conversations()
                        .create(
                                ConversationCreateParams.builder()
                                        .items(
                                                List.of(
                                                        item("developer", "Be brief."),
                                                        item("user", "My name is Ada."),
                                                        item("assistant", "Hello Ada.")))
                                        .build())
                        .id();
        ConversationItemList added =
                openai.conversations()
                        .items()
                        .create(
                                ItemCreateParams.builder()
                                        .conversationId(conversation)
                                        .items(
                                                List.of(
                                                        item("user", "I am in Lisbon."),
                                                        item("user", "I like trams.")))
                                        .build());

        openai.responses().create(say("Who am I?").conversation(conversation).build());

        assertThat(texts(added.data())).containsExactly("I am in Lisbon.", "I like trams.");
        assertThat(model.calls()).hasSize(1);
        assertThat(model.calls().getFirst().messages())
                .containsExactly(
                        new Message("system", "Be brief."),
                        new Message("user", "My name is Ada."),
                        new Message("assistant", "Hello Ada."),
                        new Message("user", "I am in Lisbon."),
                        new Message("user", "I like trams."),
                        new Message("user", "Who am I?"));
        assertThat(
                        client.get(chat(conversation) + "/context")
                                .json()
                                .path("messages")
                                .findValuesAsText("content"))
                .contains("I am in Lisbon.", "I like trams.")
                .doesNotContain("");
    }

    @Test
    void items_arePagedInBothOrders() {
        String conversation = openai.conversations().create().id();
        for (int i = 0; i < 3; i++) {
            openai.responses().create(say("m" + i).conversation(conversation).build());
        }

        List<ConversationItem> ascending = page(conversation, "asc");
        List<ConversationItem> descending = page(conversation, "desc");

        assertThat(texts(ascending))
                .containsExactly("m0", "reply to: m0", "m1", "reply to: m1", "m2", "reply to: m2");
        assertThat(descending).containsExactlyElementsOf(ascending.reversed());
    }

    private List<ConversationItem> page(String conversation, String order) {
        return openai
                .conversations()
                .items()
                .list(
                        ItemListParams.builder()
                                .conversationId(conversation)
                                .order(ItemListParams.Order.of(order))
                                .limit(2)
                                .build())
                .autoPager()
                .stream()
                .toList();
    }

    @Test
    void item_isRead() {
        Response response = openai.responses().create(say("hello").build());
        String conversation = conversation(response);
        String id = response.output().getFirst().asMessage().id();

        ConversationItem read =
                openai.conversations()
                        .items()
                        .retrieve(
                                ItemRetrieveParams.builder()
                                        .conversationId(conversation)
                                        .itemId(id)
                                        .build());

        assertThat(texts(List.of(read))).containsExactly("reply to: hello");
    }

    @Test
    void items_whileATurnIsUnfinished_areRefusedForNow() {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("late").gate(gate));
        Response running = openai.responses().create(say("hello").background(true).build());
        String path = "/v1/conversations/" + conversation(running) + "/items";
        String body = "{\"items\": [{\"role\": \"user\", \"content\": \"more\"}]}";

        Answer refused = client.post(path, body);

        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(refused.json().at("/error/code").asText()).isEqualTo("conversation_locked");
        gate.complete(null);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{\"role\": \"user\", \"content\": [{\"type\": \"input_image\", \"image_url\": \"data:x\"}]}]",
                "[{\"role\": \"user\", \"content\": [{\"type\": \"input_file\", \"file_id\": \"x\"}]}]",
                "[{\"role\": \"system\", \"content\": [{\"type\": \"input_image\", \"image_url\": \"http://x\"}]}]",
                "[{\"type\": \"web_search_call\", \"id\": \"ws_1\", \"status\": \"completed\"}]",
                "[{\"type\": \"compaction\", \"encrypted_content\": \"x\"}]",
            })
    void items_thatTheLogCantHave_areRefusedByName(String items) {
        Answer refused = client.post("/v1/conversations", "{\"items\": " + items + "}");

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().at("/error/code").asText()).isEqualTo("unsupported");
        assertThat(refused.json().at("/error/param").asText()).startsWith("items[");
    }

    private static final String DIALOGUE =
            """
            {"items": [
              {"role": "developer", "content": "Be brief."},
              {"role": "assistant", "content": "Ask me."},
              {"type": "message", "role": "user", "name": "ada", "phase": "x", "content": [
                {"type": "input_text", "text": "Is "}, {"type": "input_image", "image_url": "https://a.example/1.png", "detail": "low"},
                {"type": "input_text", "text": " Porto?"}]},
              {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": null},
              {"type": "message", "role": "assistant", "content": null},
              {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}", "id": "fc_1", "status": "completed"},
              {"type": "function_call", "call_id": "c2", "name": "look", "arguments": "{\\"x\\": 2}"},
              {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "two"}]},
              {"type": "function_call_output", "call_id": "c1", "output": ""},
              {"role": "assistant", "content": [{"type": "output_text", "text": "It is.", "annotations": [], "logprobs": []},
                                                {"type": "refusal", "refusal": " No more."}]},
              {"role": "user", "content": ""},
              {"role": "system", "content": "Now in French."},
              {"type": "function_call", "call_id": "c3", "name": "look", "arguments": "not json"}]}
            """;

    private static final List<String> TOLD =
            List.of(
                    "message assistant Ask me.",
                    "message user Is https://a.example/1.png Porto?",
                    "function_call c1 {}",
                    "function_call c2 {\"x\": 2}",
                    "function_call_output c2 two",
                    "function_call_output c1 ",
                    "message assistant It is. No more.",
                    "message user Now in French.",
                    "function_call c3 not json");

    @Test
    void items_ofAllTypes_areTakenInAndGivenBack() {
        Answer made = client.post("/v1/conversations", DIALOGUE);

        assertThat(made.status()).as(made.text()).isEqualTo(200);
        String items = "/v1/conversations/" + made.id() + "/items";
        List<JsonNode> all = pages(items, "asc", 100);
        assertThat(all.stream().map(ConversationsTest::told)).containsExactlyElementsOf(TOLD);
        assertThat(all).extracting(each -> each.path("status").asText()).containsOnly("completed");
        assertThat(all).extracting(each -> each.path("id").asText()).doesNotHaveDuplicates();
        for (int limit = 1; limit < 4; limit++) {
            assertThat(pages(items, "asc", limit)).isEqualTo(all);
            assertThat(pages(items, "desc", limit)).isEqualTo(all.reversed());
        }
        assertThat(all)
                .allSatisfy(
                        each ->
                                assertThat(
                                                client.get(items + "/" + each.path("id").asText())
                                                        .json())
                                        .isEqualTo(each));
        assertThat(client.get(chat(made.id())).json().path("instructions").asText())
                .isEqualTo("Be brief.");
        assertThat(client.get(chat(made.id())).json().path("status").asText()).isEqualTo("waiting");
    }

    @Test
    void items_asTheyAreGiven_canBeSentBack() {
        String first = client.post("/v1/conversations", DIALOGUE).id();
        List<JsonNode> all = pages("/v1/conversations/" + first + "/items", "asc", 100);

        Answer copy =
                client.post("/v1/conversations", Client.write(Map.of("items", all.subList(0, 8))));
        Answer referred =
                client.post(
                        "/v1/conversations",
                        Client.write(
                                Map.of(
                                        "items",
                                        all.stream()
                                                .map(each -> Map.of("id", each.path("id").asText()))
                                                .toList())));

        assertThat(copy.status()).as(copy.text()).isEqualTo(200);
        assertThat(pages("/v1/conversations/" + copy.id() + "/items", "asc", 100))
                .extracting(ConversationsTest::told)
                .containsExactlyElementsOf(TOLD.subList(0, 8));
        assertThat(pages("/v1/conversations/" + referred.id() + "/items", "asc", 100))
                .extracting(ConversationsTest::told)
                .containsExactlyElementsOf(TOLD);
    }

    @Test
    void callsThatWait_areAnsweredByItemsThatFollow() {
        String conversation = client.post("/v1/conversations", DIALOGUE).id();
        String items = "/v1/conversations/" + conversation + "/items";
        String output =
                "{\"items\": [{\"type\": \"function_call_output\", \"call_id\": \"c3\", \"output\": \"3\"}]}";

        Answer added = client.post(items, output);

        assertThat(added.json().at("/data/0/type").asText()).isEqualTo("function_call_output");
        assertThat(client.get(chat(conversation)).json().path("status").asText()).isEqualTo("idle");
        assertThat(client.messages(chat(conversation)).get(7).at("/items/0/output").asText())
                .isEqualTo("3");
    }

    @Test
    void itemsOfOthers_orThatAreNot_areNotFound() {
        Answer made = client.post("/v1/conversations", DIALOGUE);
        String items = "/v1/conversations/" + made.id() + "/items";
        String id = client.get(items + "?order=asc").json().path("first_id").asText();

        List<String> wrong =
                List.of(
                        id.replace("msg_", "fc_"),
                        id + "_7",
                        id + "_0",
                        "msg_" + "0".repeat(64),
                        "msg_1",
                        "item_" + id.substring(4));

        assertThat(wrong).allMatch(each -> client.get(items + "/" + each).status() == 404);
        String withoutChat = "msg_" + id.substring("msg_".length() + 32);
        assertThat(client.get(items + "/" + withoutChat).json().path("id").asText()).isEqualTo(id);
        assertThat(
                        client.post(
                                        "/v1/conversations",
                                        "{\"items\": [{\"type\": \"item_reference\", \"id\": \"%s\"}]}"
                                                .formatted("msg_" + "0".repeat(64)))
                                .status())
                .isEqualTo(404);
    }

    private List<JsonNode> pages(String items, String order, int limit) {
        List<JsonNode> all = new ArrayList<>();
        JsonNode page;
        String after = "";
        do {
            page = client.get(items + "?order=%s&limit=%d%s".formatted(order, limit, after)).json();
            page.path("data").forEach(all::add);
            after = "&after=" + page.path("last_id").asText();
        } while (page.path("has_more").asBoolean());
        return all;
    }

    /** An item in short. */
    private static String told(JsonNode item) {
        StringBuilder told = new StringBuilder(item.path("type").asText()).append(' ');
        switch (item.path("type").asText()) {
            case "function_call" ->
                    told.append(item.path("call_id").asText())
                            .append(' ')
                            .append(item.path("arguments").asText());
            case "function_call_output" ->
                    told.append(item.path("call_id").asText())
                            .append(' ')
                            .append(item.path("output").asText());
            default -> {
                told.append(item.path("role").asText()).append(' ');
                item.path("content")
                        .forEach(
                                part ->
                                        told.append(part.path("text").asText())
                                                .append(part.path("image_url").asText()));
            }
        }
        return told.toString();
    }

    @Test
    void conversation_thatIsRefused_leavesNothing() {
        String before = client.get("/v1/conversations?limit=1").text();

        Answer refused =
                client.post(
                        "/v1/conversations",
                        Client.write(Map.of("metadata", Map.of("k", "v".repeat(513)))));

        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().at("/error/param").asText()).isEqualTo("metadata");
        assertThat(client.get("/v1/conversations?limit=1").text()).isEqualTo(before);
    }

    private static List<String> texts(List<ConversationItem> items) {
        return items.stream()
                .map(item -> item.asMessage().content().getFirst())
                .map(
                        part ->
                                part.isInputText()
                                        ? part.asInputText().text()
                                        : part.asOutputText().text())
                .toList();
    }
}

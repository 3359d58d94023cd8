package ai.konko.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader;
import ai.konko.api.EventReader.Event;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.Script;
import com.fasterxml.jackson.databind.JsonNode;
import com.openai.errors.NotFoundException;
import com.openai.models.conversations.Conversation;
import com.openai.models.conversations.items.ItemDeleteParams;
import com.openai.models.conversations.items.ItemRetrieveParams;
import com.openai.models.responses.Response;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Items of conversations that are deleted one by one, and what both faces have of them then. */
@QuarkusTest
class ErasedItemsTest extends SdkTest {
    private static final String TOOL = "{\"type\": \"function\", \"name\": \"look\"}";
    private static final String OUTPUTS =
            """
            {"type": "function_call_output", "call_id": "b", "output": "rain"},
            {"type": "function_call_output", "call_id": "a", "output": "sun"}
            """;

    @Test
    void deleted_isGoneAndTheOthersStay() {
        Response response = openai.responses().create(say("the secret question").build());
        String conversation = conversation(response);
        String id = response.output().getFirst().asMessage().id();

        Conversation left =
                openai.conversations()
                        .items()
                        .delete(
                                ItemDeleteParams.builder()
                                        .conversationId(conversation)
                                        .itemId(id)
                                        .build());

        assertThat(left).isEqualTo(openai.conversations().retrieve(conversation));
        assertThatThrownBy(
                        () ->
                                openai.conversations()
                                        .items()
                                        .retrieve(
                                                ItemRetrieveParams.builder()
                                                        .conversationId(conversation)
                                                        .itemId(id)
                                                        .build()))
                .isInstanceOf(NotFoundException.class);
        assertThat(erase(conversation, id).status()).isEqualTo(404);
        Response read = openai.responses().retrieve(response.id());
        assertThat(read.output()).isEmpty();
        assertThat(read.usage()).isEqualTo(response.usage());
        assertThat(told(conversation)).containsExactly("message the secret question");
        Response next = openai.responses().create(say("x").conversation(conversation).build());
        assertThat(sent()).containsExactly("user the secret question", "user x");
        assertThat(text(next)).isEqualTo("reply to: x");
    }

    @Test
    void deleted_isGoneNatively() {
        Response response = openai.responses().create(say("an unheard-of word").build());
        String conversation = conversation(response);
        String chat = chat(conversation);
        List<JsonNode> before = client.messages(chat);

        items(conversation)
                .forEach(each -> assertThat(erase(conversation, each).status()).isEqualTo(200));

        List<JsonNode> after = client.messages(chat);
        assertThat(after).extracting(each -> each.path("content").asText()).containsOnly("");
        assertThat(after).noneMatch(each -> each.has("items"));
        assertThat(after)
                .extracting(each -> each.path("id"))
                .isEqualTo(before.stream().map(each -> each.path("id")).toList());
        assertThat(client.get("/chats?q=unheard-of").json().path("data")).isEmpty();
        String markdown = client.get(chat + "/messages", "Accept", "text/markdown").text();
        assertThat(markdown).contains("_This was erased._").doesNotContain("unheard");
        JsonNode context = client.get(chat + "/context").json();
        assertThat(context.path("messages")).isEmpty();
        assertThat(context.path("estimatedTokens").asInt()).isZero();
        assertThat(context.path("excluded").findValuesAsText("reason"))
                .containsExactly("deleted", "deleted");
        assertThat(client.get(chat).json().path("messageCount").asInt()).isEqualTo(2);
        assertThat(client.get(chat).json().path("usage").isEmpty()).isFalse();
        assertThat(
                        client.post(
                                        chat
                                                + "/messages/"
                                                + after.get(1).path("id").asText()
                                                + "/retry",
                                        "")
                                .status())
                .isEqualTo(409);
    }

    @Test
    void deleted_isNoHighlightAnyMore() {
        model.answer(
                call ->
                        call.lastUser().startsWith("At most ")
                                ? Reply.text(
                                        "{\"highlights\": [{\"text\": \"They said yes.\", \"message\": 2}]}")
                                : Reply.text("Yes."));
        Response response = openai.responses().create(say("Will it rain?").build());
        String summary = chat(conversation(response)) + "/summary";
        assertThat(client.get(summary).text()).contains("They said yes.");

        assertThat(erase(conversation(response), item(response)).status()).isEqualTo(200);

        model.answer(_ -> Reply.status(500, "{}", Map.of()));
        assertThat(client.get(summary).text()).doesNotContain("yes", "Yes");
    }

    @Test
    void deletedMessage_goesWithAllItsParts() {
        String image = "{\"type\": \"input_image\", \"image_url\": \"https://a.example/1.png\"}";
        String text = "{\"type\": \"input_text\", \"text\": \"Where?\"}";
        String said =
                "{\"role\": \"user\", \"content\": [%s, %s, %s]}".formatted(text, image, text);
        String conversation =
                client.post(
                                "/v1/conversations",
                                "{\"items\": [%s, {\"role\": \"assistant\", \"content\": \"There.\"}]}"
                                        .formatted(said))
                        .id();

        assertThat(estimatedTokens(conversation)).isGreaterThan(1000);

        Answer erased = erase(conversation, items(conversation).getFirst());

        assertThat(erased.id()).isEqualTo(conversation);
        assertThat(estimatedTokens(conversation)).isLessThan(20);
        assertThat(told(conversation)).containsExactly("message There.");
        assertThat(client.messages(chat(conversation)).getFirst().has("items")).isFalse();
        openai.responses().create(say("x").conversation(conversation).build());
        assertThat(sent()).containsExactly("assistant There.", "user x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"function_call", "function_call_output"})
    void deletedCall_goesWithItsOutput(String type) {
        String first = called();
        String conversation = conversation(openai.responses().retrieve(first));
        Answer second =
                client.post(
                        "/v1/responses",
                        "{\"input\": [%s], \"previous_response_id\": \"%s\"}"
                                .formatted(OUTPUTS, first));
        assertThat(second.status()).as(second.text()).isEqualTo(200);

        Answer erased = erase(conversation, idOf(conversation, type, "a"));

        assertThat(erased.status()).isEqualTo(200);
        assertThat(told(conversation))
                .containsExactly(
                        "message hello",
                        "reasoning Two.",
                        "message Let me look.",
                        "message Again.",
                        "function_call b",
                        "function_call_output b",
                        "message ok");
        JsonNode reply = client.messages(chat(conversation)).get(1);
        assertThat(reply.path("items").findValuesAsText("id"))
                .containsExactly("i1", "i2", "i4", "i5");
        openai.responses().create(say("x").conversation(conversation).build());
        assertThat(sent())
                .containsExactly(
                        "user hello",
                        "assistant Let me look.Again. b",
                        "tool rain",
                        "assistant ok",
                        "user x");
        assertThat(model.refused()).isEmpty();
    }

    @Test
    void deletedOpenCalls_leaveNothingToWaitFor() {
        String first = called();
        String conversation = conversation(openai.responses().retrieve(first));

        erase(conversation, idOf(conversation, "function_call", "a"));
        assertThat(client.get(chat(conversation)).json().path("status").asText())
                .isEqualTo("waiting");
        erase(conversation, idOf(conversation, "function_call", "b"));

        assertThat(client.get(chat(conversation)).json().path("status").asText()).isEqualTo("idle");
        Answer refused =
                client.post(
                        "/v1/responses",
                        "{\"input\": [%s], \"previous_response_id\": \"%s\"}"
                                .formatted(OUTPUTS, first));
        assertThat(refused.status()).isEqualTo(400);
        openai.responses().create(say("x").previousResponseId(first).build());
        assertThat(sent()).containsExactly("user hello", "assistant Let me look.Again.", "user x");
    }

    @Test
    void responseThatWasContinued_isForkedWithoutWhatWasDeleted() {
        Response first = openai.responses().create(say("one").build());
        Response second =
                openai.responses().create(say("two").previousResponseId(first.id()).build());
        openai.responses().create(say("three").previousResponseId(second.id()).build());
        String conversation = conversation(first);
        erase(conversation, item(first));
        erase(conversation, items(conversation).getFirst());
        erase(conversation, item(second));

        Response forked =
                openai.responses().create(say("other").previousResponseId(second.id()).build());

        assertThat(conversation(forked)).isNotEqualTo(conversation);
        assertThat(sent()).containsExactly("user two", "user other");
        assertThat(told(conversation(forked)))
                .containsExactly("message two", "message other", "message reply to: other");
        assertThat(told(conversation))
                .containsExactly("message two", "message three", "message reply to: three");
    }

    @Test
    void deleted_canNotBeReferredTo() {
        Response response = openai.responses().create(say("hello").build());
        String id = item(response);
        erase(conversation(response), id);

        Answer refused =
                client.post(
                        "/v1/responses",
                        "{\"input\": [{\"type\": \"item_reference\", \"id\": \"%s\"}, {\"role\": \"user\", \"content\": \"x\"}]}"
                                .formatted(id));

        assertThat(refused.status()).isEqualTo(404);
        assertThat(
                        client.get(
                                        "/v1/conversations/%s/items?after=%s"
                                                .formatted(conversation(response), id))
                                .status())
                .isEqualTo(404);
    }

    @Test
    void itemsOfOthers_orOfATurnThatRuns_stay() {
        Response done = openai.responses().create(say("hello").build());
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("late").gate(gate));
        Response running =
                openai.responses()
                        .create(say("more").previousResponseId(done.id()).background(true).build());
        String other = client.post("/v1/conversations", "{}").id();

        Answer busy = erase(conversation(running), items(conversation(running)).getFirst());

        assertThat(busy.status()).isEqualTo(409);
        assertThat(busy.header("Retry-After")).isEqualTo("1");
        assertThat(busy.json().at("/error/code").asText()).isEqualTo("conversation_locked");
        assertThat(erase(other, item(done)).status()).isEqualTo(404);
        gate.complete(null);
        assertThat(told(conversation(done))).startsWith("message hello", "message reply to: hello");
    }

    /** Texts around what is erased stay two items, and all that is left keeps its id. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void stream_ofWhatIsLeft_isTheSameFromAnyEventOn(int erased) {
        String id = called();
        List<JsonNode> left = new ArrayList<>(output(id));
        String conversation = conversation(openai.responses().retrieve(id));
        String gone = left.remove(erased).path("id").asText();

        assertThat(erase(conversation, gone).status()).isEqualTo(200);

        List<Event> all = eventsOf(id, "");
        assertThat(output(id)).isEqualTo(left);
        assertThat(all.getLast().data().at("/response/output")).containsExactlyElementsOf(left);
        List<Event> done =
                all.stream()
                        .filter(each -> each.name().equals("response.output_item.done"))
                        .toList();
        assertThat(done).extracting(each -> each.data().path("item")).isEqualTo(left);
        assertThat(done)
                .extracting(each -> each.data().path("output_index").asInt())
                .containsExactly(0, 1, 2, 3);
        assertThat(all).noneMatch(each -> each.raw().contains("\"" + gone + "\""));
        assertThat(all.stream().map(ErasedItemsTest::number)).isSorted().doesNotHaveDuplicates();
        for (int i = 0; i < all.size(); i++) {
            assertThat(eventsOf(id, "&starting_after=" + number(all.get(i))))
                    .isEqualTo(all.subList(i + 1, all.size()));
        }
        isTheSameNatively(reply(id));
    }

    private void isTheSameNatively(String reply) {
        List<Event> all = natively(reply, "");
        for (Event each : all.subList(0, all.size() - 1)) {
            List<Event> rest = natively(reply, each.id());
            assertThat(rest).isEqualTo(all.subList(all.indexOf(each) + 1, all.size()));
        }
        JsonNode items = all.getLast().data().path("items");
        assertThat(
                        all.stream()
                                .filter(each -> each.name().equals("item"))
                                .map(each -> each.data().at("/item/id").asText())
                                .distinct()
                                .toList())
                .isEqualTo(
                        StreamSupport.stream(items.spliterator(), false)
                                .filter(each -> !each.path("type").asText().equals("text"))
                                .map(each -> each.path("id").asText())
                                .toList());
        assertThat(EventReader.joined(all))
                .isEqualTo(all.getLast().data().path("content").asText());
    }

    /** A response with reasoning, a text, a call, a text, and a call, in this order. */
    private String called() {
        Script script =
                new Script()
                        .reasoning("Two.")
                        .text("Let me look.")
                        .call("a", "look", "{}")
                        .text("Again.")
                        .call("b", "look", "{}");
        model.answer(
                call ->
                        call.body().findValue("tool_call_id") == null
                                ? script.reply()
                                : Reply.text("ok"));
        try (EventReader stream =
                client.postAndFollow(
                        "/v1/responses",
                        "{\"input\": \"hello\", \"stream\": true, \"tools\": [%s]}"
                                .formatted(TOOL))) {
            return stream.rest().getLast().data().at("/response/id").asText();
        }
    }

    private Answer erase(String conversation, String item) {
        return client.delete("/v1/conversations/" + conversation + "/items/" + item);
    }

    private JsonNode list(String conversation) {
        return client.get("/v1/conversations/" + conversation + "/items?order=asc&limit=100")
                .json()
                .path("data");
    }

    /** The ids of all items. */
    private List<String> items(String conversation) {
        return StreamSupport.stream(list(conversation).spliterator(), false)
                .map(each -> each.path("id").asText())
                .toList();
    }

    private String idOf(String conversation, String type, String callId) {
        for (JsonNode each : list(conversation)) {
            if (each.path("type").asText().equals(type)
                    && each.path("call_id").asText().equals(callId)) {
                return each.path("id").asText();
            }
        }
        throw new AssertionError("no such item");
    }

    /** The items in short. */
    private List<String> told(String conversation) {
        return StreamSupport.stream(list(conversation).spliterator(), false)
                .map(
                        each ->
                                each.path("type").asText()
                                        + " "
                                        + each.path("call_id").asText()
                                        + String.join("", each.findValuesAsText("text")))
                .toList();
    }

    private int estimatedTokens(String conversation) {
        return client.get(chat(conversation) + "/context").json().path("estimatedTokens").asInt();
    }

    private static String item(Response response) {
        return response.output().getFirst().asMessage().id();
    }

    private List<JsonNode> output(String response) {
        List<JsonNode> output = new ArrayList<>();
        client.get("/v1/responses/" + response).json().path("output").forEach(output::add);
        return output;
    }

    /** What the model was sent last. */
    private List<String> sent() {
        List<String> sent = new ArrayList<>();
        for (JsonNode each : model.calls().getLast().body().path("messages")) {
            String calls =
                    StreamSupport.stream(each.path("tool_calls").spliterator(), false)
                            .map(call -> " " + call.path("id").asText())
                            .collect(Collectors.joining());
            sent.add(each.path("role").asText() + " " + each.path("content").asText() + calls);
        }
        return sent;
    }

    private List<Event> eventsOf(String id, String query) {
        try (EventReader stream =
                client.follow("GET", "/v1/responses/" + id + "?stream=true" + query)) {
            return stream.rest();
        }
    }

    private List<Event> natively(String reply, String after) {
        String[] from = after.isEmpty() ? new String[0] : new String[] {"Last-Event-ID", after};
        try (EventReader stream = client.follow("GET", reply, from)) {
            return stream.rest();
        }
    }

    private static long number(Event event) {
        return event.data().path("sequence_number").asLong();
    }
}

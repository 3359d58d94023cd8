package ai.konko.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client.Answer;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class ChatsTest extends HttpTest {

    @Test
    void create_withoutBody_isAChatWithDefaults() {
        Answer created = client.raw("POST", "/chats", new byte[0]);

        assertThat(created.status()).isEqualTo(201);
        assertThat(created.header("Location")).endsWith("/chats/" + created.id());
        assertThat(UUID.fromString(created.id()).version()).isEqualTo(7);
        assertThat(created.json().path("model").asText()).isEqualTo("test-model");
        assertThat(created.json().path("status").asText()).isEqualTo("idle");
        assertThat(created.json().path("metadata").toString()).isEqualTo("{}");
        assertThat(created.json().path("createdAt").asText())
                .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
        assertThat(fields(created.json()))
                .containsExactlyInAnyOrder(
                        "id",
                        "model",
                        "metadata",
                        "status",
                        "messageCount",
                        "createdAt",
                        "updatedAt");
        assertThat(client.get("/chats/" + created.id()).json()).isEqualTo(created.json());
    }

    @Test
    void create_withAnEmptyBodyOfAnyType_isAChat() {
        Answer created =
                client.raw(
                        "POST",
                        "/chats",
                        new byte[0],
                        "Content-Type",
                        "application/x-www-form-urlencoded");

        assertThat(created.status()).isEqualTo(201);
    }

    @Test
    void create_withEverything_keepsIt() {
        Answer created =
                client.post(
                        "/chats",
                        """
                        {"title": "T", "instructions": "I", "model": "m", "metadata": {"k": "v"}}""");

        assertThat(created.status()).isEqualTo(201);
        assertThat(created.json().path("title").asText()).isEqualTo("T");
        assertThat(created.json().path("instructions").asText()).isEqualTo("I");
        assertThat(created.json().path("model").asText()).isEqualTo("m");
        assertThat(created.json().path("metadata").path("k").asText()).isEqualTo("v");
    }

    @Test
    void create_withAKeyAgain_isThatChatAsItIsNow() {
        String key = "key-" + UUID.randomUUID();
        String body = "{\"title\": \"T\", \"metadata\": {\"a\": \"1\", \"b\": \"2\"}}";
        Answer created = client.post("/chats", body, "Idempotency-Key", key);
        String chat = "/chats/" + created.id();
        JsonNode patched = client.patch(chat, "{\"title\": \"new\"}").json();

        Answer again =
                client.post(
                        "/chats",
                        "{\"metadata\":{\"b\":\"2\",\"a\":\"1\"},\"title\":\"T\"}",
                        "Idempotency-Key",
                        key);
        Answer other = client.post("/chats", "{\"title\": \"U\"}", "Idempotency-Key", key);

        assertThat(again.status()).isEqualTo(201);
        assertThat(again.header("Location")).isEqualTo(created.header("Location"));
        assertThat(again.json()).isEqualTo(patched);
        assertThat(other.status()).isEqualTo(422);
        assertThat(other.code()).isEqualTo("idempotency-key-reused");
        assertThat(client.delete(chat).status()).isEqualTo(204);
        Answer late = client.post("/chats", body, "Idempotency-Key", key);
        assertThat(late.status()).isEqualTo(404);
        assertThat(late.code()).isEqualTo("chat-not-found");
    }

    @Test
    void create_refused_doesNotUseItsKeyUp() {
        String key = "key-" + UUID.randomUUID();

        Answer refused = client.post("/chats", "{\"title\": \"\"}", "Idempotency-Key", key);
        Answer created = client.post("/chats", "", "Idempotency-Key", key);

        assertThat(refused.status()).isEqualTo(422);
        assertThat(created.status()).isEqualTo(201);
        assertThat(client.post("/chats", "{}", "Idempotency-Key", key).json())
                .isEqualTo(created.json());
        assertThat(client.post("/chats", "", "Idempotency-Key", "k".repeat(256)).code())
                .isEqualTo("bad-header");
    }

    @Test
    void create_breakingLimits_namesEachField() {
        String tooLong = "x".repeat(201);

        Answer refused =
                client.post(
                        "/chats",
                        Client.write(
                                java.util.Map.of(
                                        "title",
                                        tooLong,
                                        "instructions",
                                        "",
                                        "metadata",
                                        java.util.Map.of("k".repeat(65), "v".repeat(513)))));

        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.code()).isEqualTo("invalid");
        assertThat(refused.header("Content-Type")).startsWith("application/problem+json");
        assertThat(refused.json().path("type").asText()).isEqualTo("urn:konko:problem:invalid");
        assertThat(refused.json().path("requestId").asText())
                .isEqualTo(refused.header("X-Request-Id"));
        List<String> broken = new ArrayList<>();
        refused.json().path("violations").forEach(each -> broken.add(each.path("field").asText()));
        assertThat(broken)
                .contains("title", "instructions")
                .anyMatch(each -> each.startsWith("metadata"));
        assertThat(refused.text()).doesNotContain(tooLong).doesNotContain("vvvvvvv");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'titel': 'x', 'title': 'y', 'modell': 1} | titel is not known here; modell is not known here",
                "{'parameters': {'x': 1, 'y': {}}} | parameters.x is not known here; parameters.y is not known here",
                "{'title': 5}                   | title must be a string",
                "{'instructions': []}           | instructions must be a string",
                "{'metadata': 'x'}              | metadata must be an object",
                "{'metadata': {'k': 1}}         | metadata.k must be a string",
                "{'parameters': []}             | parameters must be an object",
                "{'memory': 1}                  | memory must be an object",
                "{'memory': {'keeps': 1, 'compact': 'x'}} | memory.keeps is not known here; memory.compact is not known here",
                "{'memory': {'compaction': 'on'}} | memory.compaction must be off or summary",
                "{'memory': {'compaction': true}} | memory.compaction must be off or summary",
                "{'memory': {'maxMessages': 0, 'maxTokens': 1000001, 'keep': 0.05}} | memory.keep must be a number from 0.1 to 1; memory.maxMessages must be an integer from 1 to 10000; memory.maxTokens must be an integer from 1 to 1000000",
                "{'memory': {'maxMessages': 1.5, 'keep': '1'}} | memory.keep must be a number from 0.1 to 1; memory.maxMessages must be an integer from 1 to 10000",
            })
    void create_withWrongFields_isToldWhatIsWrongWithEach(String body, String told) {
        Answer refused = client.post("/chats", body.replace('\'', '"'));

        List<String> violations = new ArrayList<>();
        refused.json()
                .path("violations")
                .forEach(
                        each ->
                                violations.add(
                                        each.path("field").asText()
                                                + " "
                                                + each.path("message").asText()));
        assertThat(refused.status()).isEqualTo(422);
        assertThat(String.join("; ", violations)).isEqualTo(told);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"titel\": \"x\"}          | 422 | unknown-field | titel",
                "{\"title\": 5}              | 422 | invalid       | title",
                "{\"title\": true}           | 422 | invalid       | title",
                "{\"title\": [\"x\"]}        | 422 | invalid       | title",
                "{\"title\": \"\"}           | 422 | invalid       | title",
                "{\"title\": \"a\\u0000b\"}  | 422 | invalid       | title",
                "{\"title\": \"a\\ud800b\"}  | 422 | invalid       | title",
                "{\"metadata\": {\"k\": 1}}  | 422 | invalid       | metadata.k",
                "{\"metadata\": {\"\\ud800\": \"x\"}} | 422 | invalid | metadata",
                "{\"metadata\": {\"k\\udc00\": \"x\"}} | 422 | invalid | metadata",
                "{\"\\ud800\": \"x\"}     | 422 | unknown-field | \ufffd",
                "{\"metadata\": []}          | 422 | invalid       | metadata",
                "{\"metadata\": \"\"}        | 422 | invalid       | metadata",
                "[]                          | 422 | invalid       | body",
                "null                        | 422 | invalid       | body",
                "\"\"                        | 422 | invalid       | body",
            })
    void create_withAWrongField_isRefusedByName(
            String body, int status, String code, String field) {
        Answer refused = client.post("/chats", body);

        assertThat(refused.status()).as(refused.text()).isEqualTo(status);
        assertThat(refused.code()).isEqualTo(code);
        assertThat(refused.json().path("violations").path(0).path("field").asText())
                .isEqualTo(field);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "{\"title\": \"x\"",
                "{\"unknown\": 1",
                "{} x",
                "{}{}",
                "nope",
                " ",
                "{'title': 'x'}",
                "{\"title\": \"a\", \"title\": \"b\"}"
            })
    void create_withWhatIsNotJson_isMalformed(String body) {
        Answer refused = client.post("/chats", body);

        assertThat(refused.status()).as(refused.text()).isEqualTo(400);
        assertThat(refused.code()).isEqualTo("malformed-json");
    }

    @Test
    void create_withAnEncodedBody_isUnsupported() {
        Answer refused =
                client.raw(
                        "POST",
                        "/chats",
                        new byte[] {0x1f, (byte) 0x8b},
                        "Content-Type",
                        "application/json",
                        "Content-Encoding",
                        "gzip");

        assertThat(refused.status()).isEqualTo(415);
        assertThat(refused.code()).isEqualTo("unsupported-media-type");
    }

    @Test
    void create_withAnotherMediaType_isUnsupported() {
        Answer refused =
                client.raw("POST", "/chats", "{}".getBytes(UTF_8), "Content-Type", "text/plain");

        assertThat(refused.status()).isEqualTo(415);
        assertThat(refused.code()).isEqualTo("unsupported-media-type");
    }

    @Test
    void memory_isSetByPostAndMergedByPatch() {
        String key = "key-" + UUID.randomUUID();
        String body = "{\"memory\": {\"maxMessages\": 9, \"keep\": 1}}";
        Answer created = client.post("/chats", body, "Idempotency-Key", key);
        String chat = "/chats/" + created.id();

        Answer again = client.post("/chats", body, "Idempotency-Key", key);
        Answer other = client.post("/chats", "{}", "Idempotency-Key", key);
        JsonNode patched =
                client.patch(chat, "{\"memory\": {\"maxTokens\": 50, \"keep\": null}}").json();
        JsonNode context = client.get(chat + "/context").json();

        assertThat(created.json().path("memory").toString())
                .isEqualTo("{\"maxMessages\":9,\"keep\":1.0}");
        assertThat(again.id()).isEqualTo(created.id());
        assertThat(other.code()).isEqualTo("idempotency-key-reused");
        assertThat(patched.path("memory").toString())
                .isEqualTo("{\"maxMessages\":9,\"maxTokens\":50}");
        assertThat(context.path("maxMessages").asInt()).isEqualTo(9);
        assertThat(context.path("maxTokens").asInt()).isEqualTo(50);
        assertThat(context.path("keep").asDouble()).isEqualTo(0.5);
        assertThat(client.patch(chat, "{\"memory\": null}").json().has("memory")).isFalse();
        assertThat(client.patch(chat, "{\"memory\": {\"keep\": 2}}").status()).isEqualTo(422);
    }

    @Test
    void patch_mergesAndRemoves() {
        String chat =
                "/chats/"
                        + client.post(
                                        "/chats",
                                        """
                                        {"title": "T", "model": "m", "metadata": {"a": "1", "b": "2"}}""")
                                .id();

        Answer patched =
                client.patch(
                        chat,
                        """
                        {"title": "New", "model": null, "metadata": {"a": null, "c": "3"}}""");

        assertThat(patched.status()).as(patched.text()).isEqualTo(200);
        assertThat(patched.json().path("title").asText()).isEqualTo("New");
        assertThat(patched.json().path("model").asText()).isEqualTo("test-model");
        assertThat(patched.json().path("metadata").toString())
                .isEqualTo("{\"b\":\"2\",\"c\":\"3\"}");
        assertThat(client.get(chat).json()).isEqualTo(patched.json());
    }

    @Test
    void patch_asPlainJson_worksToo() {
        String chat = client.chat();

        Answer patched =
                client.raw(
                        "PATCH",
                        chat,
                        "{\"title\":\"x\"}".getBytes(UTF_8),
                        "Content-Type",
                        "application/json");

        assertThat(patched.status()).isEqualTo(200);
        assertThat(patched.json().path("title").asText()).isEqualTo("x");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"title\": 5}                | invalid",
                "{\"title\": \"\"}             | invalid",
                "{\"metadata\": {\"k\": 5}}    | invalid",
                "{\"metadata\": {\"\": \"x\"}} | invalid",
                "{\"metadata\": {\"\\ud800\": \"x\"}} | invalid",
                "{\"id\": \"x\"}               | unknown-field",
                "[]                            | invalid",
            })
    void patch_withAWrongValue_changesNothing(String body, String code) {
        String chat = "/chats/" + client.post("/chats", "{\"title\": \"T\"}").id();
        JsonNode before = client.get(chat).json();

        Answer refused = client.patch(chat, body);

        assertThat(refused.status()).as(refused.text()).isEqualTo(422);
        assertThat(refused.code()).isEqualTo(code);
        assertThat(client.get(chat).json()).isEqualTo(before);
    }

    @Test
    void delete_leavesNothing() {
        String chat = client.chat();
        client.say(chat, "hello");

        Answer deleted = client.delete(chat);

        assertThat(deleted.status()).isEqualTo(204);
        for (String path : List.of("", "/messages", "/summary", "/context")) {
            assertThat(client.get(chat + path).code()).isEqualTo("chat-not-found");
        }
        assertThat(client.delete(chat).status()).isEqualTo(404);
        assertThat(client.say(chat, "hello").code()).isEqualTo("chat-not-found");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/chats/nope",
                "/chats/01890000-0000-7000-8000-000000000000",
                "/chats/1-1-1-1-1",
                "/chats/%20",
                "/chats/01890000-0000-7000-8000-00000000000G"
            })
    void get_ofAnUnknownOrMalformedId_isNotFound(String path) {
        Answer refused = client.get(path);

        assertThat(refused.status()).isEqualTo(404);
        assertThat(refused.code()).isEqualTo("chat-not-found");
    }

    @Test
    void list_isPagedNewestFirst() {
        List<String> created = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            created.addFirst(client.post("/chats", "{\"title\": \"paged\"}").id());
        }

        List<String> listed = new ArrayList<>();
        String query = "?limit=2&q=paged";
        JsonNode page;
        do {
            page = client.get("/chats" + query).json();
            page.path("data").forEach(chat -> listed.add(chat.path("id").asText()));
            assertThat(page.has("nextCursor")).isTrue();
            query = "?limit=2&q=paged&cursor=" + page.path("nextCursor").asText();
        } while (!page.path("nextCursor").isNull());

        assertThat(listed).isEqualTo(created);
    }

    @Test
    void list_withACursorOfAnotherList_isRefused() {
        client.chat();
        client.chat();
        String chat = client.chat();
        client.say(chat, "hello");
        String ofChats = client.get("/chats?limit=1").json().path("nextCursor").asText();
        String ofMessages =
                client.get(chat + "/messages?limit=1").json().path("nextCursor").asText();

        for (String path :
                List.of(
                        "/chats?cursor=" + ofMessages,
                        "/chats?q=x&cursor=" + ofChats,
                        "/chats?cursor=x" + ofChats.substring(1),
                        chat + "/messages?q=x&cursor=" + ofMessages,
                        "/chats?cursor=%00",
                        chat + "/messages?cursor=" + ofChats,
                        chat + "/messages?order=desc&cursor=" + ofMessages,
                        client.chat() + "/messages?cursor=" + ofMessages)) {
            Answer refused = client.get(path);
            assertThat(refused.status()).as(path).isEqualTo(422);
            assertThat(refused.json().path("violations").path(0).path("field").asText())
                    .isEqualTo("cursor");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/chats?limit=0",
                "/chats?limit=101",
                "/chats?limit=abc",
                "/chats?limit=9999999999",
                "CHAT/messages?limit=0",
                "CHAT/messages?order=up",
                "CHAT/summary?highlights=-1",
                "CHAT/summary?highlights=21"
            })
    void get_withABadParameter_isInvalid(String path) {
        Answer refused = client.get(path.replace("CHAT", client.chat()));

        assertThat(refused.status()).as(refused.text()).isEqualTo(422);
        assertThat(refused.code()).isEqualTo("invalid");
    }

    @Test
    void list_search_findsTitlesAndMessages() {
        String byTitle = client.post("/chats", "{\"title\": \"The Xylophone\"}").id();
        String byMessage = client.chat();
        client.say(byMessage, "tune my xYLOPHONE");

        JsonNode found = client.get("/chats?q=xylophone").json().path("data");

        assertThat(found).hasSize(2);
        assertThat("/chats/" + found.path(0).path("id").asText()).isEqualTo(byMessage);
        assertThat(found.path(1).path("id").asText()).isEqualTo(byTitle);
    }

    @Test
    void listOfMessages_search_findsThemPageByPage() {
        String chat = client.chat();
        client.say(chat, "tune my xYLOPHONE");
        client.say(chat, "and my drum");
        client.say(chat, "xylophones, please");
        String query = chat + "/messages?limit=3&order=desc&q=Xylophone";

        JsonNode first = client.get(query).json();
        JsonNode second = client.get(query + "&cursor=" + first.path("nextCursor").asText()).json();

        assertThat(first.path("data").findValuesAsText("seq")).containsExactly("6", "5", "2");
        assertThat(second.path("data").findValuesAsText("seq")).containsExactly("1");
        assertThat(second.path("nextCursor").isNull()).isTrue();
        assertThat(client.get(chat + "/messages?q=").json().path("data")).hasSize(6);
    }

    @Test
    void listOfMessages_withABadSearch_isRefusedAsTheListOfChatsIs() {
        String chat = client.chat();

        for (String q : List.of("x".repeat(201), "%00")) {
            Answer chats = client.get("/chats?q=" + q);
            Answer messages = client.get(chat + "/messages?q=" + q);

            assertThat(messages.status()).isEqualTo(422);
            assertThat(messages.json().path("violations")).isNotEmpty();
            for (String field : List.of("code", "title", "detail", "violations")) {
                assertThat(messages.json().path(field)).isEqualTo(chats.json().path(field));
            }
        }
    }

    private static List<String> fields(JsonNode node) {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }
}

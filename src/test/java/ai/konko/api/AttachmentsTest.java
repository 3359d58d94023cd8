package ai.konko.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client.Answer;
import ai.konko.assistant.TextInFlight;
import ai.konko.fake.FakeModel.Reply;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Images and files that come with a message. */
@QuarkusTest
class AttachmentsTest extends HttpTest {
    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 0, 7};
    private static final byte[] PDF = "%PDF-1.7 \u00e4".getBytes(UTF_8);
    private static final String NAME = "a \"plan\" \u00e4.pdf";

    @Inject TextInFlight inFlight;

    @BeforeEach
    void anAnswer() {
        model.answer(_ -> Reply.text("I see."));
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static Map<String, String> image(byte[] bytes) {
        return Map.of("type", "image", "mediaType", "image/png", "data", base64(bytes));
    }

    private static Map<String, String> file(byte[] bytes) {
        return Map.of(
                "type",
                "file",
                "mediaType",
                "application/pdf",
                "name",
                NAME,
                "data",
                base64(bytes));
    }

    private static String body(Object... parts) {
        return Client.write(Map.of("content", List.of(parts)));
    }

    private Answer post(String chat, Object... parts) {
        return client.post(chat + "/messages", body(parts));
    }

    private HttpResponse<byte[]> bytes(String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        }
    }

    @Test
    void post_ofAnImageAndAFile_keepsThemAndShowsThemToTheModel() throws Exception {
        String chat = client.chat();

        Answer answer =
                post(chat, image(PNG), Map.of("type", "text", "text", "What is this?"), file(PDF));

        assertThat(answer.status()).isEqualTo(201);
        JsonNode items = answer.json().at("/message/items");
        assertThat(items)
                .extracting(each -> each.path("type").asText())
                .containsExactly("image", "text", "file");
        assertThat(items.at("/0/mediaType").asText()).isEqualTo("image/png");
        assertThat(items.at("/2/name").asText()).isEqualTo(NAME);
        assertThat(items.at("/2/offset").asInt()).isEqualTo(13);
        assertThat(client.messages(chat).getFirst().path("items")).isEqualTo(items);
        JsonNode sent = model.calls().getLast().body().at("/messages/0/content");
        assertThat(sent.at("/0/image_url/url").asText())
                .isEqualTo("data:image/png;base64," + base64(PNG));
        assertThat(sent.at("/2/file/filename").asText()).isEqualTo(NAME);
        assertThat(sent.at("/2/file/file_data").asText())
                .isEqualTo("data:application/pdf;base64," + base64(PDF));

        String image = chat + "/attachments/" + items.at("/0/attachment").asText();
        HttpResponse<byte[]> read = bytes(image);
        assertThat(read.body()).isEqualTo(PNG);
        assertThat(read.headers().firstValue("Content-Type")).hasValue("image/png");
        assertThat(read.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(read.headers().firstValue("Content-Disposition")).hasValue("attachment");
        assertThat(read.headers().firstValue("Cache-Control")).hasValue("private");
        String tag = read.headers().firstValue("ETag").orElseThrow();
        assertThat(client.get(image, "If-None-Match", tag).status()).isEqualTo(304);
        String file = chat + "/attachments/" + items.at("/2/attachment").asText();
        assertThat(bytes(file).body()).isEqualTo(PDF);
        assertThat(client.get(file).header("Content-Disposition"))
                .isEqualTo(
                        "attachment; filename=\"a _plan_ _.pdf\";"
                                + " filename*=UTF-8''a%20%22plan%22%20%C3%A4.pdf");
        assertThat(bytes(file).headers().firstValue("Content-Type")).hasValue("application/pdf");
        assertThat(client.get(chat + "/messages", "Accept", "text/markdown").text())
                .contains("![Image](<" + image + ">)", "[" + NAME + "](<" + file + ">)");
    }

    @Test
    void laterTurns_stillHaveThem_andTheContextTellsOfThem() {
        String chat = client.chat();
        String id = post(chat, image(PNG)).json().at("/message/items/0/attachment").asText();

        post(chat, Map.of("type", "text", "text", "And now?"));

        JsonNode sent = model.calls().getLast().body().path("messages");
        assertThat(sent.at("/0/content/0/image_url/url").asText()).endsWith(base64(PNG));
        JsonNode context = client.get(chat + "/context").json().path("messages");
        assertThat(context.at("/0/items/0/attachment").asText()).isEqualTo(id);
        assertThat(context.at("/2/content").asText()).isEqualTo("And now?");
        assertThat(context.at("/2").has("items")).isFalse();
    }

    @Test
    void post_ofTheSameImageAgain_isTheSameAttachmentAndWithAKeyTheSameTurn() {
        String chat = client.chat();
        String[] key = {"Idempotency-Key", "a key"};

        JsonNode first = client.post(chat + "/messages", body(image(PNG)), key).json();
        JsonNode same = client.post(chat + "/messages", body(image(PNG)), key).json();
        Answer other = client.post(chat + "/messages", body(file(PNG)), key);
        JsonNode again = post(chat, image(PNG)).json();

        assertThat(same.at("/message/id")).isEqualTo(first.at("/message/id"));
        assertThat(other.code()).isEqualTo("idempotency-key-reused");
        assertThat(again.at("/message/items/0/attachment"))
                .isEqualTo(first.at("/message/items/0/attachment"));
    }

    /** A response that is continued twice goes on in a copy of its chat. */
    @Test
    void copyOfAChat_hasTheAttachmentsOfItsOwn() {
        String chat = client.chat();
        JsonNode reply = post(chat, image(PNG)).reply();
        String next =
                "{\"input\": \"Go on.\", \"previous_response_id\": \"resp_%s%s\"}"
                        .formatted(
                                reply.path("chatId").asText().replace("-", ""),
                                reply.path("id").asText().replace("-", ""));
        client.post("/v1/responses", next);

        Answer inACopy = client.post("/v1/responses", next.replace("Go", "Come"));

        client.delete(chat);
        assertThat(inACopy.status()).isEqualTo(200);
        client.post(
                "/v1/responses",
                Client.write(Map.of("input", "More.", "previous_response_id", inACopy.id())));
        JsonNode sent = model.calls().getLast().body().path("messages");
        assertThat(sent).hasSize(5);
        assertThat(sent.at("/0/content/0/image_url/url").asText()).endsWith(base64(PNG));
    }

    @ParameterizedTest
    @CsvSource({
        "If-None-Match, *, 304",
        "If-None-Match, 'W/\"ID\"', 304",
        "If-None-Match, '\"x\", \"ID\"', 304",
        "If-None-Match, '\"x\"', 200",
        "If-None-Match, ID, 200",
        "If-Match, '\"x\"', 200"
    })
    void attachment_withACondition_isReadUnlessTheClientHasIt(
            String name, String value, int status) {
        String chat = client.chat();
        String id = post(chat, image(PNG)).json().at("/message/items/0/attachment").asText();

        Answer answer = client.get(chat + "/attachments/" + id, name, value.replace("ID", id));

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.header("ETag")).isEqualTo('"' + id + '"');
    }

    @Test
    void attachment_thatTheChatDoesNotHave_isNotFound() {
        String chat = client.chat();
        String id = post(chat, image(PNG)).json().at("/message/items/0/attachment").asText();

        Answer ofAnother = client.get(client.chat() + "/attachments/" + id);

        assertThat(ofAnother.status()).isEqualTo(404);
        assertThat(ofAnother.code()).isEqualTo("not-found");
        assertThat(client.get(chat + "/attachments/x").code()).isEqualTo("not-found");
        client.delete(chat);
        assertThat(client.get(chat + "/attachments/" + id).code()).isEqualTo("chat-not-found");
    }

    /** The longest is longer than other bodies may be. */
    @Test
    void post_upToTheLimitOfAnAttachment_isTaken() throws IOException {
        String chat = client.chat();
        byte[] longest = Arrays.copyOf(PNG, 10 << 20);

        Answer taken = post(chat, image(longest));
        Answer tooLarge = post(chat, image(Arrays.copyOf(PNG, longest.length + 1)));
        Answer tooLong = post(chat, image(longest), file(new byte[1 << 20]));

        assertThat(taken.status()).isEqualTo(201);
        assertThat(
                        model.calls()
                                .getLast()
                                .body()
                                .at("/messages/0/content/0/image_url/url")
                                .asText())
                .hasSize("data:image/png;base64,".length() + base64(longest).length());
        assertThat(tooLarge.status()).isEqualTo(422);
        assertThat(tooLarge.json().at("/violations/0/field").asText()).isEqualTo("content[0].data");
        assertThat(tooLong.status()).isEqualTo(413);
        assertThat(client.messages(chat)).hasSize(2);
    }

    /** The model may take long, and others have images too. */
    @Test
    void longRequest_isCountedNoLongerThanUntilItIsSent() {
        String chat = client.chat();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("I see.").gate(gate));

        CompletableFuture<Answer> answer =
                client.postLater(chat + "/messages", body(image(Arrays.copyOf(PNG, 1 << 20))));

        await().until(() -> model.inFlight() == 1 && inFlight.attached() == 0);
        gate.complete(null);
        assertThat(answer.join().status()).isEqualTo(201);
    }

    static Stream<String> bad() {
        String image = "{'type':'image','mediaType':'image/png','data':'%s'}";
        String png = base64(PNG);
        return Stream.of(
                "content[0].data | " + image.formatted("no base64!"),
                "content[0].data | " + image.formatted(png.substring(1)),
                "content[0].data | " + image.formatted(png.replace("=", "\\n")),
                "content[0].data | " + image.formatted(""),
                "content[0].data | " + image.formatted(base64(PDF)),
                "content[0].data | {'type':'image','mediaType':'image/png'}",
                "content[0].data | {'type':'image','mediaType':'image/png','data':5}",
                "content[0].mediaType | {'type':'image','data':'%s'}".formatted(png),
                "content[0].mediaType | {'type':'image','mediaType':'image/svg+xml','data':'x'}",
                "content[0].url | {'type':'image','url':'http://x/y','mediaType':'image/png','data':'%s'}"
                        .formatted(png),
                "content[0].attachment | {'type':'image','attachment':'%s'}"
                        .formatted("0".repeat(64)),
                "content[0].name | {'type':'file','mediaType':'a/b','data':'AA=='}",
                "content[0].name | {'type':'file','mediaType':'a/b','name':'','data':'AA=='}",
                "content[0].name | {'type':'file','mediaType':'a/b','name':'a\\nb','data':'AA=='}",
                "content[0].name | {'type':'file','mediaType':'a/b','name':'%s','data':'AA=='}"
                        .formatted("x".repeat(256)),
                "content[0].mediaType | {'type':'file','mediaType':'a','name':'x','data':'AA=='}",
                "content[0].mediaType | {'type':'file','mediaType':'a/b\\r\\nX: y','name':'x','data':'AA=='}",
                "content[0].mediaType | {'type':'file','mediaType':'a/b;\\tc=d','name':'x','data':'AA=='}",
                "content[0].data | {'type':'file','mediaType':'a/b','name':'x','data':'A'}");
    }

    @ParameterizedTest
    @MethodSource("bad")
    void post_ofWhatIsNoImageOrFile_namesTheFieldAndLeavesNoTrace(String given) {
        String[] parts = given.replace('\'', '"').split(" \\| ", 2);
        String chat = client.chat();

        Answer refused = client.post(chat + "/messages", "{\"content\": [%s]}".formatted(parts[1]));

        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().path("violations").findValuesAsText("field")).contains(parts[0]);
        assertThat(client.messages(chat)).isEmpty();
        assertThat(model.calls()).isEmpty();
    }
}

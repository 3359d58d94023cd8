package ai.konko.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client.Answer;
import ai.konko.chat.Owner;
import ai.konko.fake.FakeModel.Reply;
import com.fasterxml.jackson.databind.JsonNode;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseInputContent;
import com.openai.models.responses.ResponseInputFile;
import com.openai.models.responses.ResponseInputImage;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseInputText;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images and files that OpenAI's clients send with their bytes. */
@QuarkusTest
class InputFilesTest extends SdkTest {
    private static final String PNG =
            "data:image/png;base64,"
                    + base64(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 0, 7});
    private static final String PDF =
            "data:application/pdf;base64," + base64("%PDF-1.7".getBytes(UTF_8));

    private static final String IMAGE = "{\"type\": \"input_image\", \"image_url\": \"%s\"}";
    private static final String FILE =
            "{\"type\": \"input_file\", \"filename\": \"plan.pdf\", \"file_data\": \"%s\"}";

    @Inject UnkeptBytes unkept;

    @BeforeEach
    void anAnswer() {
        model.answer(_ -> Reply.text("I see."));
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static String saying(String parts) {
        return "{\"role\": \"user\", \"content\": [%s]}".formatted(parts);
    }

    private Answer respond(String parts) {
        return client.post("/v1/responses", "{\"input\": [%s]}".formatted(saying(parts)));
    }

    private JsonNode sent(int message) {
        return model.calls().getLast().body().path("messages").path(message).path("content");
    }

    @Test
    void imageAndFile_ofTheSdk_reachTheModelNowAndLater() {
        ResponseInputItem message =
                ResponseInputItem.ofMessage(
                        ResponseInputItem.Message.builder()
                                .role(ResponseInputItem.Message.Role.USER)
                                .content(
                                        List.of(
                                                ResponseInputContent.ofInputText(
                                                        ResponseInputText.builder()
                                                                .text("Look: ")
                                                                .build()),
                                                ResponseInputContent.ofInputImage(
                                                        ResponseInputImage.builder()
                                                                .imageUrl(PNG)
                                                                .detail(
                                                                        ResponseInputImage.Detail
                                                                                .AUTO)
                                                                .build()),
                                                ResponseInputContent.ofInputFile(
                                                        ResponseInputFile.builder()
                                                                .filename("plan.pdf")
                                                                .fileData(PDF)
                                                                .build())))
                                .build());

        Response first =
                openai.responses()
                        .create(
                                ResponseCreateParams.builder()
                                        .inputOfResponse(List.of(message))
                                        .build());
        assertShown(sent(0));
        var _ =
                openai.responses()
                        .create(
                                ResponseCreateParams.builder()
                                        .input("And?")
                                        .previousResponseId(first.id())
                                        .build());

        assertShown(sent(0));
    }

    private static void assertShown(JsonNode content) {
        assertThat(content.findValuesAsText("type")).containsExactly("text", "image_url", "file");
        assertThat(content.at("/1/image_url/url").asText()).isEqualTo(PNG);
        assertThat(content.at("/2/file/filename").asText()).isEqualTo("plan.pdf");
        assertThat(content.at("/2/file/file_data").asText()).isEqualTo(PDF);
    }

    @Test
    void items_haveAnAddressForTheBytes_andAreTakenBackWithIt() {
        Answer first = respond(IMAGE.formatted(PNG) + "," + FILE.formatted(PDF));
        JsonNode given =
                client.get("/v1/responses/" + first.id() + "/input_items").json().at("/data/0");

        Answer second = client.post("/v1/responses", "{\"input\": [%s]}".formatted(given));
        Answer byId =
                client.post(
                        "/v1/responses",
                        "{\"input\": [{\"type\": \"item_reference\", \"id\": %s}]}"
                                .formatted(given.path("id")));

        String address = given.at("/content/0/image_url").asText();
        assertThat(client.get(address).header("Content-Type")).isEqualTo("image/png");
        assertThat(List.of(second.status(), byId.status())).containsOnly(200);
        assertThat(model.calls())
                .allSatisfy(
                        call -> {
                            JsonNode content = call.body().at("/messages/0/content");
                            assertThat(content.at("/0/image_url/url").asText()).isEqualTo(PNG);
                            assertThat(content.at("/1/file/file_data").asText()).isEqualTo(PDF);
                            assertThat(content.at("/1/file/filename").asText())
                                    .isEqualTo("plan.pdf");
                        });
    }

    /** The chat keeps the bytes under the name that they had first. */
    @Test
    void imageThatWasAFileBefore_isTakenBackAsAnImage() {
        Answer first = respond(FILE.formatted(PNG) + "," + IMAGE.formatted(PNG));
        JsonNode given =
                client.get("/v1/responses/" + first.id() + "/input_items").json().at("/data/0");

        Answer second = client.post("/v1/responses", "{\"input\": [%s]}".formatted(given));
        String asImage = IMAGE.formatted(given.at("/content/0/file_url").asText());
        Answer third = respond(asImage + "," + asImage);
        Answer pdf = respond(FILE.formatted(PDF));
        String noImage =
                client.get("/v1/responses/" + pdf.id() + "/input_items")
                        .json()
                        .at("/data/0/content/0/file_url")
                        .asText();
        Answer refused = respond(IMAGE.formatted(noImage));

        assertThat(second.status()).as(second.text()).isEqualTo(200);
        assertThat(third.status()).as(third.text()).isEqualTo(200);
        assertThat(model.calls().get(2).body().at("/messages/0/content").findValuesAsText("url"))
                .containsExactly(PNG, PNG);
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().at("/error/param").asText())
                .isEqualTo("input[0].content[0].image_url");
    }

    @Test
    void unkept_areSentToo() {
        Answer answer =
                client.post(
                        "/v1/responses",
                        "{\"store\": false, \"input\": [%s]}"
                                .formatted(saying(IMAGE.formatted(PNG))));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(sent(0).at("/0/image_url/url").asText()).isEqualTo(PNG);
    }

    @Test
    void keptCompletion_takesThem() {
        Answer answer =
                client.post(
                        "/v1/chat/completions",
                        """
                        {"store": true, "messages": [{"role": "user", "content": [
                          {"type": "image_url", "image_url": {"url": "%s"}},
                          {"type": "file", "file": {"filename": "plan.pdf", "file_data": "%s"}}]}]}
                        """
                                .formatted(PNG, PDF));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(sent(0).at("/0/image_url/url").asText()).isEqualTo(PNG);
        assertThat(sent(0).at("/1/file/file_data").asText()).isEqualTo(PDF);
        JsonNode parts =
                client.get("/v1/chat/completions/" + answer.id() + "/messages")
                        .json()
                        .at("/data/0/content_parts");
        assertThat(client.get(parts.at("/0/image_url/url").asText()).status()).isEqualTo(200);
        assertThat(client.get(parts.at("/1/file/file_url").asText()).status()).isEqualTo(200);
    }

    @Test
    void bytesOfAResponseThatIsNotKept_countUntilItIsOver() {
        String body =
                "{\"store\": false, \"stream\": %%s, \"input\": [%s]}"
                        .formatted(saying(IMAGE.formatted(PNG)));
        List<Long> held = new ArrayList<>();
        model.answer(
                call -> {
                    held.add(unkept.held());
                    return call.body().path("stream").asBoolean()
                            ? Reply.status(500, "{}", Map.of())
                            : Reply.text("I see.");
                });

        Answer answer = client.post("/v1/responses", body.formatted(false));
        client.post("/v1/responses", body.formatted(true));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(held).isNotEmpty().containsOnly(10L);
        await().until(() -> unkept.held() == 0);
    }

    @Test
    void bytesOfAResponseThatIsNotKept_haveABound() {
        String body = "{\"store\": false, \"input\": [%s]}".formatted(saying(IMAGE.formatted(PNG)));
        long most = Runtime.getRuntime().maxMemory();
        unkept.take(Owner.ANONYMOUS, most);

        Answer refused = client.post("/v1/responses", body);
        Answer text = client.post("/v1/responses", "{\"store\": false, \"input\": \"hello\"}");
        unkept.giveBack(Owner.ANONYMOUS, most);
        Answer later = client.post("/v1/responses", body);

        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(refused.json().at("/error/code").asText()).isEqualTo("overloaded");
        assertThat(List.of(text.status(), later.status())).containsOnly(200);
        await().until(() -> unkept.held() == 0);
    }

    @Test
    void fileWithoutAType_hasThatOfItsName() {
        Answer answer = respond(FILE.formatted(base64("%PDF-1.7".getBytes(UTF_8))));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(sent(0).at("/0/file/file_data").asText()).isEqualTo(PDF);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "input_image | image_url | data:image/png;base64,!!!! | 422 | image_url",
                "input_image | image_url | data:image/png;base64,AAAA | 422 | image_url",
                "input_image | image_url | data:image/tiff;base64,AAAA | 422 | image_url",
                "input_image | image_url | data:image/png,AAAA | 400 | image_url",
                "input_image | image_url | ftp://a/b.png | 400 | image_url",
                "input_image | image_url | /chats/019b01e6-9f3a-7c21-8d4e-5f60718293a4/attachments/0000000000000000000000000000000000000000000000000000000000000000 | 422 | image_url",
                "input_image | file_id | file-1 | 400 | file_id",
                "input_file | file_id | file-1 | 400 | file_id",
                "input_file | file_url | http://a/b.pdf | 400 | file_url",
                "input_file | file_data | data:application/pdf;base64,%%% | 422 | file_data",
                "input_file | file_data | data:no type;base64,AAAA | 422 | file_data",
                "input_file | filename | ' ' | 422 | filename",
                "input_file | text | x | 422 | file_data"
            })
    void whatCanNotBeTaken_isRefusedByName(
            String type, String field, String value, int status, String param) {
        Answer answer = respond("{\"type\": \"%s\", \"%s\": \"%s\"}".formatted(type, field, value));

        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.json().at("/error/param").asText())
                .isEqualTo("input[0].content[0]." + param);
        assertThat(model.calls()).isEmpty();
    }
}

package ai.konko.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel.Call;
import ai.konko.fake.FakeModel.Message;
import ai.konko.fake.FakeModel.Reply;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.models.responses.CompactedResponse;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCompactParams;
import com.openai.models.responses.ResponseCompactionItem;
import com.openai.models.responses.ResponseCompactionItemParam;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.inputtokens.InputTokenCountParams;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What does not fit, by OpenAI's client: it is summarized, refused, or counted before. */
@QuarkusTest
class CompactionItemsTest extends SdkTest {
    private static final String SUMMARY = "They go to Lisbon [1]. The hotel takes dogs [3].";

    @BeforeEach
    void aSummarizer() {
        model.answer(
                call ->
                        isForSummary(call)
                                ? Reply.text(SUMMARY).usage(50, 8)
                                : Reply.text("reply to: " + call.lastUser()));
    }

    @Test
    void compacted_isSentBackInPlaceOfTheDialogue() {
        CompactedResponse compacted =
                openai.responses()
                        .compact(
                                ResponseCompactParams.builder()
                                        .model("test-model")
                                        .inputOfResponseInputItems(
                                                List.of(
                                                        item("user", "We go to Lisbon."),
                                                        item("assistant", "Nice."),
                                                        item("user", "We have a dog.")))
                                        .build());

        assertThat(compacted._object_()).isEqualTo(JsonValue.from("response.compaction"));
        assertThat(compacted.output()).hasSize(1);
        assertThat(compacted.usage().inputTokens()).isEqualTo(50);
        ResponseCompactionItem made = compacted.output().getFirst().asCompaction();
        Call asked = model.calls().getLast();
        assertThat(asked.lastUser())
                .contains("[1] user: We go to Lisbon.", "[2] assistant: Nice.", "[3] user: We");

        Response response =
                openai.responses()
                        .create(
                                ResponseCreateParams.builder()
                                        .inputOfResponse(
                                                List.of(sentBack(made), item("user", "Where?")))
                                        .build());
        Response next =
                openai.responses()
                        .create(say("And then?").previousResponseId(response.id()).build());

        assertThat(text(next)).isEqualTo("reply to: And then?");
        List<Message> prompt = model.calls().getLast().messages();
        assertThat(prompt)
                .extracting(Message::role)
                .containsExactly("system", "user", "assistant", "user");
        assertThat(prompt.getFirst().content()).contains(SUMMARY);
    }

    @Test
    void compacted_ofAPreviousResponse_hasItsDialogue_andIsCompactedAgain() {
        Response first = openai.responses().create(say("We go to Lisbon.").build());
        Response second =
                openai.responses()
                        .create(say("With a dog.").previousResponseId(first.id()).build());

        CompactedResponse once =
                openai.responses()
                        .compact(
                                ResponseCompactParams.builder()
                                        .model("test-model")
                                        .previousResponseId(second.id())
                                        .build());
        assertThat(model.calls().getLast().lastUser())
                .contains("[1] user: We go to Lisbon.", "[3] user: With a dog.");
        CompactedResponse twice =
                openai.responses()
                        .compact(
                                ResponseCompactParams.builder()
                                        .model("test-model")
                                        .inputOfResponseInputItems(
                                                List.of(
                                                        sentBack(
                                                                once.output()
                                                                        .getFirst()
                                                                        .asCompaction()),
                                                        item("user", "For a week.")))
                                        .build());

        assertThat(model.calls().getLast().lastUser())
                .contains("The summary so far:", SUMMARY, "[1] user: For a week.");
        assertThat(twice.output()).hasSize(1);
    }

    @Test
    void compact_thatFails_isTheModelsFailure() {
        model.answer(_ -> Reply.text("I'm sorry."));

        Answer refused = client.post("/v1/responses/compact", "{\"input\": \"hello\"}");

        assertThat(refused.status()).isEqualTo(502);
        assertThat(refused.json().path("error").path("code").asText()).isEqualTo("model_failed");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/compact | {}                                       | 422 | input",
                "/compact | {'input': []}                            | 422 | input",
                "/compact | {'input': 'x', 'tools': []}              | 400 | tools",
                "/compact | {'previous_response_id': 'resp_x'}       | 400 | previous_response_id",
                "/compact | {'input': [{'type': 'compaction', 'encrypted_content': 'gAAAA'}]} | 400 | input[0].encrypted_content",
                "/compact | {'input': [{'type': 'compaction', 'encrypted_content': 'konko1.*'}]} | 400 | input[0].encrypted_content",
                "''       | {'input': 'x', 'context_management': [{'type': 'other'}]} | 400 | context_management",
                "''       | {'input': 'x', 'context_management': [{'type': 'compaction', 'compact_threshold': 10}]} | 400 | context_management[0].compact_threshold",
                "''       | {'input': 'x', 'store': false, 'context_management': [{'type': 'compaction'}]} | 400 | context_management",
            })
    void wrong_isRefusedByName(String path, String body, int status, String parameter) {
        Answer refused =
                client.post("/v1/responses" + path.replace("''", ""), body.replace('\'', '"'));

        assertThat(refused.status()).as(refused.text()).isEqualTo(status);
        assertThat(refused.json().path("error").path("param").asText()).isEqualTo(parameter);
        assertThat(model.calls()).isEmpty();
    }

    @Test
    void truncationDisabled_refusesWhatDoesNotFit_andLeavesNoTrace() {
        String small = "{\"memory\": {\"maxTokens\": 60}}";
        String chat = "/chats/" + client.post("/chats", small).id();
        String conversation = "conv_" + chat.substring(7).replace("-", "");
        ResponseCreateParams.Builder wanted =
                say("one two three four five six seven eight nine ten").conversation(conversation);
        ResponseCreateParams whole =
                wanted.putAdditionalBodyProperty("truncation", JsonValue.from("disabled")).build();
        openai.responses().create(whole);
        openai.responses().create(whole);

        assertThatThrownBy(() -> openai.responses().create(whole))
                .isInstanceOfSatisfying(
                        BadRequestException.class,
                        refused -> {
                            assertThat(refused.code()).contains("context_length_exceeded");
                            assertThat(refused.param()).contains("input");
                        });
        assertThat(client.messages(chat)).hasSize(4);

        openai.responses()
                .create(
                        wanted.putAdditionalBodyProperty("truncation", JsonValue.from("auto"))
                                .build());
        assertThat(client.messages(chat)).hasSize(6);
        assertThatThrownBy(() -> openai.responses().create(whole))
                .as("what was left out before does not come back")
                .isInstanceOf(BadRequestException.class);
    }

    @Test
    void truncationDisabled_takesWhatASummaryTellsOf() {
        String chat = client.chat();
        for (int i = 0; i < 4; i++) {
            client.say(chat, "message " + i);
        }
        assertThat(client.post(chat + "/compact", "").status()).isEqualTo(200);
        String body =
                "{\"input\": \"and now?\", \"truncation\": \"disabled\", \"conversation\": \"conv_%s\"}"
                        .formatted(chat.substring(7).replace("-", ""));

        assertThat(client.post("/v1/responses", body).status()).isEqualTo(200);
        assertThat(client.post("/v1/responses", body).status()).isEqualTo(200);
    }

    @Test
    void truncationDisabled_ofWhatIsLongByItself_isRefusedToo() {
        String body =
                "{\"input\": \"%s\", \"truncation\": \"disabled\"}".formatted("word ".repeat(6000));
        String two =
                "{\"input\": [{\"role\": \"user\", \"content\": \"%1$s\"}, {\"role\": \"user\", \"content\": \"%1$s\"},"
                                .formatted("word ".repeat(6000))
                        + "{\"role\": \"user\", \"content\": \"%s\"}], \"truncation\": \"disabled\"}"
                                .formatted("word ".repeat(6000));

        assertThat(client.post("/v1/responses", body).status()).isEqualTo(200);
        Answer refused = client.post("/v1/responses", two);

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().path("error").path("code").asText())
                .isEqualTo("context_length_exceeded");
    }

    @Test
    void inputTokens_areThoseOfAllThatIsSent() {
        Response first =
                openai.responses().create(say("hello there").instructions("Be brief.").build());
        long alone = count(InputTokenCountParams.builder().input("hello there"));
        long told =
                count(
                        InputTokenCountParams.builder()
                                .input("hello there")
                                .instructions("Be brief."));
        long after =
                count(
                        InputTokenCountParams.builder()
                                .input("hello there")
                                .previousResponseId(first.id()));
        long before = count(InputTokenCountParams.builder().previousResponseId(first.id()));

        assertThat(alone).isEqualTo(6);
        assertThat(told).isEqualTo(6 + 7);
        assertThat(before).isGreaterThan(told);
        assertThat(after).isEqualTo(before + 6);
        assertThat(model.calls()).as("nobody is asked but for the first").hasSize(1);
    }

    @Test
    void contextManagement_hasItsConversationCompacted() {
        String body =
                """
                {"input": "%s", "context_management": [{"type": "compaction", "compact_threshold": 1000}]%s}""";
        String text = "word ".repeat(150);
        Answer first = client.post("/v1/responses", body.formatted(text, ""));
        String previous = first.json().path("id").asText();
        String chat = chatOf(first);
        assertThat(client.get(chat).json().path("memory").toString())
                .isEqualTo("{\"maxTokens\":1000,\"compaction\":\"summary\"}");

        for (int i = 0; i < 3; i++) {
            Answer next =
                    client.post(
                            "/v1/responses",
                            body.formatted(
                                    text,
                                    ", \"previous_response_id\": \"%s\"".formatted(previous)));
            previous = next.json().path("id").asText();
        }

        await().until(() -> !client.get(chat + "/summaries").json().path("data").isEmpty());
        assertThat(client.messages(chat)).hasSize(8);
    }

    private static String chatOf(Answer response) {
        String digits = response.json().path("conversation").path("id").asText().substring(5);
        return "/chats/" + digits.replaceFirst("(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5");
    }

    private long count(InputTokenCountParams.Builder wanted) {
        return openai.responses().inputTokens().count(wanted.build()).inputTokens();
    }

    private static ResponseInputItem sentBack(ResponseCompactionItem item) {
        return ResponseInputItem.ofCompaction(
                ResponseCompactionItemParam.builder()
                        .id(item.id())
                        .encryptedContent(item.encryptedContent())
                        .build());
    }

    private static boolean isForSummary(Call call) {
        return call.lastUser().startsWith("The summary may have ");
    }
}

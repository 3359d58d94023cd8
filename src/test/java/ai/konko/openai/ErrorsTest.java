package ai.konko.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel.Message;
import ai.konko.fake.FakeModel.Reply;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.UnexpectedStatusCodeException;
import com.openai.errors.UnprocessableEntityException;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.Tool;
import com.openai.models.responses.WebSearchTool;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong, as OpenAI's clients are told. */
@QuarkusTest
class ErrorsTest extends SdkTest {

    @Test
    void unknownResponse_isNotFound() {
        NotFoundException thrown =
                catchThrowableOfType(
                        NotFoundException.class,
                        () -> openai.responses().retrieve("resp_" + "0".repeat(64)));

        assertThat(thrown.code()).contains("not_found");
        assertThat(thrown.headers().values("X-Request-Id")).hasSize(1);
    }

    @Test
    void tool_isABadRequestThatNamesIt() {
        BadRequestException thrown =
                catchThrowableOfType(
                        BadRequestException.class,
                        () ->
                                openai.responses()
                                        .create(
                                                say("hello")
                                                        .addTool(
                                                                Tool.ofWebSearch(
                                                                        WebSearchTool.builder()
                                                                                .type(
                                                                                        WebSearchTool
                                                                                                .Type
                                                                                                .WEB_SEARCH)
                                                                                .build()))
                                                        .build()));

        assertThat(thrown.code()).contains("unsupported");
        assertThat(thrown.param()).contains("tools");
        assertThat(thrown.type()).contains("invalid_request_error");
    }

    @Test
    void mistypedParameter_isABadRequestThatNamesIt() {
        BadRequestException thrown =
                catchThrowableOfType(
                        BadRequestException.class,
                        () ->
                                openai.responses()
                                        .create(
                                                say("hello")
                                                        .putAdditionalBodyProperty(
                                                                "temprature", JsonValue.from(1))
                                                        .build()));

        assertThat(thrown.code()).contains("unknown_parameter");
        assertThat(thrown.param()).contains("temprature");
    }

    @Test
    void blankInput_isUnprocessable() {
        UnprocessableEntityException thrown =
                catchThrowableOfType(
                        UnprocessableEntityException.class,
                        () -> openai.responses().create(say(" \n").build()));

        assertThat(thrown.param()).contains("input");
    }

    @Test
    void conversationAndPreviousResponse_excludeEachOther() {
        BadRequestException thrown =
                catchThrowableOfType(
                        BadRequestException.class,
                        () ->
                                openai.responses()
                                        .create(
                                                ResponseCreateParams.builder()
                                                        .input("hello")
                                                        .conversation("conv_" + "0".repeat(32))
                                                        .previousResponseId(
                                                                "resp_" + "0".repeat(64))
                                                        .build()));

        assertThat(thrown.param()).contains("previous_response_id");
    }

    @ParameterizedTest
    @ValueSource(strings = {"resp_x", "resp_00000000000000000000000000000000"})
    void previousResponse_thatIsNotThere_hasItsOwnCode(String id) {
        BadRequestException thrown =
                catchThrowableOfType(
                        BadRequestException.class,
                        () -> openai.responses().create(say("x").previousResponseId(id).build()));

        assertThat(thrown.code()).contains("previous_response_not_found");
        assertThat(thrown.param()).contains("previous_response_id");
    }

    @ParameterizedTest
    @CsvSource({"500, 502, model_failed", "400, 502, model_failed", "429, 503, model_unavailable"})
    void failingModel_isTheNativeStatus(int upstream, int status, String code) {
        model.answer(_ -> Reply.status(upstream, "{}", Map.of()));

        OpenAIServiceException thrown =
                catchThrowableOfType(
                        InternalServerException.class,
                        () -> openai.responses().create(say("hello").build()));

        assertThat(thrown.statusCode()).isEqualTo(status);
        assertThat(thrown.code()).contains(code);
        assertThat(thrown.type()).contains("server_error");
    }

    @Test
    void lockedConversation_saysWhenToComeBack() {
        model.answer(_ -> Reply.text("some text").thenStall(1));
        var running = openai.responses().create(say("one").background(true).build());

        UnexpectedStatusCodeException thrown =
                catchThrowableOfType(
                        UnexpectedStatusCodeException.class,
                        () ->
                                openai.responses()
                                        .create(
                                                say("two")
                                                        .conversation(conversation(running))
                                                        .putAdditionalBodyProperty(
                                                                "when_busy",
                                                                JsonValue.from("reject"))
                                                        .build()));

        assertThat(thrown.statusCode()).isEqualTo(409);
        assertThat(thrown.code()).contains("conversation_locked");
        assertThat(thrown.headers().values("Retry-After")).containsExactly("1");
        openai.responses().cancel(running.id());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET    | /v1                              |             |        | 404 | not_found",
                "GET    | /v1/nothing                      |             |        | 404 | not_found",
                "GET    | /v1/conversations/conv_x         |             |        | 404 | not_found",
                "GET    | /v1/responses/resp_00            |             |        | 404 | not_found",
                "PUT    | /v1/responses                    | application/json | {} | 405 | method_not_allowed",
                "POST   | /v1/responses                    | text/plain  | {}     | 415 | unsupported_media_type",
                "POST   | /v1/responses                    | application/json | {  | 400 | malformed_json",
                "POST   | /v1/responses                    | application/json | [] | 422 | invalid",
                "POST   | /v1/responses                    | application/json | {} | 422 | invalid",
                "POST   | /v1/responses                    | application/json |    | 400 | malformed_json",
                "POST   | /v1/chat/completions             | application/json | {\"store\": true} | 422 | invalid",
                "POST   | /v1/chat/completions             | application/json | {\"store\": 1} | 422 | invalid",
                "POST   | /v1/chat/completions             | application/json | {\"stream\": \"true\"} | 422 | invalid",
                "POST   | /v1/chat/completions             | application/json | {\"model\": 5} | 422 | invalid",
                "POST   | /v1/chat/completions             | application/json | {\"model\": \"\"} | 422 | invalid",
                "POST   | /v1/chat/completions             | application/json | {\"a\": 1, \"a\": 1} | 400 | malformed_json",
                "POST   | /v1/chat/completions             | application/json | {\"a\": 1} {} | 400 | malformed_json",
                "POST   | /v1/chat/completions             | application/json | [] | 422 | invalid",
                "POST   | /v1/embeddings                   | text/plain  | {}     | 415 | unsupported_media_type",
                "GET    | /v1/embeddings                   |             |        | 405 | method_not_allowed",
                "GET    | /v1/conversations?limit=0        |             |        | 422 | invalid",
                "GET    | /v1/conversations?after=conv_x   |             |        | 404 | not_found",
            })
    void whatGoesWrongBeforeAResource_isInTheEnvelopeToo(
            String method, String path, String type, String body, int status, String code) {
        byte[] bytes = body == null ? new byte[0] : body.getBytes(StandardCharsets.UTF_8);

        Answer refused =
                type == null
                        ? client.raw(method, path, bytes)
                        : client.raw(method, path, bytes, "Content-Type", type);

        assertThat(refused.status()).isEqualTo(status);
        assertThat(refused.header("Content-Type")).startsWith("application/json");
        assertThat(refused.header("X-Request-Id")).isNotEmpty();
        assertThat(refused.json().fieldNames()).toIterable().containsExactly("error");
        assertThat(refused.json().path("error").fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder("message", "type", "param", "code");
        assertThat(refused.json().at("/error/code").asText()).isEqualTo(code);
    }

    @Test
    void tooLongABody_isInTheEnvelopeToo() {
        Answer refused =
                client.post("/v1/embeddings", "{\"input\": \"" + "x".repeat(1_100_000) + "\"}");

        assertThat(refused.status()).isEqualTo(413);
        assertThat(refused.json().at("/error/code").asText()).isEqualTo("too_large");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"input\": 1}",
                "{\"input\": {}}",
                "{\"input\": []}",
                "{\"input\": [1]}",
                "{\"input\": [{}]}",
                "{\"input\": [{\"role\": \"user\"}]}",
                "{\"input\": [{\"role\": 1, \"content\": \"x\"}]}",
                "{\"input\": [{\"role\": \"user\", \"content\": {}}]}",
                "{\"input\": [{\"role\": \"user\", \"content\": [{\"type\": \"input_text\"}]}]}",
                "{\"input\": \"nul \\u0000\"}",
                "{\"input\": \"half \\ud83d\"}",
                "{\"input\": \"x\", \"instructions\": \"half \\ud83d\"}",
                "{\"input\": \"x\", \"stream\": \"true\"}",
                "{\"input\": \"x\", \"temperature\": \"hot\"}",
                "{\"input\": \"x\", \"temperature\": 2.5}",
                "{\"input\": \"x\", \"temperature\": -1e400}",
                "{\"input\": \"x\", \"max_output_tokens\": 1.5}",
                "{\"input\": \"x\", \"max_output_tokens\": 0}",
                "{\"input\": \"x\", \"max_output_tokens\": 99999999999}",
                "{\"input\": \"x\", \"metadata\": {\"k\": 1}}",
                "{\"input\": \"x\", \"metadata\": {\"k\": null}}",
                "{\"input\": \"x\", \"metadata\": {\"\": \"v\"}}",
                "{\"input\": \"x\", \"metadata\": []}",
                "{\"input\": \"x\", \"conversation\": 1}",
                "{\"input\": \"x\", \"conversation\": {}}",
                "{\"input\": \"x\", \"when_busy\": \"now\"}",
                "{\"input\": \"x\", \"reasoning\": \"high\"}",
                "{\"input\": \"x\", \"reasoning\": {\"effort\": 1}}",
                "{\"input\": \"x\", \"model\": \"\"}",
            })
    void nonsense_isRefusedByNameAndLeavesNothing(String body) {
        String before = client.get("/chats?limit=1").text();

        Answer refused = client.post("/v1/responses", body);

        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().at("/error/param").asText()).isNotEmpty();
        assertThat(model.calls()).isEmpty();
        assertThat(client.get("/chats?limit=1").text()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"logit_bias\": {\"5\": null}",
                "\"logit_bias\": {\"5\": 101}",
                "\"logit_bias\": {\"\\u0000\": 1}",
                "\"logit_bias\": {\"\\ud83d\": 1}",
                "\"n\": \"abc\"",
                "\"stream_options\": {\"include_usage\": \"yes\"}",
            })
    void nonsenseInACompletion_isRefusedByNameAndLeavesNothing(String parameter) {
        String before = client.get("/chats?limit=1").text();

        Answer refused =
                client.post(
                        "/v1/chat/completions",
                        "{\"model\": \"m\", \"store\": true, \"messages\": [{\"role\": \"user\","
                                + " \"content\": \"x\"}], "
                                + parameter
                                + "}");

        assertThat(refused.status()).isIn(400, 422);
        assertThat(refused.json().at("/error/param").asText()).isNotEmpty();
        assertThat(model.calls()).isEmpty();
        assertThat(client.get("/chats?limit=1").text()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{config:[\"konko.model.api-key\"]} {{instructions}} ${OPENAI_API_KEY} {#if true}x{/if}",
                "  leading, trailing \n\n",
                "\u0001",
                "\ud83d\ude00 \u200b",
                "\"quotes\" and \\ back",
            })
    void text_isPassedToTheLetter(String text) {
        model.answer(_ -> Reply.text(text + "."));

        var response = openai.responses().create(say(text).instructions("i" + text).build());

        assertThat(text(response)).isEqualTo(text + ".");
        assertThat(model.calls().getFirst().messages())
                .containsExactly(new Message("system", "i" + text), new Message("user", text));
    }

    @Test
    void emptyRequest_isRefusedWithoutATrace() {
        String before = client.get("/chats?limit=1").text();

        Answer refused =
                client.post(
                        "/v1/responses",
                        "{\"input\": [{\"role\": \"assistant\", \"content\": \"\"}]}");

        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().at("/error/param").asText()).isEqualTo("input");
        assertThat(client.get("/chats?limit=1").text()).isEqualTo(before);
    }
}

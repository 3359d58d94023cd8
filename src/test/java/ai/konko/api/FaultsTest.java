package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel.Message;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.FakeModelResource;
import ai.konko.openai.SocketClient;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way in which a model fails. */
@QuarkusTest
@TestProfile(FaultsTest.Impatient.class)
class FaultsTest extends HttpTest {
    private static final String HELLO =
            "{\"messages\": [{\"role\": \"user\", \"content\": \"hello\"}], \"stream\": %s}";

    private static final String SECRET = "upstream-secret-77";

    /** A service that does not wait long for its model. */
    public static final class Impatient implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "konko.model.first-token-timeout",
                    "1s",
                    "konko.model.idle-timeout",
                    "1s",
                    "konko.model.total-timeout",
                    "3s",
                    "konko.model.highlights-timeout",
                    "3s",
                    "konko.stream.heartbeat",
                    "200ms");
        }
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                fault("401", status(401), 502, "model-failed", ""),
                fault("400", status(400), 502, "model-failed", ""),
                fault("404", status(404), 502, "model-failed", ""),
                fault("302", status(302), 502, "model-failed", ""),
                fault("204", status(204), 502, "model-failed", ""),
                fault("500", status(500), 502, "model-failed", ""),
                fault(
                        "429 with Retry-After",
                        retryAfter(429, "17"),
                        503,
                        "model-unavailable",
                        "17"),
                fault("429 without", status(429), 503, "model-unavailable", "5"),
                fault("503 with Retry-After", retryAfter(503, "9"), 503, "model-unavailable", "9"),
                fault("503 with nonsense", retryAfter(503, "soon"), 503, "model-unavailable", "5"),
                fault("dropped", Reply.drop(), 502, "model-failed", ""),
                fault("cut body", Reply.cutBody("{\"id\":\"x\",\"cho"), 502, "model-failed", ""),
                fault("broken JSON", Reply.raw("{" + SECRET), 502, "model-failed", ""),
                fault(
                        "a web page",
                        Reply.raw("<html>" + SECRET + "</html>"),
                        502,
                        "model-failed",
                        ""),
                fault("null", Reply.raw("null"), 502, "model-failed", ""),
                fault("an array", Reply.raw("[]"), 502, "model-failed", ""),
                fault("nothing", Reply.raw(""), 502, "model-failed", ""),
                fault(
                        "an error in a 200",
                        Reply.raw("{\"error\":{\"message\":\"" + SECRET + "\"}}"),
                        502,
                        "model-failed",
                        ""),
                fault(
                        "no choice",
                        Reply.raw("{\"id\":\"x\",\"choices\":[]}"),
                        502,
                        "model-failed",
                        ""),
                fault(
                        "no message",
                        Reply.raw("{\"id\":\"x\",\"choices\":[{\"index\":0}]}"),
                        502,
                        "model-failed",
                        ""),
                fault(
                        "no choice but null",
                        Reply.raw("{\"id\":\"x\",\"choices\":[null]}"),
                        502,
                        "model-failed",
                        ""),
                fault("no text", Reply.text(""), 502, "model-failed", ""),
                fault(
                        "cut by the filter without text",
                        Reply.text("").finish("content_filter"),
                        502,
                        "model-failed",
                        ""),
                fault("hanging", Reply.hang(), 504, "model-timeout", ""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void post_whoseModelFails_isAProblemAndStaysInTheLog(
            String name, Reply reply, int status, String code, String retryAfter) {
        String chat = client.chat();
        client.say(chat, "before");
        model.answer(_ -> reply);

        Answer answer = client.say(chat, "fails", "Idempotency-Key", "k");

        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.code()).isEqualTo(code);
        assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
        assertThat(answer.header("Retry-After")).isEqualTo(retryAfter);
        assertThat(answer.json().path("retryAfter").asText()).isEqualTo(retryAfter);
        assertThat(model.calls()).hasSize(2);
        JsonNode failed = client.messages(chat).getLast();
        assertThat(answer.json().path("replyId")).isEqualTo(failed.path("id"));
        assertThat(chat).endsWith(answer.json().path("chatId").asText());
        assertThat(failed.path("status").asText()).isEqualTo("failed");
        assertThat(failed.path("content").asText()).isEmpty();
        assertThat(failed.path("error").path("code").asText()).isEqualTo(code);
        assertThat(failed.has("finishReason")).isFalse();
        assertThat(answer.text() + failed)
                .doesNotContain(SECRET, FakeModelResource.KEY, "Exception", "java.");

        Answer again = client.say(chat, "fails", "Idempotency-Key", "k");
        assertThat(again.status()).isEqualTo(status);
        assertThat(again.header("Retry-After")).isEqualTo(retryAfter);
        assertThat(model.calls()).hasSize(2);

        model.reset();
        assertThat(client.say(chat, "after").status()).isEqualTo(201);
        assertThat(model.calls().getLast().messages())
                .containsExactly(
                        new Message("user", "before"),
                        new Message("assistant", "reply to: before"),
                        new Message("user", "after"));
    }

    @ParameterizedTest
    @CsvSource({
        "404, model_not_found, 502, model-failed, ''",
        "429, insufficient_quota, 502, model-failed, ''",
        "429, rate_limit_exceeded, 503, model-unavailable, 7"
    })
    void post_whoseModelRefuses_tellsTheProvidersStatus(
            int provider, String word, int status, String code, String retryAfter) {
        String chat = client.chat();
        String body = "{\"error\":{\"message\":\"%s\",\"code\":\"%s\"}}".formatted(SECRET, word);
        model.answer(_ -> Reply.status(provider, body, Map.of("Retry-After", "6.5")));

        Answer answer = client.say(chat, "hello");

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.code()).isEqualTo(code);
        assertThat(answer.header("Retry-After")).isEqualTo(retryAfter);
        assertThat(answer.json().path("providerStatus").asInt()).isEqualTo(provider);
        assertThat(client.messages(chat).getLast().at("/error/providerStatus").asInt())
                .isEqualTo(provider);
        assertThat(answer.text()).doesNotContain(SECRET, word);
    }

    @Test
    void post_whoseModelAnswersInTheOtherForm_isReadAllTheSame() {
        String chat = client.chat();
        String event =
                "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n";
        String whole =
                "{\"choices\":[{\"message\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}";

        model.answer(_ -> Reply.raw(event + "data: [DONE]\n\n"));
        Answer answer = client.say(chat, "as a whole");
        model.answer(_ -> Reply.raw(whole));
        JsonNode last = client.sayAndFollow(chat, "in pieces").rest().getLast().data();

        assertThat(answer.reply().path("content").asText()).isEqualTo("a");
        assertThat(answer.reply().path("status").asText()).isEqualTo("completed");
        assertThat(last.path("content").asText()).isEqualTo("b");
        assertThat(last.path("status").asText()).isEqualTo("completed");
    }

    @Test
    void post_whoseModelHangs_closesTheConnection() throws Exception {
        String chat = client.chat();
        model.answer(_ -> Reply.hang());

        Answer answer = client.say(chat, "hello");

        assertThat(answer.status()).isEqualTo(504);
        model.calls().getFirst().closed().get(10, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @MethodSource("reasons")
    void post_whoseReplyIsCut_isIncomplete(String upstream, String status, String reason) {
        String chat = client.chat();
        model.answer(_ -> Reply.text("some text").finish(upstream));

        Answer answer = client.say(chat, "hello");

        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.reply().path("status").asText()).isEqualTo(status);
        assertThat(answer.reply().path("finishReason").asText()).isEqualTo(reason);
        assertThat(answer.reply().path("content").asText()).isEqualTo("some text");
        assertThat(answer.reply().at("/usage/totalTokens").asInt()).isEqualTo(15);
        client.say(chat, "and then?");
        assertThat(model.calls().getLast().messages()).hasSize(3);
    }

    static Stream<Arguments> reasons() {
        return Stream.of(
                Arguments.of("stop", "completed", "stop"),
                Arguments.of("length", "incomplete", "length"),
                Arguments.of("content_filter", "incomplete", "content_filter"),
                Arguments.of("MAX_TOKENS", "incomplete", "length"),
                Arguments.of("Refusal", "incomplete", "content_filter"),
                Arguments.of("end_turn", "completed", "stop"),
                Arguments.of("abort", "incomplete", "interrupted"),
                Arguments.of("a word of its own", "incomplete", "interrupted"),
                Arguments.of(null, "completed", "stop"));
    }

    @Test
    void post_whoseModelEndsWithAnUnknownWord_passesItOn() {
        String chat = client.chat();
        model.answer(_ -> Reply.text("some text").finish("odd_one"));

        Answer whole = client.say(chat, "hello");
        JsonNode streamed = client.sayAndFollow(chat, "hello").rest().getLast().data();

        for (JsonNode reply : List.of(whole.reply(), streamed, client.messages(chat).getLast())) {
            assertThat(reply.path("finishReason").asText()).isEqualTo("interrupted");
            assertThat(reply.at("/error/code").asText()).isEqualTo("model-failed");
            assertThat(reply.at("/error/message").asText()).endsWith("not known here: odd_one");
        }
    }

    @Test
    void post_withoutUsage_hasNone() {
        String chat = client.chat();
        model.answer(_ -> Reply.text("hi").noUsage());

        Answer answer = client.say(chat, "hello");

        assertThat(answer.reply().has("usage")).isFalse();
        assertThat(client.get(chat).json().has("usage")).isFalse();
    }

    @Test
    void post_whoseReplyIsNoValidText_isRepaired() {
        String chat = client.chat();
        model.answer(
                _ ->
                        Reply.raw(
                                """
                                {"id": "x", "choices": [{"index": 0, "finish_reason": "stop",
                                 "message": {"role": "assistant", "content": "a\\u0000b\\ud800c \\ud83d\\ude00"}}]}"""));

        Answer answer = client.say(chat, "hello");

        assertThat(answer.reply().path("content").asText())
                .isEqualTo("a\ufffdb\ufffdc \ud83d\ude00");
    }

    @Test
    void summary_whoseModelHangs_isExtracted() {
        String chat = client.chat();
        client.say(chat, "hello");
        model.answer(_ -> Reply.hang());

        Answer summary = client.get(chat + "/summary");

        assertThat(summary.status()).isEqualTo(200);
        assertThat(summary.json().path("highlightsBy").asText()).isEqualTo("extract");
    }

    private static Arguments fault(
            String name, Reply reply, int status, String code, String retryAfter) {
        return Arguments.of(name, reply, status, code, retryAfter);
    }

    private static Reply status(int status) {
        return Reply.status(status, "{\"error\":{\"message\":\"" + SECRET + "\"}}", Map.of());
    }

    private static Reply retryAfter(int status, String header) {
        return Reply.status(status, "{}", Map.of("Retry-After", header));
    }

    /** Nothing has gone out before the model's first byte, so the status can say it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void completion_thatIsPassedOn_timesOut(boolean streamed) {
        model.answer(_ -> Reply.hang());

        Answer failed = client.post("/v1/chat/completions", HELLO.formatted(streamed));

        assertThat(failed.status()).isEqualTo(504);
        assertThat(failed.json().at("/error/code").asText()).isEqualTo("model_timeout");
        await().until(() -> model.inFlight() == 0);
    }

    @Test
    void stream_thatIsPassedOnAndStalls_endsWithAnError() {
        model.answer(_ -> Reply.text("some text").thenStall(1));

        Answer broken = client.post("/v1/chat/completions", HELLO.formatted(true));

        assertThat(broken.text())
                .contains("some", "\"code\":\"model_failed\"")
                .doesNotContain("[DONE]");
        await().until(() -> model.inFlight() == 0);
    }

    @Test
    void stream_thatIsPassedOnAndStaysOpenAfterItsEnd_isWhole() {
        model.answer(_ -> Reply.text("some text").noEnd());

        Answer whole = client.post("/v1/chat/completions", HELLO.formatted(true));

        assertThat(whole.text()).contains("\"finish_reason\":\"stop\"").doesNotContain("error");
    }

    @Test
    void socket_inSilence_isPinged() {
        try (SocketClient socket = new SocketClient(base)) {
            assertThat(socket.pinged()).succeedsWithin(10, TimeUnit.SECONDS);
        }
    }
}

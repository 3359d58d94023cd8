package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader.Event;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.FakeModelResource;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that write more than a reply, or all of them, may have. */
@QuarkusTest
@TestProfile(LongRepliesTest.Small.class)
@WithTestResource(FakeModelResource.class)
class LongRepliesTest {
    private static final int LONGEST = 1000;

    /**
     * A thousand characters a reply, and 100,000 in all. Not all is passed on, and any page is let
     * in.
     */
    public static final class Small implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "konko.limits.reply-characters",
                    Integer.toString(LONGEST),
                    "konko.limits.characters-in-flight",
                    "100000",
                    "konko.passthrough",
                    "embeddings",
                    "konko.cors.origins",
                    "*");
        }
    }

    @TestHTTPResource URI base;
    FakeModel model;
    private Client client;

    @BeforeEach
    void freshClientAndModel() {
        model.reset();
        client = new Client(base);
    }

    /** Text that goes on, and a stream that never ends. */
    private static Reply endless() {
        return Reply.text("word".repeat(LONGEST)).thenStall(LONGEST);
    }

    @Test
    void stream_ofTooLongAReply_endsAsLengthAndStopsTheModel() {
        String chat = client.chat();
        model.answer(_ -> endless());

        List<Event> events = client.sayAndFollow(chat, "go on").rest();

        Event last = events.getLast();
        assertThat(last.name()).isEqualTo("incomplete");
        assertThat(last.data().path("finishReason").asText()).isEqualTo("length");
        assertThat(EventReader.joined(events)).hasSize(LONGEST).isEqualTo(last.content());
        assertThat(client.messages(chat).get(1)).isEqualTo(last.data());
        await().until(() -> model.inFlight() == 0);
        assertThat(client.get(chat).json().path("status").asText()).isEqualTo("idle");
    }

    @Test
    void post_ofTooLongAReply_isCutAndKeepsItsUsage() {
        String chat = client.chat();
        model.answer(_ -> Reply.text("\ud83d\ude00" + "w".repeat(LONGEST)).usage(3, 4));

        Answer answer = client.say(chat, "go on");

        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.reply().path("status").asText()).isEqualTo("incomplete");
        assertThat(answer.reply().path("finishReason").asText()).isEqualTo("length");
        assertThat(answer.reply().path("content").asText()).hasSize(LONGEST);
        assertThat(answer.reply().path("usage").path("totalTokens").asInt()).isEqualTo(7);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void completion_ofTooLongAReply_finishesWithLength(boolean streamed) {
        model.answer(_ -> streamed ? endless() : Reply.text("word".repeat(LONGEST)));

        Answer answer =
                client.post(
                        "/v1/chat/completions",
                        "{\"model\":\"m\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
                                .formatted(streamed));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).contains("\"finish_reason\":\"length\"");
        await().until(() -> model.inFlight() == 0);
    }

    @Test
    void completion_thatIsNotPassedOn_refusesWhatCantBeRead() {
        Answer refused =
                client.post(
                        "/v1/chat/completions",
                        "{\"n\":2,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().at("/error/param").asText()).isEqualTo("n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/completions", "/v1/moderations"})
    void whatIsNotPassedOn_isNotThere(String path) {
        Answer posted = client.post(path, "{}");
        Answer read = client.get(path);

        assertThat(posted.status()).isEqualTo(404);
        assertThat(posted.json().at("/error/code").asText()).isEqualTo("not_found");
        assertThat(read.json()).isEqualTo(client.get("/v1/nothing").json());
        assertThat(client.post(path + "/", "{}").status()).isEqualTo(404);
        assertThat(model.calls()).isEmpty();
        assertThat(client.post("/v1/embeddings", "{}").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://evil.example", "null"})
    void page_ifAnyIsLetIn_mayUseAServiceWithoutCredentials(String origin) {
        Answer answer = client.post("/chats", "{}", "Origin", origin);

        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("*");
    }

    @Test
    void response_ofTooLongAReply_isIncomplete() {
        model.answer(_ -> Reply.text("word".repeat(LONGEST)));

        JsonNode response = client.post("/v1/responses", "{\"input\":\"x\"}").json();

        assertThat(response.path("status").asText()).isEqualTo("incomplete");
        assertThat(response.path("incomplete_details").path("reason").asText())
                .isEqualTo("max_output_tokens");
    }

    @Test
    void post_whoseAnswerIsMoreThanAllMayHold_isOverloadedAndLeavesRoomForOthers() {
        String chat = client.chat();
        model.answer(_ -> Reply.raw(" ".repeat(500_000)));

        Answer refused = client.say(chat, "go on");
        model.answer(_ -> Reply.text("fine"));
        Answer next = client.say(chat, "and now");

        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.code()).isEqualTo("overloaded");
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(next.reply().path("content").asText()).isEqualTo("fine");
    }

    @Test
    void stream_whoseEventIsMoreThanAllMayHold_fails() {
        String chat = client.chat();
        model.answer(_ -> Reply.raw("data: " + "x".repeat(500_000)));

        Event last = client.sayAndFollow(chat, "go on").rest().getLast();

        assertThat(last.name()).isEqualTo("failed");
        assertThat(last.data().path("error").path("code").asText()).isEqualTo("overloaded");
    }

    /** Nobody asked for a stream, and this one would not end. */
    @Test
    void post_whoseAnswerIsAStreamWithoutEnd_fails() {
        String chat = client.chat();
        model.answer(
                _ ->
                        Reply.raw(
                                "data: {\"choices\":[{\"delta\":{\"content\":\"on and on \"}}]}\n\n"
                                        .repeat(1000)));

        Answer refused = client.say(chat, "go on");

        assertThat(refused.status()).isEqualTo(502);
        assertThat(refused.code()).isEqualTo("model-failed");
        assertThat(client.messages(chat).getLast().path("status").asText()).isEqualTo("failed");
    }

    @Test
    void stream_whoseLaterEventIsMoreThanAllMayHold_endsAsLength() {
        String chat = client.chat();
        model.answer(
                _ ->
                        Reply.raw(
                                "data: {\"choices\":[{\"delta\":{\"content\":\"so far\"}}]}\n\ndata: "
                                        + "x".repeat(500_000)));

        Event last = client.sayAndFollow(chat, "go on").rest().getLast();

        assertThat(last.name()).isEqualTo("incomplete");
        assertThat(last.data().path("content").asText()).isEqualTo("so far");
        assertThat(last.data().path("finishReason").asText()).isEqualTo("length");
    }

    @Test
    void replies_thatAreOver_leaveNoTextInFlight() {
        for (int i = 0; i < 20; i++) {
            client.sayAndFollow(client.chat(), "hello").rest();
        }

        await().untilAsserted(
                        () ->
                                assertThat(client.get("/q/metrics").text())
                                        .contains("konko_characters_in_flight 0.0"));
    }
}

package ai.konko.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader;
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
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Long replies, and clients that ask for them and do not read. */
@QuarkusTest
@TestProfile(UnreadTest.Small.class)
@WithTestResource(FakeModelResource.class)
class UnreadTest {
    private static final String ANN = "ann-key-ann-key-ann-key";
    private static final String BEN = "ben-key-ben-key-ben-key";
    private static final String TEXT = "\"\u00e9\n\ud83d\ude00x".repeat(500_000);

    /** Room for a few long replies. */
    public static final class Small implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "konko.limits.unread-characters", "20000000",
                    "konko.model.max-answer-bytes", "32000000",
                    "konko.api-keys", "ann:" + ANN + ",ben:" + BEN);
        }
    }

    @TestHTTPResource URI base;
    @Inject Outgoing outgoing;
    FakeModel model;
    private Client ann;
    private Client ben;
    private SilentClients silent;

    @BeforeEach
    void freshClientsAndModel() {
        model.reset();
        model.answer(_ -> Reply.text(TEXT).deltas(List.of(TEXT)));
        ann = new Client(base).as(ANN);
        ben = new Client(base).as(BEN);
        silent = new SilentClients(base, ANN);
    }

    @AfterEach
    void closeSilentClients() throws IOException {
        silent.close();
    }

    @Test
    void stream_ofALongReply_isTheSameLiveFinishedAndRepeated() {
        String chat = ann.chat();

        List<Event> live = ann.sayAndFollow(chat, "go", "Idempotency-Key", "k").rest();
        List<Event> again = ann.sayAndFollow(chat, "go", "Idempotency-Key", "k").rest();
        String address = chat + "/messages/" + live.getLast().data().path("id").asText();
        List<Event> finished = ann.follow("GET", address).rest();

        assertThat(live.getLast().content()).isEqualTo(TEXT);
        assertThat(EventReader.joined(live)).isEqualTo(TEXT);
        assertThat(again.getFirst().data().path("reply").path("content").asText()).isEqualTo(TEXT);
        assertThat(again.getLast().data()).isEqualTo(live.getLast().data());
        assertThat(finished.getLast().data()).isEqualTo(live.getLast().data());
    }

    @Test
    void response_ofALongReply_hasItInEachOfItsLastEvents() {
        List<Event> events =
                ann.postAndFollow("/v1/responses", "{\"input\":\"x\",\"stream\":true}").rest();

        JsonNode last = events.getLast().data();
        List<Event> done =
                events.stream().filter(each -> each.name().endsWith("text.done")).toList();
        assertThat(done.getFirst().data().path("text").asText()).isEqualTo(TEXT);
        assertThat(last.at("/response/output/0/content/0/text").asText()).isEqualTo(TEXT);
        assertThat(last.path("sequence_number").asInt())
                .isGreaterThan(done.getFirst().data().path("sequence_number").asInt())
                .isGreaterThan(TEXT.length());
    }

    @Test
    void messages_thatAreLong_comeInPagesOfFewer() {
        String chat = ann.chat();
        for (int i = 0; i < 4; i++) {
            ann.say(chat, "go");
        }

        JsonNode page = ann.get(chat + "/messages?limit=100").json();
        List<JsonNode> all = ann.messages(chat);

        assertThat(page.path("data").size()).isBetween(2, 6);
        assertThat(page.path("nextCursor").isNull()).isFalse();
        assertThat(all)
                .extracting(each -> each.path("seq").asInt())
                .containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
        assertThat(ann.get(chat + "/messages", "Accept", "text/markdown").text())
                .hasSizeGreaterThan(4 * TEXT.length());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{chat}/messages|application/json",
                "{chat}/messages|text/markdown",
                "{reply}|application/json",
                "{reply}|text/event-stream",
                "/chats?limit=100|application/json",
                "/v1/conversations/{conversation}/items|application/json"
            })
    void clients_thatDoNotRead_takeTheirOwnersShareOnly(String what) throws Exception {
        String theirs = ben.chat();
        ben.say(theirs, "go");
        String chat = ann.chat();

        takeAllThereIs(chat, what);

        Answer refused = ann.get(chat + "/messages");
        assertThat(refused.code()).isEqualTo("overloaded");
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(ben.get(theirs + "/messages").status()).isEqualTo(200);
        assertThat(outgoing.held()).isLessThan(40_000_000);
        silent.close();
        await().until(() -> outgoing.held() == 0);
        assertThat(ann.get(chat + "/messages").status()).isEqualTo(200);
    }

    /** Its end is the only answer to what it has done. */
    @Test
    void cancel_thatTakesEffect_isAnsweredWhateverThereIs() throws Exception {
        String other = ann.chat();
        model.answer(
                call ->
                        call.lastUser().equals("hang")
                                ? Reply.text(TEXT + "x").deltas(List.of(TEXT, "x")).thenStall(1)
                                : Reply.text(TEXT).deltas(List.of(TEXT)));
        ann.say(other, "hang", "Prefer", "respond-async");
        String reply = other + "/messages/" + ann.messages(other).getLast().path("id").asText();
        await().until(() -> ann.get(reply).json().path("content").asText().length() > 2_900_000);
        takeAllThereIs(ann.chat(), "{reply}|application/json");

        Answer stopped = ann.post(reply + "/cancel", "");
        Answer again = ann.post(reply + "/cancel", "");

        assertThat(stopped.status()).isEqualTo(200);
        assertThat(stopped.json().path("finishReason").asText()).isEqualTo("cancelled");
        assertThat(again.code()).isEqualTo("overloaded");
    }

    @Test
    void markdown_ofManyShortMessages_countsAsShort() throws Exception {
        String many = ann.chat();
        model.answer(call -> Reply.text(call.lastUser()));
        for (int i = 0; i < 51; i++) {
            ann.say(many, "short");
        }
        model.answer(_ -> Reply.text(TEXT).deltas(List.of(TEXT)));
        takeAllThereIs(ann.chat(), "{reply}|application/json");

        Answer markdown = ann.get(many + "/messages", "Accept", "text/markdown");

        assertThat(markdown.status()).isEqualTo(200);
        assertThat(markdown.text().split("\nshort\n", -1)).hasSize(103);
    }

    /** As many clients as get an answer, none of which reads it. */
    private void takeAllThereIs(String chat, String what) throws IOException {
        if (what.startsWith("/chats?")) {
            String settings = Client.write(Map.of("instructions", "x".repeat(32_768)));
            for (int i = 0; i < 100; i++) {
                ann.post("/chats", settings);
            }
        }
        String reply = chat + "/messages/" + ann.say(chat, "go").reply().path("id").asText();
        String conversation = "conv_" + chat.substring("/chats/".length()).replace("-", "");
        String request =
                what.replace("{chat}", chat)
                        .replace("{reply}", reply)
                        .replace("{conversation}", conversation);
        await().until(() -> outgoing.held() == 0); // else these answers take the room of others
        int bar = request.indexOf('|');
        for (int i = 0; i < 30; i++) {
            silent.ask(request.substring(0, bar), request.substring(bar + 1));
        }
        await().until(() -> outgoing.held() > 17_000_000);
    }
}

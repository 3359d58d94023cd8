package ai.konko.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.FakeModelResource;
import ai.konko.openai.SocketClient;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that take nothing of their answers for as long as they may. */
@QuarkusTest
@TestProfile(GivenUpClientsTest.Impatient.class)
@WithTestResource(FakeModelResource.class)
class GivenUpClientsTest {
    private static final String ANN = "ann-key-ann-key-ann-key";

    /** More than all buffers of a connection take. */
    private static final String TEXT = "\"\u00e9\n\ud83d\ude00x".repeat(700_000);

    /** No patience, and no sign of life that would be lost on them. */
    public static final class Impatient implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "konko.limits.unread",
                    "1s",
                    "konko.limits.unread-characters",
                    "100000000",
                    "konko.limits.characters-in-flight",
                    "100000000",
                    "konko.limits.reply-characters",
                    "10000000",
                    "konko.limits.web-socket-life",
                    "1s",
                    "konko.stream.heartbeat",
                    "1h",
                    "konko.api-keys",
                    "ann:" + ANN);
        }
    }

    @TestHTTPResource URI base;
    @Inject Outgoing outgoing;
    FakeModel model;
    private Client ann;
    private SilentClients silent;

    @BeforeEach
    void freshClientsAndModel() {
        model.reset();
        ann = new Client(base).as(ANN);
        silent = new SilentClients(base, ANN);
    }

    @AfterEach
    void closeSilentClients() throws IOException {
        silent.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"%1$s/messages|application/json", "%2$s|text/event-stream"})
    void clients_thatDoNotRead_areGivenUp(String what) throws Exception {
        model.answer(_ -> Reply.text(TEXT).deltas(List.of(TEXT)));
        String chat = ann.chat();
        String reply = chat + "/messages/" + ann.say(chat, "go").reply().path("id").asText();
        String[] request = what.formatted(chat, reply).split("\\|", 2);

        silent.ask(request[0], request[1]);
        silent.awaitAnswer();

        await().atMost(Duration.ofSeconds(60)).until(() -> outgoing.held() == 0);
        assertThat(silent.rest()).isLessThan(TEXT.length());
        assertThat(ann.get(chat + "/messages").status()).isEqualTo(200);
    }

    /** Of a reply that is not over, long before the next sign of life. */
    @Test
    void clients_thatDoNotReadAStreamThatGoesOn_areGivenUp() throws Exception {
        model.answer(_ -> Reply.text(TEXT + "x").deltas(List.of(TEXT, "x")).thenStall(1));
        String chat = ann.chat();
        ann.say(chat, "go", "Prefer", "respond-async");
        String reply = chat + "/messages/" + ann.messages(chat).getLast().path("id").asText();
        await().until(() -> ann.get(reply).json().path("content").asText().length() > 1_000_000);

        silent.ask(reply, "text/event-stream");
        silent.awaitAnswer();

        await().atMost(Duration.ofSeconds(60)).until(() -> listeners() == 0);
        assertThat(silent.rest()).isLessThan(TEXT.length());
        ann.post(reply + "/cancel", "");
    }

    @Test
    void clients_thatDoNotReadWhatIsPassedOn_areGivenUpAndTheModelIsStopped() throws Exception {
        List<String> deltas = Collections.nCopies(200, "x".repeat(100_000));
        model.answer(_ -> Reply.text("x").deltas(deltas));

        silent.post(
                "/v1/chat/completions",
                "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}");
        silent.awaitAnswer();

        await().atMost(Duration.ofSeconds(60))
                .until(
                        () ->
                                new Client(base)
                                        .get("/q/metrics")
                                        .text()
                                        .contains("konko_replies_in_flight 0.0"));
        await().until(() -> model.inFlight() == 0);
        assertThat(model.calls().getFirst().closed()).as("before it had written all").isCompleted();
        assertThat(silent.rest()).isLessThan(200 * 100_000);
    }

    @Test
    void clients_thatDoNotReadTheirWebSocket_areGivenUp() throws Exception {
        model.answer(_ -> Reply.text(TEXT).deltas(List.of(TEXT)));

        String message = "{\"type\":\"response.create\",\"input\":\"go\",\"store\":false}";
        try (Wire wire = Wire.withLittleRoom(base).openSocket(ANN)) {
            wire.sendFrame(message.length(), message).until("response.created");

            await().atMost(Duration.ofSeconds(60)).until(() -> listeners() == 0);
            assertThat(wire.rest().length()).isLessThan(TEXT.length());
        }
    }

    @Test
    void socket_thatIsTooOld_isClosed() throws Exception {
        try (SocketClient socket = new SocketClient(base, "Authorization", "Bearer " + ANN)) {
            assertThat(socket.answer().at("/error/code").asText())
                    .isEqualTo("websocket_connection_limit_reached");
            assertThat(socket.closed()).succeedsWithin(Duration.ofSeconds(5)).isEqualTo(1000);
        }
    }

    private double listeners() {
        return new Client(base)
                .get("/q/metrics")
                .text()
                .lines()
                .filter(line -> line.startsWith("konko_listeners "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' ') + 1)))
                .sum();
    }
}

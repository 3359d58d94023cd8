package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.EventReader.Event;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.FakeModelResource;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way in which a model's stream goes wrong. */
@QuarkusTest
@TestProfile(FaultsTest.Impatient.class)
class StreamFaultsTest extends HttpTest {
    private static final String TEXT = "The quick brown fox jumps over the lazy dog.";
    private static final String SECRET = "upstream-secret-77";

    private final Queue<String> logged = new ConcurrentLinkedQueue<>();
    private final Handler listener =
            new Handler() {
                @Override
                public void publish(LogRecord line) {
                    logged.add(
                            line.getMessage()
                                    + " "
                                    + List.of(
                                            line.getParameters() == null
                                                    ? new Object[0]
                                                    : line.getParameters())
                                    + " "
                                    + line.getThrown());
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };

    @BeforeEach
    void listen() {
        Logger.getLogger("").addHandler(listener);
    }

    @AfterEach
    void leave() {
        Logger.getLogger("").removeHandler(listener);
    }

    static Stream<Arguments> faults() {
        Reply.Text text = Reply.text(TEXT);
        String some = TEXT.substring(0, 20); // five deltas of four
        return Stream.of(
                interrupted("cut after five", text.thenCut(5), some),
                interrupted("garbage after five", text.thenGarbage(5), some),
                interrupted("an error event after five", text.thenErrorEvent(5), some),
                interrupted("a stall after five", text.thenStall(5), some),
                interrupted("no finish reason", text.noFinish(), TEXT),
                interrupted("drip until the total timeout", dripping(), ""),
                failed("cut before the first", text.thenCut(0), "model-failed"),
                failed("garbage first", text.thenGarbage(0), "model-failed"),
                failed("an error event first", text.thenErrorEvent(0), "model-failed"),
                failed("a stall before the first", text.thenStall(0), "model-timeout"),
                failed("nothing but an end", Reply.text("").noFinish(), "model-failed"),
                failed("no text", Reply.text(""), "model-failed"),
                failed("no answer", Reply.hang(), "model-timeout"),
                failed("dropped", Reply.drop(), "model-failed"),
                failed("no events", Reply.raw("{\"choices\":[]} " + SECRET), "model-failed"),
                failed("500", Reply.status(500, SECRET, Map.of()), "model-failed"),
                failed("401", Reply.status(401, SECRET, Map.of()), "model-failed"),
                failed("429", Reply.status(429, SECRET, Map.of()), "model-unavailable"),
                failed("503", Reply.status(503, SECRET, Map.of()), "model-unavailable"));
    }

    /** Never silent for long, and never at an end. */
    private static Reply dripping() {
        return Reply.text("drip ".repeat(10_000)).gap(Duration.ofMillis(100));
    }

    private static Arguments interrupted(String name, Reply reply, String text) {
        return Arguments.of(name, reply, "incomplete", text, "");
    }

    private static Arguments failed(String name, Reply reply, String code) {
        return Arguments.of(name, reply, "failed", "", code);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void post_whoseStreamBreaks_endsWithWhatThereIsAndTheLogAgrees(
            String name, Reply reply, String status, String text, String code) {
        String chat = client.chat();
        model.answer(_ -> reply);

        List<Event> events = client.sayAndFollow(chat, "a user's secret").rest();

        Event last = events.getLast();
        assertThat(last.name()).isEqualTo(status);
        assertThat(events.stream().filter(Event::last)).hasSize(1);
        assertThat(last.content()).isEqualTo(EventReader.joined(events));
        if (!name.startsWith("drip")) {
            assertThat(last.content()).isEqualTo(text);
        }
        assertThat(last.data().path("status").asText()).isEqualTo(status);
        assertThat(last.data().path("finishReason").asText())
                .isEqualTo(status.equals("failed") ? "" : "interrupted");
        assertThat(last.data().path("error").path("code").asText()).isEqualTo(code);
        JsonNode kept = client.messages(chat).getLast();
        assertThat(kept).isEqualTo(last.data());
        assertThat(model.calls()).hasSize(1);
        assertThat(client.get(chat).json().path("status").asText()).isEqualTo("idle");
        assertThat(events.toString() + logged)
                .doesNotContain(SECRET, "sk-123", FakeModelResource.KEY, "Exception", "java.");
        assertThat(logged.toString()).doesNotContain("a user's secret", "quick", "drip ");

        String id = last.data().path("id").asText();
        List<Event> attached = client.follow("GET", chat + "/messages/" + id).rest();
        assertThat(attached.getLast()).isEqualTo(last);
    }

    @Test
    void post_whoseModelStalls_closesTheConnection() throws Exception {
        String chat = client.chat();
        model.answer(_ -> Reply.text(TEXT).thenStall(2));

        client.sayAndFollow(chat, "hello").rest();

        model.calls().getFirst().closed().get(10, TimeUnit.SECONDS);
    }

    @Test
    void post_whoseModelIsCutOffByLength_isIncompleteWithItsUsage() {
        String chat = client.chat();
        model.answer(_ -> Reply.text(TEXT).finish("length").usage(3, 4));

        Event last = client.sayAndFollow(chat, "hello").rest().getLast();

        assertThat(last.name()).isEqualTo("incomplete");
        assertThat(last.data().path("finishReason").asText()).isEqualTo("length");
        assertThat(last.data().path("usage").path("outputTokens").asInt()).isEqualTo(4);
    }

    @Test
    void post_jsonWhoseModelIsSlowToBegin_hasTheTotalTimeoutAlone() {
        String chat = client.chat();
        model.answer(_ -> Reply.text(TEXT).after(Duration.ofMillis(1500)));

        assertThat(client.say(chat, "as a whole").status()).isEqualTo(201);
        assertThat(client.sayAndFollow(chat, "in pieces").rest().getLast().name())
                .isEqualTo("failed");
    }

    @Test
    void stream_inSilence_hasHeartbeats() {
        String chat = client.chat();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("done").gate(gate));
        EventReader stream = client.sayAndFollow(chat, "hello");
        stream.next();

        List<Event> silence = List.of(stream.nextOrComment(), stream.nextOrComment());
        gate.complete(null);

        assertThat(silence).allMatch(event -> event.raw().equals(": ping"));
        assertThat(EventReader.joined(stream.rest())).isEqualTo("done");
    }
}

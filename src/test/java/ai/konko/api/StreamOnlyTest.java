package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel.Reply;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Posts that wait for the whole reply, of a provider that only streams. */
@QuarkusTest
@TestProfile(StreamOnlyTest.StreamOnly.class)
class StreamOnlyTest extends HttpTest {
    private static final int LONGEST = 1000;
    private static final String TEXT = "The quick brown fox jumps over the lazy dog.";
    private static final String SOME = TEXT.substring(0, 20); // five deltas of four

    /** A service that asks for streams, does not wait long, and has short replies. */
    public static final class StreamOnly implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "konko.model.stream-only",
                    "true",
                    "konko.model.total-timeout",
                    "5s",
                    "konko.limits.reply-characters",
                    Integer.toString(LONGEST));
        }
    }

    static Stream<Arguments> faults() {
        Reply.Text text = Reply.text(TEXT);
        return Stream.of(
                Arguments.of("cut", text.thenCut(5)),
                Arguments.of("garbage", text.thenGarbage(5)),
                Arguments.of("an error event", text.thenErrorEvent(5)),
                Arguments.of("a stall", text.thenStall(5)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void post_whoseStreamBreaks_keepsTheTextThatCame(String name, Reply reply) {
        String chat = client.chat();
        model.answer(_ -> reply);

        Answer answer = client.say(chat, "hello");

        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
        assertThat(answer.reply().path("status").asText()).isEqualTo("incomplete");
        assertThat(answer.reply().path("finishReason").asText()).isEqualTo("interrupted");
        assertThat(answer.reply().path("content").asText()).isEqualTo(SOME);
        assertThat(client.messages(chat).getLast()).isEqualTo(answer.reply());
    }

    @Test
    void post_whoseStreamEnds_hasItsTextOnceAndItsUsage() {
        model.answer(_ -> Reply.text(TEXT).usage(3, 4));

        Answer answer = client.say(client.chat(), "hello");

        assertThat(answer.reply().path("status").asText()).isEqualTo("completed");
        assertThat(answer.reply().path("content").asText()).isEqualTo(TEXT);
        assertThat(answer.reply().at("/usage/totalTokens").asInt()).isEqualTo(7);
    }

    @Test
    void post_ofTooLongAReply_endsAsLengthAndStopsTheModel() {
        model.answer(_ -> Reply.text("word".repeat(LONGEST)).thenStall(LONGEST));

        Answer answer = client.say(client.chat(), "go on");

        assertThat(answer.reply().path("finishReason").asText()).isEqualTo("length");
        assertThat(answer.reply().path("content").asText()).hasSize(LONGEST);
        await().until(() -> model.inFlight() == 0);
    }

    @Test
    void post_thatIsCancelled_keepsTheTextThatCame() {
        String chat = client.chat();
        model.answer(_ -> Reply.text(TEXT).thenStall(5));
        CompletableFuture<Answer> waiting = client.sayLater(chat, "hello");
        await().until(() -> client.messages(chat).size() == 2);
        String id = client.messages(chat).getLast().path("id").asText();
        EventReader attached = client.follow("GET", chat + "/messages/" + id);
        attached.untilText(SOME.length());

        client.post(chat + "/messages/" + id + "/cancel", "");

        JsonNode reply = waiting.join().reply();
        assertThat(reply.path("finishReason").asText()).isEqualTo("cancelled");
        assertThat(reply.path("content").asText()).isEqualTo(SOME);
    }

    @Test
    void completion_ofTooLongAReply_finishesWithLength() {
        model.answer(_ -> Reply.text("word".repeat(LONGEST)).thenStall(LONGEST));

        Answer answer =
                client.post(
                        "/v1/chat/completions",
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");

        assertThat(answer.json().at("/choices/0/finish_reason").asText()).isEqualTo("length");
        assertThat(answer.json().at("/choices/0/message/content").asText()).hasSize(LONGEST);
    }
}

package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.FakeModelResource;
import ai.konko.fake.TestCollector;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What a trace says of a turn, and what it does not. */
@QuarkusTest
@WithTestResource(FakeModelResource.class)
@WithTestResource(TestCollector.class)
class TracesTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    @TestHTTPResource URI base;
    FakeModel model;
    TestCollector collector;

    @Test
    void turn_isOneSpanOfTheCallersTrace_withoutItsText() {
        model.reset();
        Client client = new Client(base);
        String chat = client.chat();
        model.answer(_ -> Reply.text("Zebrafinch reply").usage(11, 3));

        Answer turn =
                client.say(
                        chat,
                        "Zebrafinch message",
                        "traceparent",
                        "00-" + TRACE + "-00f067aa0ba902b7-01");
        client.get("/chats?q=Zebrafinch");
        model.answer(_ -> Reply.status(500, "Zebrafinch", Map.of()));
        client.say(chat, "Zebrafinch again");

        await().until(() -> count("gen_ai.conversation.id") == 2);
        String received = collector.received();
        assertThat(received)
                .contains(
                        chat.substring("/chats/".length()),
                        turn.reply().path("id").asText(),
                        "chat test-model",
                        "gen_ai.usage.input_tokens",
                        "gen_ai.response.finish_reasons",
                        "error.type",
                        "model-failed",
                        new String(HexFormat.of().parseHex(TRACE), StandardCharsets.ISO_8859_1))
                .doesNotContain("Zebrafinch");
        assertThat(count("konko.reply.id")).isEqualTo(2);
    }

    private long count(String text) {
        return Pattern.compile(Pattern.quote(text)).matcher(collector.received()).results().count();
    }
}

package ai.konko.assistant;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.ContextTurn;
import ai.konko.chat.TestLimits;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.data.message.ChatMessageType;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CompletionBodyTest {
    private static final String NASTY = "\"\\\b\n\u0001\u007f</\u00e9\u65e5\uD83D\uDE00";

    @Test
    void of_anyMessages_hasTheirTextToTheLetter() throws Exception {
        byte[] message = NASTY.getBytes(UTF_8);
        ContextTurn turn =
                new ContextTurn(
                        2,
                        1,
                        ContextTurn.joined(message, message.length, "reply " + NASTY),
                        message.length);

        JsonNode body =
                new ObjectMapper()
                        .readTree(
                                CompletionBody.of(
                                                List.of(
                                                        SystemMessage.from("system " + NASTY),
                                                        ContextMessage.ofMessage(turn),
                                                        ContextMessage.ofReply(turn),
                                                        ContextMessage.of(
                                                                ChatMessageType.AI, NASTY),
                                                        UserMessage.from("user " + NASTY)),
                                                call())
                                        .getBytes());

        assertThat(body.path("messages"))
                .extracting(
                        each -> each.path("role").asText() + ": " + each.path("content").asText())
                .containsExactly(
                        "system: system " + NASTY,
                        "user: " + NASTY,
                        "assistant: reply " + NASTY,
                        "assistant: " + NASTY,
                        "user: user " + NASTY);
    }

    @Test
    void of_aCallThatIsNotStreamed_saysSo() throws Exception {
        JsonNode body =
                new ObjectMapper().readTree(CompletionBody.of(List.of(), call()).getBytes());

        assertThat(body.path("stream").isBoolean()).isTrue();
        assertThat(body.path("stream").asBoolean()).isFalse();
        assertThat(body.has("stream_options")).isFalse();
    }

    @Test
    void of_aLongContext_isWhole() throws Exception {
        String text = NASTY.repeat(10_000); // longer than what is written at once

        JsonNode body =
                new ObjectMapper()
                        .readTree(
                                CompletionBody.of(
                                                List.of(
                                                        ContextMessage.of(
                                                                ChatMessageType.USER, text)),
                                                call())
                                        .getBytes());

        assertThat(body.path("messages").path(0).path("content").asText()).isEqualTo(text);
    }

    private static ModelCall call() {
        return new ModelCall(
                "m",
                List.of(),
                false,
                Map.of(),
                new Cancellation(),
                new TextInFlight(TestLimits.WIDE).open(null),
                Timeouts.whole(Duration.ofSeconds(1)));
    }
}

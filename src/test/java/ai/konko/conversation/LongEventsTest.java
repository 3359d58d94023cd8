package ai.konko.conversation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.FinishReason;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.Random;
import java.util.UUID;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LongEventsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 4})
    void next_ofPartAfterPart_givesWhatWouldHaveComeAtOnce(int times) {
        Message reply = reply(text());
        BiConsumer<Message, StringBuilder> events =
                (message, out) -> {
                    for (int i = 0; i < times; i++) {
                        out.append("data: ").append(quoted(message.content())).append("\n\n");
                    }
                    out.append("data: end\n\n");
                };
        StringBuilder atOnce = new StringBuilder();
        events.accept(reply, atOnce);

        LongEvents parts = LongEvents.of(reply, events);
        StringBuilder all = new StringBuilder();
        int longest = 0;
        while (!parts.over()) {
            int before = all.length();
            parts.next(all);
            longest = Math.max(longest, all.length() - before);
        }

        assertThat(all.toString()).isEqualTo(atOnce.toString());
        assertThat(longest).isLessThanOrEqualTo(6 * 16_384);
    }

    @Test
    void next_neverEndsInsideOfAPair() {
        LongEvents parts =
                LongEvents.of(
                        reply("a" + "\ud83d\ude00".repeat(50_000)),
                        (message, out) -> out.append(message.content()));

        while (!parts.over()) {
            StringBuilder part = new StringBuilder();
            parts.next(part);
            assertThat(part.isEmpty() || !Character.isHighSurrogate(part.charAt(part.length() - 1)))
                    .isTrue();
        }
    }

    private static String text() {
        Random random = new Random(3);
        String letters = "abc \"\\\n\u0001\u00e9\u65e5";
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 100_000; i++) {
            text.append(letters.charAt(random.nextInt(letters.length())));
            if (i % 7 == 0) {
                text.append("\ud83d\ude00");
            }
        }
        return text.toString();
    }

    private static String quoted(String text) {
        try {
            return JSON.writeValueAsString(text);
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException(unwritable);
        }
    }

    private static Message reply(String text) {
        return Message.queuedReply(new UUID(0, 1), new UUID(0, 2), 2, Instant.EPOCH)
                .started("m")
                .ended(Outcome.ended(text, FinishReason.STOP, null), Instant.EPOCH);
    }
}

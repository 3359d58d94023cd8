package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.Highlights.Point;
import ai.konko.chat.Message;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ExtractTest {
    private static final UUID CHAT = UUID.randomUUID();

    @Test
    void of_takesWhatTheConversationTurnsOnInItsOrder() {
        Message budget = message(1, "Hello. The budget is nine thousand euros.");
        Message aside = message(3, "Hm. Right.");
        Message spent = message(5, "Half the budget of nine thousand is spent.");

        List<Point> points = Extract.of(List.of(budget, aside, spent), 2);

        assertThat(points)
                .containsExactly(
                        new Point("The budget is nine thousand euros.", budget.id()),
                        new Point("Half the budget of nine thousand is spent.", spent.id()));
    }

    @Test
    void of_saysNothingTwice() {
        Message first = message(1, "Flying to Lisbon tomorrow morning.");
        Message quoted = message(3, "You said: flying to Lisbon tomorrow morning!");
        Message other = message(5, "Hotel booked.");

        List<Point> points = Extract.of(List.of(first, quoted, other), 5);

        assertThat(points).extracting(Point::messageId).hasSize(2).contains(other.id());
    }

    @Test
    void cut_neverSplitsASurrogatePair() {
        assertThat(Extract.cut("abcdef", 6)).isEqualTo("abcdef");
        assertThat(Extract.cut("abcdefg", 6)).isEqualTo("abcde…");
        assertThat(Extract.cut("abcd\ud83d\ude00g", 6)).isEqualTo("abcd…");
    }

    private static Message message(int seq, String content) {
        return Message.ofUser(UUID.randomUUID(), CHAT, seq, content, List.of(), Instant.EPOCH);
    }
}

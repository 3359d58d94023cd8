package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Where the next turns of a chat go. */
class LogEndTest {
    private static final UUID CHAT = new UUID(0, 9);
    private static final Instant NOW = Instant.ofEpochSecond(1);
    private static final UUID EARLY = GrowingIds.firstAt(Instant.ofEpochSecond(2));
    private static final UUID LATE = GrowingIds.firstAt(Instant.ofEpochSecond(3));
    private static final Options OPTIONS =
            new Options("m", null, Map.of(), Map.of(), null, 0, false, false, false);

    @Test
    void next_ofAnEmptyChat_hasTheFirstPlaces() {
        Post post =
                new Post(
                        "hello",
                        List.of(),
                        WhenBusy.ENQUEUE,
                        null,
                        false,
                        OPTIONS,
                        List.of(),
                        null);

        Turn turn = new LogEnd(CHAT, 0, null).next(post, () -> EARLY, NOW);

        assertThat(turn.message().seq()).isEqualTo(1);
        assertThat(turn.message().content()).isEqualTo("hello");
        assertThat(turn.reply().seq()).isEqualTo(2);
        assertThat(turn.reply().status()).isEqualTo(Status.QUEUED);
        assertThat(turn.reply().options()).isEqualTo(OPTIONS);
        assertThat(turn.reply().createdAt()).isEqualTo(NOW);
        assertThat(turn.message().id()).isEqualTo(EARLY);
        assertThat(turn.reply().id()).isGreaterThan(EARLY);
    }

    @Test
    void next_fromASourceThatIsBehind_hasGreaterIdsThanTheLast() {
        Post post = new Post("hello", WhenBusy.ENQUEUE, null, false);

        Turn turn = new LogEnd(CHAT, 6, LATE).next(post, () -> EARLY, NOW);

        assertThat(turn.message().seq()).isEqualTo(7);
        assertThat(turn.message().id()).isGreaterThan(LATE);
        assertThat(turn.reply().id()).isGreaterThan(turn.message().id());
    }

    @Test
    void next_ofSeveralPastTurns_followOneAnother() {
        List<PastTurn> past =
                List.of(
                        new PastTurn("a", Outcome.ended("b", FinishReason.STOP, null), "m"),
                        new PastTurn("c", null, null));

        List<Turn> turns = new LogEnd(CHAT, 2, LATE).next(past, () -> EARLY, NOW);

        List<Message> messages =
                turns.stream().flatMap(turn -> Stream.of(turn.message(), turn.reply())).toList();
        assertThat(messages).extracting(Message::seq).containsExactly(3, 4, 5, 6);
        assertThat(messages)
                .extracting(Message::id)
                .isSorted()
                .allMatch(id -> id.compareTo(LATE) > 0);
        assertThat(messages).allMatch(message -> message.status().terminal());
        assertThat(LogEnd.of(turns.getLast()))
                .isEqualTo(new LogEnd(CHAT, 6, messages.getLast().id()));
    }

    @Test
    void next_ofNoPastTurns_isNone() {
        assertThat(new LogEnd(CHAT, 2, LATE).next(List.of(), () -> EARLY, NOW)).isEmpty();
    }
}

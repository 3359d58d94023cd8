package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.Accepted;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Outcome;
import ai.konko.chat.Post;
import ai.konko.chat.StartOptions;
import ai.konko.chat.WhenBusy;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What a plain turn costs beside the work itself, counted on the wire. */
class TurnCostTest {
    private static final StartOptions START = new StartOptions("m", 20, 100_000);

    @Test
    void plainTurn_isTwoCommitsInFourRoundTrips() throws Exception {
        String url = TestPostgres.newDatabase("trips");
        try (RoundTrips wire = new RoundTrips(TestPostgres.port());
                TestLog log = TestLog.on(url.replaceFirst(":\\d+/", ":" + wire.port() + "/"))) {
            UUID chat = log.chat("x");
            turn(log, chat, "the first one makes the connection");
            int trips = wire.trips();
            int transactions = wire.transactions();

            for (int i = 0; i < 10; i++) {
                turn(log, chat, "hello");
            }

            assertThat(wire.transactions() - transactions).isEqualTo(2 * 10);
            assertThat(wire.trips() - trips).isEqualTo(4 * 10);
        }
    }

    private static void turn(TestLog log, UUID chat, String text) {
        Accepted accepted =
                log.repository.accept(chat, new Post(text, WhenBusy.ENQUEUE, null, true), START);
        assertThat(accepted.started()).isNotNull();
        UUID reply = accepted.turn().reply().id();
        Outcome end = Outcome.ended("hi", FinishReason.STOP, null);
        assertThat(log.repository.finish(chat, reply, 1, end, START).reply().content())
                .isEqualTo("hi");
    }
}

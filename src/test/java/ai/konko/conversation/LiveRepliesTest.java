package ai.konko.conversation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.Message;
import ai.konko.chat.Owner;
import ai.konko.chat.TestLimits;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Each reply under way has one place, whoever asks for it first. */
class LiveRepliesTest {
    private static final Message REPLY =
            Message.queuedReply(UUID.randomUUID(), UUID.randomUUID(), 2, Instant.EPOCH);

    private final Places places = new Places(TestLimits.WIDE);
    private final LiveReplies live = new LiveReplies(places);

    @Test
    void admit_whatNobodyAskedFor_keepsItsPlaceUntilItIsRemoved() {
        LiveReply admitted = live.admit(REPLY, places.take(Owner.ANONYMOUS));

        assertThat(live.at(REPLY)).isSameAs(admitted);
        assertThat(places.inFlight()).isEqualTo(1);
        assertThat(places.owners()).isEqualTo(1);
        assertThat(live.remove(REPLY)).isSameAs(admitted);
        assertThat(live.remove(REPLY)).isNull();
        assertThat(places.inFlight()).isZero();
        assertThat(places.owners()).isZero();
    }

    @Test
    void admit_whatSomebodyAskedFor_movesItToThePlaceOfItsOwner() {
        LiveReply asked = live.at(REPLY);
        assertThat(places.owners()).isZero();

        LiveReply admitted = live.admit(REPLY, places.take(Owner.ANONYMOUS));

        assertThat(admitted).isSameAs(asked);
        assertThat(places.inFlight()).isEqualTo(1);
        assertThat(places.owners()).isEqualTo(1);
        live.remove(REPLY);
        assertThat(places.inFlight()).isZero();
        assertThat(places.owners()).isZero();
    }

    @Test
    void moveTo_ofAReplyThatIsOver_givesThePlaceBack() {
        LiveReply over = live.at(REPLY);
        live.remove(REPLY);

        over.moveTo(places.take(Owner.ANONYMOUS));

        assertThat(places.inFlight()).isZero();
        assertThat(places.owners()).isZero();
    }
}

package ai.konko.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import ai.konko.chat.TestLimits;
import org.junit.jupiter.api.Test;

class LiveRepliesTest {
    private static final int MOST = 100;
    private static final Owner ANN = new Owner("ann");
    private static final Owner BEN = new Owner("ben");
    private static final Owner EVE = new Owner("eve");

    private final TestLimits limits = TestLimits.WIDE.withTurnsInFlight(MOST);
    private final Shares shares = new Shares(limits);
    private final LiveReplies live = new LiveReplies(limits, shares);

    @Test
    void enter_whereAnotherHasAllTurnsInFlight_isForAnEqualShare() {
        assertThat(enter(ANN)).isEqualTo(MOST);

        assertThat(enter(BEN)).isEqualTo(MOST / 2);

        assertThat(live.inFlight()).isEqualTo(MOST + MOST / 2);
    }

    @Test
    void enter_whereTwiceAsManyAreInFlight_isForNobody() {
        for (int i = 0; i < 2 * MOST; i++) {
            live.enter(new Owner("owner" + i));
            shares.take(new Owner("owner" + i));
        }

        assertThat(enter(EVE)).isZero();

        assertThat(live.inFlight()).isEqualTo(2 * MOST);
    }

    /**
     * @return how many turns get in before one is refused
     */
    private int enter(Owner owner) {
        int entered = 0;
        while (isIn(owner)) {
            entered++;
        }
        assertThatThrownBy(() -> live.enter(owner))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.OVERLOADED));
        return entered;
    }

    private boolean isIn(Owner owner) {
        try {
            live.enter(owner);
        } catch (RefusedException _) {
            return false;
        }
        shares.take(owner);
        return true;
    }
}

package ai.konko.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import ai.konko.chat.TestLimits;
import org.junit.jupiter.api.Test;

class PlacesTest {
    private static final int MOST = 100;
    private static final Owner ANN = new Owner("ann");
    private static final Owner BEN = new Owner("ben");
    private static final Owner EVE = new Owner("eve");

    private final Places places = new Places(TestLimits.WIDE.withTurnsInFlight(MOST));

    @Test
    void take_whereAnotherHasAllTurnsInFlight_isForAnEqualShare() {
        assertThat(take(ANN)).isEqualTo(MOST);

        assertThat(take(BEN)).isEqualTo(MOST / 2);

        assertThat(places.inFlight()).isEqualTo(MOST + MOST / 2);
    }

    @Test
    void take_whereTwiceAsManyAreInFlight_isForNobody() {
        for (int i = 0; i < 2 * MOST; i++) {
            Places.Place _ = places.take(new Owner("owner" + i));
        }

        assertThat(take(EVE)).isZero();

        assertThat(places.inFlight()).isEqualTo(2 * MOST);
    }

    /**
     * @return how many turns get in before one is refused
     */
    private int take(Owner owner) {
        int entered = 0;
        while (isIn(owner)) {
            entered++;
        }
        assertThatThrownBy(() -> places.take(owner))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.OVERLOADED));
        return entered;
    }

    private boolean isIn(Owner owner) {
        try {
            Places.Place _ = places.take(owner);
            return true;
        } catch (RefusedException _) {
            return false;
        }
    }

    @Test
    void close_severalTimes_givesThePlaceBackOnce() {
        Places.Place first = places.take(ANN);
        Places.Place second = places.take(ANN);

        first.close();
        first.close();

        assertThat(places.inFlight()).isEqualTo(1);
        assertThat(places.owners()).isEqualTo(1);
        second.close();
        assertThat(places.inFlight()).isZero();
        assertThat(places.owners()).isZero();
    }
}

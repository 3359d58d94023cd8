package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HeldLeaseTest {
    private final HeldLease lease = new HeldLease(Duration.ofSeconds(10));

    @Test
    void renewedEachSecond_itIsSettledAfterItsLength() {
        renewEachSecond(0, 10);

        assertThat(lease.settled(seconds(9))).isFalse();
        assertThat(lease.settled(seconds(10))).isTrue();
    }

    @Test
    void notRenewedInTime_itIsNotSettled() {
        renewEachSecond(0, 20);

        assertThat(lease.settled(seconds(28))).isFalse();
    }

    /** Another replica, renewed just before, has lost its lease by then, and lives. */
    @Test
    void renewedLate_itSettlesAnew() {
        renewEachSecond(0, 20);

        lease.renewed(seconds(21), seconds(29)); // the answer waited for the database

        assertThat(lease.settled(seconds(30))).isFalse();
        renewEachSecond(30, 40);
        assertThat(lease.settled(seconds(40))).isTrue();
    }

    @Test
    void renewalThatFailed_letsItSettleAnew() {
        renewEachSecond(0, 20);

        lease.failed();
        assertThat(lease.settled(seconds(21))).isFalse();
        lease.renewed(seconds(22), seconds(22));

        assertThat(lease.settled(seconds(23))).isFalse();
        renewEachSecond(23, 32);
        assertThat(lease.settled(seconds(32))).isTrue();
    }

    @Test
    void notRenewedForItsLength_itHoldsNoMore() {
        assertThat(lease.holds(seconds(0))).isFalse();
        lease.renewed(seconds(1), seconds(5));
        lease.failed();

        assertThat(lease.holds(seconds(10))).isTrue();
        assertThat(lease.holds(seconds(11))).isFalse();
    }

    private void renewEachSecond(int from, int to) {
        for (int i = from; i <= to; i++) {
            lease.renewed(seconds(i), seconds(i));
        }
    }

    private static long seconds(int count) {
        return TimeUnit.SECONDS.toNanos(count);
    }
}

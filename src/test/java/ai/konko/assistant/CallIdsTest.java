package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class CallIdsTest {

    @Test
    void next_whereNoOtherIdsAreKnown_hasTheReplysPlace() {
        CallIds ids = new CallIds(6, null);

        assertThat(ids.next("x")).isEqualTo("x_6");
        assertThat(ids.next("x")).isEqualTo("x_6_2");
        assertThat(ids.next(null)).isEqualTo("call_6_3");
        assertThat(ids.next("x".repeat(127))).isEqualTo("call_6_4");
    }

    @Test
    void next_ofAnIdThatIsTaken_hasTheNextFreeSuffix() {
        CallIds ids = new CallIds(6, Set.of("x", "x_2", "call_6_3", "y".repeat(128)));

        assertThat(ids.next("x")).isEqualTo("x_3");
        assertThat(ids.next("x")).isEqualTo("x_4");
        assertThat(ids.next("")).isEqualTo("call_6_3_2");
        assertThat(ids.next("y".repeat(128))).isEqualTo("call_6_4");
        assertThat(ids.next("z".repeat(128))).hasSize(128);
    }
}

package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.Owner;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WaitingLineTest {
    private final WaitingLine<Call> line = new WaitingLine<>(Call::waits);

    /** A call that waits, or does so no more. */
    private record Call(String name, boolean waits) {}

    private void add(String owner, int first, int last) {
        IntStream.rangeClosed(first, last)
                .forEach(i -> line.add(new Owner(owner), new Call(owner + i, true)));
    }

    private List<String> all() {
        List<String> names = new ArrayList<>();
        for (@Nullable Call next = line.poll(); next != null; next = line.poll()) {
            names.add(next.name());
        }
        return names;
    }

    @Test
    void poll_servesTheOwnersInTurn() {
        add("ann", 1, 4);
        add("ben", 1, 1);
        add("cat", 1, 2);

        assertThat(all()).containsExactly("ann1", "ben1", "cat1", "ann2", "cat2", "ann3", "ann4");
    }

    @Test
    void poll_forOneWhoComesLate_servesThemNext() {
        add("ann", 1, 1000);
        Call _ = line.poll();

        add("ben", 1, 1);

        assertThat(all()).startsWith("ann2", "ben1", "ann3").hasSize(1000);
    }

    @Test
    void poll_passesOverWhoWaitsNoMoreAndTakesNobodysTurnForIt() {
        add("ann", 1, 1);
        line.add(new Owner("ben"), new Call("gone", false));
        add("ben", 1, 1);
        line.add(new Owner("cat"), new Call("gone", false));
        add("ann", 2, 2);

        assertThat(all()).containsExactly("ann1", "ben1", "ann2");
    }

    @Test
    void poll_ofNobody_isNull() {
        line.add(Owner.ANONYMOUS, new Call("gone", false));

        assertThat(line.poll()).isNull();
    }
}

package ai.konko.store.memory;

import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/** The operations of {@link InMemoryChatRepositoryLincheckTest} on real threads. */
class InMemoryChatRepositoryStressLincheckTest {

    @Test
    void operations_underStress_areLinearizable() {
        new StressOptions()
                .iterations(15)
                .invocationsPerIteration(400)
                .threads(3)
                .actorsPerThread(3)
                .actorsBefore(2)
                .check(InMemoryChatRepositoryLincheckTest.class);
    }
}

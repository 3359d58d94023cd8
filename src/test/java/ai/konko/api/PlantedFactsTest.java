package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Nothing that a summarizer wrote is lost on the way, however often the window is cut. */
@QuarkusTest
class PlantedFactsTest extends HttpTest {
    private static final int TURNS = Boolean.getBoolean("test.postgres") ? 120 : 400;
    private static final int FACTS = TURNS / 10;

    @BeforeEach
    void aModelThatKnowsWhatItIsSent() {
        model.answer(PlantedFacts::answer);
    }

    @Test
    void compaction_recallsAll_whereAWindowForgets() {
        PlantedFacts window = planted("{\"maxMessages\": 30}");
        PlantedFacts compacted = planted("{\"maxMessages\": 30, \"compaction\": \"summary\"}");
        compacted.settle();

        assertThat(window.recalled()).isLessThan(FACTS / 5);
        assertThat(compacted.recalled()).isEqualTo(FACTS);
        List<Integer> through = new ArrayList<>();
        client.get(compacted.chat() + "/summaries?limit=100")
                .json()
                .path("data")
                .forEach(each -> through.add(each.path("throughSeq").asInt()));
        assertThat(through).as("one of each range").doesNotHaveDuplicates();
        assertThat(through.size()).isGreaterThan(TURNS / 20);
        assertThat(
                        model.calls().stream()
                                .filter(each -> each.lastUser().startsWith("The summary may"))
                                .mapToInt(each -> each.lastUser().length()))
                .as("never the whole chat again")
                .allMatch(each -> each < 12_000);
        assertThat(client.messages(compacted.chat()))
                .extracting(each -> each.path("seq").asInt())
                .hasSize(2 * TURNS)
                .isSorted();
    }

    private PlantedFacts planted(String memory) {
        PlantedFacts chat = new PlantedFacts(client, memory, FACTS);
        chat.plant(TURNS);
        return chat;
    }

    /** So that the test does not hold for a model that knows without being told. */
    @Test
    void fullContext_recallsAll_andAnEmptyOneNothing() {
        PlantedFacts full = new PlantedFacts(client, "{\"maxMessages\": 1000}", 5);
        full.plant(20);
        PlantedFacts alone = new PlantedFacts(client, "{\"maxMessages\": 1}", 5);
        alone.plant(20);

        assertThat(Map.of("full", full.recalled(), "alone", alone.recalled()))
                .isEqualTo(Map.of("full", 5, "alone", 0));
    }
}

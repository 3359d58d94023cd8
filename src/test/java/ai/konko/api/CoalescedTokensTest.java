package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.EventReader.Event;
import ai.konko.fake.FakeModel.Reply;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where what comes from models in a long while is taken in at once. */
@QuarkusTest
@TestProfile(CoalescedTokensTest.Patient.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CoalescedTokensTest extends HttpTest {
    private static final int STREAMS = 16;
    private static final int TOKENS = 200;

    /** A service that would rather wait than be woken. */
    public static final class Patient implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("konko.model.token-coalescing", "50ms");
        }
    }

    /** A slow machine only has more of them come at once. */
    @Test
    void post_whoseTokensComeOneByOneBesideOthers_isSentManyInADelta() throws Exception {
        List<String> tokens = Collections.nCopies(TOKENS, "token ");
        CompletableFuture<Void> all = new CompletableFuture<>();
        model.answer(_ -> Reply.text("").deltas(tokens).gap(Duration.ofMillis(2)).gate(all));
        List<EventReader> streams = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            streams.add(client.sayAndFollow(client.chat(), "hello"));
        }
        all.complete(null);

        int deltas = 0;
        for (EventReader each : streams) {
            List<Event> events = each.rest();
            deltas += (int) events.stream().filter(it -> it.name().equals("delta")).count();
            assertThat(events.getLast().content()).isEqualTo(String.join("", tokens));
        }
        assertThat(deltas).isLessThan(STREAMS * TOKENS / 2);
    }
}

package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader.Event;
import ai.konko.fake.FakeModel.Reply;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Models that fall silent in the middle, where there is patience for a first token and for the
 * whole, but not for silence: only the latter can end these replies before the test gives up. The
 * same service has no search.
 */
@QuarkusTest
@TestProfile(SilenceTest.PatientAtFirst.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SilenceTest extends HttpTest {

    /** A service that waits long for a first token, and not for the next. */
    public static final class PatientAtFirst implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "konko.model.first-token-timeout",
                    "10m",
                    "konko.model.total-timeout",
                    "10m",
                    "konko.model.idle-timeout",
                    "300ms",
                    "konko.search",
                    "off");
        }
    }

    @Test
    void post_whoseModelStallsAfterAToken_isInterrupted() throws Exception {
        String chat = client.chat();
        model.answer(_ -> Reply.text("some text and more").thenStall(2));

        Event last = client.sayAndFollow(chat, "hello").rest().getLast();

        assertThat(last.name()).isEqualTo("incomplete");
        assertThat(last.content()).isEqualTo("some tex");
        model.calls().getFirst().closed().get(10, TimeUnit.SECONDS);
    }

    @Test
    void post_whoseModelIsDoneButDoesNotEnd_isCompleted() throws Exception {
        String chat = client.chat();
        model.answer(_ -> Reply.text("all of it").noEnd());

        Event last = client.sayAndFollow(chat, "hello").rest().getLast();

        assertThat(last.name()).isEqualTo("completed");
        assertThat(last.content()).isEqualTo("all of it");
        model.calls().getFirst().closed().get(10, TimeUnit.SECONDS);
    }

    @Test
    void list_whileSearchIsOff_refusesASearchAlone() {
        String chat = client.chat();

        for (String list : List.of("/chats", chat + "/messages")) {
            Answer refused = client.get(list + "?q=hello");

            assertThat(refused.status()).isEqualTo(422);
            assertThat(refused.json().path("violations").path(0).path("field").asText())
                    .isEqualTo("q");
        }
        JsonNode newest = client.get("/chats").json().path("data").path(0);
        assertThat(chat).isEqualTo("/chats/" + newest.path("id").asText());
    }
}

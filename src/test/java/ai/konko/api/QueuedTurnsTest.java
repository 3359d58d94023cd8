package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.FakeModelResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** How many turns may wait in the process, over all chats. */
@QuarkusTest
@TestProfile(QueuedTurnsTest.FewWait.class)
@WithTestResource(FakeModelResource.class)
class QueuedTurnsTest {

    /** Two may wait. */
    public static final class FewWait implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("konko.limits.queued-turns", "2");
        }
    }

    @TestHTTPResource URI base;
    FakeModel model;

    @Test
    void post_withAsManyWaitingAsMay_isOverloadedUntilOneRuns() {
        model.reset();
        model.answer(_ -> Reply.hang());
        Client client = new Client(base);
        String first = client.chat();
        String second = client.chat();
        Answer running = post(client, first);
        post(client, second);
        Awaitility.await().until(() -> model.inFlight() == 2);
        post(client, first);
        post(client, second);

        Answer refused = post(client, client.chat());
        client.post(first + "/messages/" + running.reply().path("id").asText() + "/cancel", "");
        Awaitility.await().until(() -> model.calls().size() == 3);
        Answer accepted = post(client, second);
        client.delete(first);
        client.delete(second);

        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.code()).isEqualTo("overloaded");
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(accepted.status()).isEqualTo(202);
    }

    private static Answer post(Client client, String chat) {
        return client.say(chat, "hello", "Prefer", "respond-async");
    }
}

package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.FakeModelResource;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Many turns at once over few connections to the model, which breaks some of them off. */
@QuarkusTest
@TestProfile(FewConnectionsTest.Few.class)
@WithTestResource(FakeModelResource.class)
class FewConnectionsTest {
    private static final int FEW = 3;

    /** Less than there are turns, and no multiple of the event loops. */
    public static final class Few implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("konko.model.max-connections", Integer.toString(FEW));
        }
    }

    @TestHTTPResource URI base;
    FakeModel model;

    @Test
    void turns_beyondTheConnections_waitForOne_andABrokenOneHarmsNobodyElse() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        model.reset();
        model.answer(
                call ->
                        switch (call.messages().getLast().content()) {
                            case "refuse" -> Reply.status(500, "{}", Map.of());
                            case "cut" -> Reply.text("a text that is cut").thenCut(2);
                            case "stall" -> Reply.text("a text that stalls").thenStall(1);
                            default -> Reply.text("whole");
                        });
        Client client = new Client(base);
        List<String> asked = new ArrayList<>();
        List<String> replies = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            String what =
                    switch (random.nextInt(16)) {
                        case 0, 1 -> "refuse";
                        case 2, 3 -> "cut";
                        case 4 -> "stall";
                        default -> "hello";
                    };
            String chat = client.chat();
            Answer posted = client.say(chat, what, "Prefer", "respond-async");
            asked.add(what);
            replies.add(chat + "/messages/" + posted.reply().path("id").asText());
        }
        List<CompletableFuture<Answer>> stopped = new ArrayList<>();
        for (int i = 0; i < replies.size(); i++) {
            if (asked.get(i).equals("stall")) {
                String cancel = replies.get(i) + "/cancel";
                stopped.add(CompletableFuture.supplyAsync(() -> client.post(cancel, "")));
            }
        }
        stopped.forEach(CompletableFuture::join);

        Awaitility.await("seed " + seed)
                .until(
                        () ->
                                replies.stream()
                                        .map(each -> client.get(each).json())
                                        .noneMatch(
                                                each ->
                                                        each.path("status")
                                                                        .asText()
                                                                        .equals("queued")
                                                                || each.path("status")
                                                                        .asText()
                                                                        .equals("in_progress")));

        for (int i = 0; i < replies.size(); i++) {
            JsonNode reply = client.get(replies.get(i)).json();
            String status = reply.path("status").asText();
            switch (asked.get(i)) {
                case "refuse" -> assertThat(status).as("seed %d", seed).isEqualTo("failed");
                case "cut", "stall" ->
                        assertThat(status).as("seed %d", seed).isIn("incomplete", "failed");
                default ->
                        assertThat(reply.path("content").asText())
                                .as("seed %d", seed)
                                .isEqualTo("whole");
            }
        }
        assertThat(model.mostInFlight()).isLessThanOrEqualTo(FEW);
    }
}

package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader.Event;
import ai.konko.fake.FakeModel.Call;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.Script;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Random dialogues with tools, with a provider that refuses what OpenAI refuses. Whatever is
 * posted, cancelled, retried, cut and read again: it never has to, and no call is left in between.
 */
@QuarkusTest
class DialoguesTest extends HttpTest {
    private static final int DIALOGUES =
            Integer.getInteger("test.dialogues", Boolean.getBoolean("test.postgres") ? 30 : 60);
    private static final int STEPS = 14;

    private static final String TOOLS =
            """
            [{"type": "function", "name": "look", "parameters": {"type": "object"}},
             {"type": "function", "name": "count"}]
            """;

    private long seed;

    @BeforeEach
    void provider() {
        seed = ThreadLocalRandom.current().nextLong();
        model.answer(this::reply);
    }

    private Reply reply(Call call) {
        Random random = new Random(seed ^ call.body().path("messages").hashCode());
        return switch (random.nextInt(10)) {
            case 0 -> Reply.status(500, "{}", Map.of());
            case 1 -> calls(random, "length");
            case 2 -> calls(random, null);
            case 3, 4, 5, 6 -> calls(random, random.nextBoolean() ? "tool_calls" : "stop");
            default -> Reply.text("word ".repeat(1 + random.nextInt(300)));
        };
    }

    /** Some reasoning, text and calls, with ids that providers give again and again. */
    private static Reply calls(Random random, @Nullable String finish) {
        Script script = new Script();
        if (random.nextBoolean()) {
            script.reasoning("so so");
        }
        if (random.nextBoolean()) {
            script.text("Let me see. ");
        }
        int calls = 1 + random.nextInt(3);
        for (int i = 0; i < calls; i++) {
            script.call(
                    random.nextInt(5) == 0 ? "" : "call_" + i % 2,
                    random.nextBoolean() ? "look" : "no such tool!",
                    random.nextInt(4) == 0 ? "no json" : "{}");
        }
        return finish == null ? script.reply().noFinish() : script.reply().finish(finish);
    }

    @Test
    void dialogues_ofAnyKind_areTakenByTheProvider() throws Exception {
        List<Future<?>> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < DIALOGUES; i++) {
                long own = seed + i;
                all.add(threads.submit(() -> new Dialogue(own).run()));
            }
        }
        for (Future<?> each : all) {
            each.get();
        }

        assertThat(model.refused()).as("seed %d", seed).isEmpty();
    }

    /** One chat, used by several clients one after the other, and at times at once. */
    private final class Dialogue {
        private final Random random;
        private final String chat;

        Dialogue(long seed) {
            random = new Random(seed);
            chat =
                    "/chats/"
                            + client.post(
                                            "/chats",
                                            "{\"model\":\"m%d\",\"tools\":%s}"
                                                    .formatted(seed, TOOLS))
                                    .id();
        }

        void run() {
            for (int i = 0; i < STEPS; i++) {
                step();
                check();
            }
            assertThat(client.delete(chat).status()).isEqualTo(204);
        }

        private void step() {
            List<JsonNode> messages = client.messages(chat);
            JsonNode last = messages.isEmpty() ? null : messages.getLast();
            List<String> open = last == null ? List.of() : open(last);
            int chosen = random.nextInt(10);
            if (!open.isEmpty() && chosen < 5) {
                outputs(open);
            } else if (last != null && chosen == 5) {
                settled(client.post(path(last) + "/cancel", ""), 200);
            } else if (last != null && chosen == 6) {
                settled(client.post(path(last) + "/retry", ""), 201, 409, 502);
            } else if (chosen == 7) {
                String[] async = {"Prefer", "respond-async"};
                Answer accepted = client.say(chat, "a ".repeat(20), async);
                Answer second = client.say(chat, "b", async);
                client.post(path(second.json().path("reply")) + "/cancel", "");
                client.post(path(accepted.json().path("reply")) + "/cancel", "");
            } else if (chosen == 8) {
                streamed();
            } else if (chosen == 9 && random.nextBoolean()) {
                erase();
            } else {
                settled(client.say(chat, "please " + "look ".repeat(400)), 201, 502);
            }
        }

        /** Any item, so that at times nothing is left of a message or a turn. */
        private void erase() {
            String items =
                    "/v1/conversations/conv_%s/items"
                            .formatted(chat.substring("/chats/".length()).replace("-", ""));
            List<String> ids = new ArrayList<>();
            client.get(items + "?limit=100")
                    .json()
                    .path("data")
                    .forEach(each -> ids.add(each.path("id").asText()));
            for (int i = random.nextInt(4); i > 0 && !ids.isEmpty(); i--) {
                String id = ids.remove(random.nextInt(Math.min(6, ids.size())));
                settled(client.delete(items + "/" + id), 200, 404, 409);
            }
        }

        private String path(JsonNode message) {
            return chat + "/messages/" + message.path("id").asText();
        }

        private void settled(Answer answer, Integer... statuses) {
            assertThat(answer.status()).as("seed %d", seed).isIn((Object[]) statuses);
        }

        private List<String> open(JsonNode message) {
            List<String> open = new ArrayList<>();
            for (JsonNode item : message.path("items")) {
                if (item.path("status").asText().equals("open")) {
                    open.add(item.path("callId").asText());
                }
            }
            return open;
        }

        /** Sometimes too few, which is refused, and sometimes with a message. */
        private void outputs(List<String> open) {
            boolean few = open.size() > 1 && random.nextInt(4) == 0;
            List<Map<String, Object>> outputs = new ArrayList<>();
            for (String id : few ? open.subList(1, open.size()) : open) {
                boolean failed = random.nextBoolean();
                outputs.add(
                        Map.of(
                                "callId", id,
                                "output", "o".repeat(random.nextInt(3000)),
                                "failed", failed));
            }
            Map<String, Object> body =
                    random.nextBoolean()
                            ? Map.of("outputs", outputs)
                            : Map.of("outputs", outputs, "content", "and now?");
            Answer answer = client.post(chat + "/messages", Client.write(body));
            settled(answer, few ? new Integer[] {422} : new Integer[] {201, 502});
        }

        /** Reads a stream with breaks, and compares it with the whole. */
        private void streamed() {
            List<Event> seen = new ArrayList<>();
            String reply;
            try (EventReader first = client.sayAndFollow(chat, "stream")) {
                reply = first.next().data().path("reply").path("id").asText();
                seen.addAll(first.next(1));
            }
            while (!seen.getLast().last()) {
                String id = seen.getLast().id();
                try (EventReader again =
                        client.follow("GET", chat + "/messages/" + reply, "Last-Event-ID", id)) {
                    seen.addAll(again.next(1));
                }
            }
            List<Event> whole = client.follow("GET", chat + "/messages/" + reply).rest();
            assertThat(ToolsTest.units(seen)).as("seed %d", seed).isEqualTo(ToolsTest.units(whole));
        }

        /** Only the last reply may have open calls, and then the chat waits. */
        private void check() {
            JsonNode found = client.get(chat).json();
            List<JsonNode> messages = client.messages(chat);
            Set<String> ids = new HashSet<>();
            for (JsonNode each : messages) {
                boolean last = each.equals(messages.getLast());
                boolean waits = !open(each).isEmpty() && !each.path("completedAt").isMissingNode();
                assertThat(waits)
                        .as("seed %d", seed)
                        .isEqualTo(last && found.path("status").asText().equals("waiting"));
                for (JsonNode item : each.path("items")) {
                    if (item.path("type").asText().equals("call")) {
                        assertThat(ids.add(item.path("callId").asText()))
                                .as("seed %d", seed)
                                .isTrue();
                    }
                }
            }
        }
    }
}

package ai.konko.packaged;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Writers at full speed, each in a chat of its own, and what they were told. */
final class Load implements AutoCloseable {
    private final List<String> chats;
    private final Queue<Answer> acknowledged = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Future<?>> writers = new ArrayList<>();

    private Load(List<String> chats) {
        this.chats = chats;
    }

    static Load on(Client client, int writers) {
        List<String> chats = new ArrayList<>();
        for (int i = 0; i < writers; i++) {
            chats.add(client.chat());
        }
        Load load = new Load(chats);
        chats.forEach(
                chat -> load.writers.add(load.threads.submit(() -> load.write(client, chat))));
        return load;
    }

    private void write(Client client, String chat) {
        for (int i = 0; !stopped.get(); i++) {
            try {
                Answer answer = client.say(chat, chat + " says " + i + " 🎉");
                if (answer.status() == 201) {
                    acknowledged.add(answer);
                }
            } catch (CompletionException _) {
                // The service is gone, or the connection is; the next one shows.
            }
        }
    }

    int acknowledged() {
        return acknowledged.size();
    }

    /** Those so far. */
    List<Answer> answers() {
        return List.copyOf(acknowledged);
    }

    List<String> chats() {
        return chats;
    }

    void stop() throws Exception {
        stopped.set(true);
        for (Future<?> each : writers) {
            each.get(120, TimeUnit.SECONDS);
        }
    }

    /** Every acknowledged turn is in the log, to the letter. */
    void assertNothingIsLost(Client client) {
        assertNothingIsLost(client, acknowledged);
    }

    /** The same of these turns. */
    void assertNothingIsLost(Client client, Collection<Answer> told) {
        Map<String, JsonNode> log = new HashMap<>();
        chats.forEach(
                chat ->
                        client.messages(chat)
                                .forEach(each -> log.put(each.path("id").asText(), each)));
        for (Answer each : told) {
            for (String part : List.of("message", "reply")) {
                JsonNode message = each.json().path(part);
                assertThat(log.get(message.path("id").asText())).isEqualTo(message);
            }
        }
    }

    /** What was posted is in each chat in the order in which it was, and at most once. */
    void assertInOrder(Client client) {
        for (String chat : chats) {
            List<Integer> posted =
                    client.messages(chat).stream()
                            .filter(each -> each.path("role").asText().equals("user"))
                            .map(each -> each.path("content").asText().split(" ", -1)[2])
                            .map(Integer::valueOf)
                            .toList();
            assertThat(posted).doesNotHaveDuplicates().isSorted();
        }
    }

    /** Whether no reply of these chats is under way. */
    static boolean isTerminal(Client client, List<String> chats) {
        return chats.stream()
                .noneMatch(chat -> client.get(chat).json().path("status").asText().equals("busy"));
    }

    /** User and assistant take turns, from 1 on without a gap, and every reply is over. */
    static void assertAlternates(Client client, String chat) {
        assertAlternates(client.messages(chat));
    }

    /** The same of these messages. */
    static void assertAlternates(List<JsonNode> messages) {
        assertThat(messages.size()).isEven();
        for (int i = 0; i < messages.size(); i++) {
            JsonNode message = messages.get(i);
            assertThat(message.path("seq").asInt()).isEqualTo(i + 1);
            assertThat(message.path("role").asText()).isEqualTo(i % 2 == 0 ? "user" : "assistant");
            assertThat(message.path("status").asText()).isIn("completed", "incomplete", "failed");
        }
    }

    @Override
    public void close() {
        stopped.set(true);
        threads.shutdownNow();
    }
}

package ai.konko.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.assistant.Assistant;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.Message;
import ai.konko.chat.Origin;
import ai.konko.chat.Owner;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Settings;
import ai.konko.chat.Status;
import ai.konko.chat.WhenBusy;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.FakeModelResource;
import io.quarkiverse.langchain4j.runtime.aiservice.ChatMemoryRemovable;
import io.quarkus.arc.ClientProxy;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything at once on a few chats: no turn is lost, ends twice, or leaves anything behind. */
@QuarkusTest
@QuarkusTestResource(FakeModelResource.class)
class TurnStormTest {
    private static final int THREADS = 24;

    /** A database takes some milliseconds for each. */
    private static final int STEPS = Boolean.getBoolean("test.postgres") ? 40 : 300;

    @Inject TurnEngine turns;
    @Inject ChatRepository repository;
    @Inject LiveReplies live;
    @Inject Places places;
    @Inject Assistant assistant;

    FakeModel model;

    @BeforeEach
    void aModelThatMostlyAnswers() {
        model.reset();
        model.answer(
                call ->
                        call.lastUser().endsWith("7")
                                ? Reply.status(500, "{}", Map.of())
                                : Reply.text("reply to: " + call.lastUser()));
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15})
    void postsInterruptsAndDeletes_allEndAndLeaveNothing(long seed) throws Exception {
        List<UUID> chats =
                List.of(chat(), chat(), chat(), chat()); // the last one is deleted half-way
        Queue<CompletableFuture<Message>> ends = new ConcurrentLinkedQueue<>();

        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < THREADS; i++) {
                Random random = new Random(seed * 1000 + i);
                threads.execute(() -> storm(chats, random, ends));
            }
        }

        for (CompletableFuture<Message> end : ends) {
            assertThat(end.get(30, TimeUnit.SECONDS).status().terminal()).isTrue();
        }
        await().until(() -> places.inFlight() == 0);
        assertThat(live.all()).isEmpty();
        assertThat(((ChatMemoryRemovable) ClientProxy.unwrap(assistant)).getAllChatMemoryIds())
                .isEmpty();
        for (UUID chat : chats.subList(0, 3)) {
            assertThat(repository.chat(chat).busy()).isFalse();
            List<Message> log =
                    repository.messages(chat, new MessageQuery(10_000, Order.ASC, null)).items();
            for (int i = 1; i < log.size(); i += 2) {
                String said = log.get(i - 1).content();
                assertThat(log.get(i).content()).isIn("", "reply to: " + said);
                boolean mayFail = said.endsWith("7");
                assertThat(log.get(i).status() == Status.FAILED && !mayFail)
                        .as("a turn failed because another was cancelled: %s", log.get(i).failure())
                        .isFalse();
            }
        }
    }

    private void storm(List<UUID> chats, Random random, Queue<CompletableFuture<Message>> ends) {
        for (int step = 0; step < STEPS; step++) {
            UUID chat = chats.get(random.nextInt(chats.size()));
            try {
                if (step == STEPS / 2 && chat.equals(chats.getLast())) {
                    turns.delete(chat);
                }
                WhenBusy whenBusy = List.of(WhenBusy.values()).get(random.nextInt(3));
                String key = random.nextInt(4) == 0 ? "key " + random.nextInt(3) : null;
                String content = key == null ? "m" + random.nextInt(1000) : "keyed";
                ends.add(
                        turns.post(
                                        Origin.of(Owner.ANONYMOUS),
                                        chat,
                                        new Post(content, whenBusy, key, false))
                                .reply()
                                .end());
            } catch (RefusedException refused) {
                assertThat(refused.code().wire())
                        .isIn(
                                "chat-busy",
                                "queue-full",
                                "chat-not-found",
                                "idempotency-key-reused");
            }
        }
    }

    private UUID chat() {
        return repository.create(Owner.ANONYMOUS, Settings.NONE).id();
    }
}

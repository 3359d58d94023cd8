package ai.konko.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Message;
import ai.konko.chat.Origin;
import ai.konko.chat.Owner;
import ai.konko.chat.Post;
import ai.konko.chat.Settings;
import ai.konko.chat.Status;
import ai.konko.chat.WhenBusy;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.FakeModelResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whoever observes the ends of turns hears of each once, and stops none. */
@QuarkusTest
@QuarkusTestResource(FakeModelResource.class)
class TurnEventsTest {
    private static final Origin ANYBODY = Origin.of(Owner.ANONYMOUS);

    @Inject TurnEngine turns;
    @Inject ChatRepository repository;
    @Inject Witness witness;

    FakeModel model;

    private UUID chat;

    /** Hears of all ends, and fails at those of one chat. */
    @Singleton
    static class Witness {
        private final Queue<Message> heard = new ConcurrentLinkedQueue<>();
        private volatile UUID failsAt = new UUID(0, 0);

        void hear(@Observes TurnEnded turn) {
            heard.add(turn.reply());
            if (turn.reply().chatId().equals(failsAt)) {
                throw new IllegalStateException("as a test's observer does");
            }
        }

        List<Message> of(UUID chat) {
            return heard.stream().filter(each -> each.chatId().equals(chat)).toList();
        }
    }

    @BeforeEach
    void aChat() {
        model.reset();
        chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
    }

    private PostedTurn post(String text) {
        return turns.post(ANYBODY, chat, new Post(text, WhenBusy.ENQUEUE, null, false));
    }

    @Test
    void end_ofTurnsThatRanOrNeverDid_isHeardOnceEach() {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("done").gate(gate));
        PostedTurn running = post("one");
        PostedTurn waiting = post("two");

        turns.cancel(chat, waiting.turn().reply().id()).join();
        gate.complete(null);
        Message done = running.reply().end().join();

        await().until(() -> witness.of(chat).size() == 2);
        assertThat(witness.of(chat)).contains(done);
        assertThat(witness.of(chat))
                .filteredOn(each -> each.finishReason() == FinishReason.CANCELLED)
                .extracting(Message::id)
                .containsExactly(waiting.turn().reply().id());
    }

    @Test
    void end_whoseObserverFails_isFollowedByTheNextTurn() {
        witness.failsAt = chat;
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("done").gate(gate));
        PostedTurn first = post("one");
        PostedTurn second = post("two");
        PostedTurn third = post("three");

        turns.cancel(chat, second.turn().reply().id()).join();
        gate.complete(null);

        assertThat(first.reply().end().join().status()).isEqualTo(Status.COMPLETED);
        assertThat(third.reply().end().join().status()).isEqualTo(Status.COMPLETED);
        await().until(() -> witness.of(chat).size() == 3);
    }
}

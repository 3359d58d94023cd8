package ai.konko.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Message;
import ai.konko.chat.Origin;
import ai.konko.chat.Owner;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Settings;
import ai.konko.chat.WhenBusy;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.FakeModelResource;
import io.quarkus.arc.ClientProxy;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusMock;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the log can't take now is written as soon as it can: no reply and no chat stays behind. */
@QuarkusTest
@QuarkusTestResource(FakeModelResource.class)
class EndsTest {
    private static final Origin ANYBODY = Origin.of(Owner.ANONYMOUS);

    @Inject TurnEngine turns;
    @Inject TurnRunner runner;
    @Inject LiveReplies live;
    @Inject Places places;
    @Inject ChatRepository repository;

    FakeModel model;

    private FaultyLog log;
    private UUID chat;

    /** Ways in which the log fails for a time. */
    enum Fault implements Supplier<Throwable> {
        OUT_OF_REACH {
            @Override
            public Throwable get() {
                return RefusedException.forNow(
                        ErrorCode.STORE_UNAVAILABLE, "gone", Duration.ofSeconds(1));
            }
        },
        UNEXPECTED {
            @Override
            public Throwable get() {
                return new IllegalStateException("SQL state 40001");
            }
        },
        OUT_OF_MEMORY {
            @Override
            public Throwable get() {
                return new OutOfMemoryError("Java heap space");
            }
        }
    }

    @BeforeEach
    void aLogThatWorks() {
        model.reset();
        log = new FaultyLog(ClientProxy.unwrap(repository));
        QuarkusMock.installMockForType(log.repository(), ChatRepository.class);
        chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
    }

    @AfterEach
    void nothingStays() {
        log.work();
        await().until(() -> places.inFlight() == 0);
        assertThat(live.all()).isEmpty();
        assertThat(repository.chat(chat).busy()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void finish_fails_isDoneAgainUntilItIsWritten(Fault fault) throws Exception {
        model.answer(call -> Reply.text("re: " + call.lastUser()));
        log.fail("finish", fault);
        PostedTurn first = post("one");
        PostedTurn second = post("two");
        await().until(() -> log.failed("finish") > 2);
        assertThat(first.reply().end()).as("nobody is told before the log is").isNotDone();

        log.work();

        assertThat(end(first).content()).isEqualTo("re: one");
        assertThat(end(second).content()).isEqualTo("re: two");
        assertThat(repository.message(chat, first.turn().reply().id())).isEqualTo(end(first));
    }

    @ParameterizedTest
    @EnumSource
    void start_fails_isDoneAgain(Fault fault) throws Exception {
        model.answer(_ -> Reply.text("hi"));
        repository.accept(chat, new Post("one", WhenBusy.ENQUEUE, null, false));
        log.fail("start", fault);
        runner.runNext(chat);
        assertThat(log.failed("start")).isPositive();

        log.work();

        await().until(() -> !repository.chat(chat).busy());
        assertThat(repository.context(chat, 3, 1, Long.MAX_VALUE)).hasSize(1);
    }

    /** Its text is its owner's, if the log can tell who that is. */
    @Test
    void runNext_ofATurnThatNobodyPostedHere_asksWhoseItIs() {
        model.answer(_ -> Reply.text("hi"));
        log.fail("owner", Fault.OUT_OF_REACH);
        repository.accept(chat, new Post("one", WhenBusy.ENQUEUE, null, false));

        runner.runNext(chat);

        await().until(() -> !repository.chat(chat).busy());
        assertThat(log.failed("owner")).isEqualTo(1);
        assertThat(repository.context(chat, 3, 1, Long.MAX_VALUE)).hasSize(1);
    }

    /** After the turn was accepted its poster is told of a fault, but the turn runs. */
    @Test
    void post_failsRightAfterItsAcceptance_runsAllTheSame() {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("hi").deltas(List.of("h", "i")).gateAt(1, gate));
        PostedTurn running = post("one");
        log.fail("message", Fault.OUT_OF_MEMORY);

        assertThatThrownBy(() -> post("two")).isInstanceOf(OutOfMemoryError.class);
        log.work();
        gate.complete(null);

        assertThat(running.reply().end()).succeedsWithin(Duration.ofSeconds(30));
        await().until(() -> !repository.chat(chat).busy());
        assertThat(repository.context(chat, 5, 2, Long.MAX_VALUE)).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource
    void cancel_whileTheEndCanNotBeWritten_isAnsweredOnceItIs(Fault fault) throws Exception {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(
                _ ->
                        Reply.text("so far and more")
                                .deltas(List.of("so far", " and more"))
                                .gateAt(1, gate));
        PostedTurn posted = post("one");
        UUID reply = posted.turn().reply().id();
        await().until(() -> repository.message(chat, reply).content().length() >= 6);
        log.fail("finish", fault);

        CompletableFuture<Message> cancelled = turns.cancel(chat, reply);
        await().until(() -> log.failed("finish") > 1);
        CompletableFuture<Message> again = turns.cancel(chat, reply);
        log.work();

        Message end = cancelled.get(30, TimeUnit.SECONDS);
        assertThat(end.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(again.get(30, TimeUnit.SECONDS)).isEqualTo(end);
        assertThat(repository.message(chat, reply)).isEqualTo(end);
        gate.complete(null);
    }

    @Test
    void delete_whileTheEndCanNotBeWritten_endsItWithItsChat() throws Exception {
        model.answer(_ -> Reply.text("hi"));
        log.fail("finish", Fault.UNEXPECTED);
        PostedTurn posted = post("one");
        await().until(() -> log.failed("finish") > 0);

        turns.delete(chat);
        log.work();

        assertThat(end(posted).finishReason()).isEqualTo(FinishReason.CANCELLED);
        chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
    }

    private PostedTurn post(String content) {
        return turns.post(ANYBODY, chat, new Post(content, WhenBusy.ENQUEUE, null, true));
    }

    private static Message end(PostedTurn posted) throws Exception {
        return posted.reply().end().get(30, TimeUnit.SECONDS);
    }
}

package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ai.konko.chat.CallStatus;
import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Observer;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.Draft;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.FinishReason;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.Item;
import ai.konko.chat.Item.Call;
import ai.konko.chat.Item.Output;
import ai.konko.chat.Item.Reasoning;
import ai.konko.chat.Items;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Settings;
import ai.konko.chat.Started;
import ai.konko.chat.Status;
import ai.konko.chat.TestClock;
import ai.konko.chat.TestLimits;
import ai.konko.chat.Turn;
import ai.konko.chat.WhenBusy;
import ai.konko.chat.Writer;
import ai.konko.chat.Written;
import io.agroal.api.AgroalDataSource;
import java.net.URI;
import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two replicas on one log, without their background tasks. */
class ReplicaTest {
    private static final Duration LEASE = Duration.ofSeconds(10);
    private static final Call CALL = Call.open(4, "a", "tool", "{}");
    private static AgroalDataSource source;
    private static Database database;

    private final Part a = new Part(false);

    /** This one takes all others for dead. */
    private final Part b = new Part(true);

    private UUID chat;

    @BeforeAll
    static void connect() {
        source = TestPostgres.migrated(TestPostgres.newDatabase("two"));
        database = new Database(() -> source, 20, 1000);
    }

    @AfterAll
    static void disconnect() {
        source.close();
    }

    @BeforeEach
    void aChatWithATurn() {
        a.replica.renew();
        b.replica.renew();
        chat = a.repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        a.repository.accept(chat, new Post("hello", WhenBusy.ENQUEUE, null, true));
    }

    @Test
    void flush_letsTheOtherReadTheText() {
        UUID reply = a.start();
        a.repository.draft(chat, reply, 1).text("one ");
        a.replica.flush();
        a.repository.draft(chat, reply, 1).text("two");

        assertThat(b.content(reply)).isEqualTo("one ");
        assertThat(a.content(reply)).isEqualTo("one two");
        a.replica.flush();
        assertThat(b.content(reply)).isEqualTo("one two");
        assertThat(a.content(reply)).isEqualTo("one two");
    }

    @Test
    void writer_isTheReplicaThatRunsTheReply_ifItHasAnAddress() {
        Part asked = new Part(false, LEASE, Clock.systemUTC(), "http://10.0.0.5:8080");
        asked.replica.renew();
        a.replica.renew();
        Message waiting = a.repository.message(chat, a.replyOf(chat));
        assertThat(a.repository.writer(waiting)).isEmpty();

        UUID reply = asked.start();

        Message running = a.repository.message(chat, reply);
        Writer writer = a.repository.writer(running).orElseThrow();
        assertThat(writer.replica()).isEqualTo(asked.id);
        assertThat(writer.address()).isEqualTo(URI.create("http://10.0.0.5:8080"));
        assertThat(asked.repository.pairWith(a.id)).contains(writer.pair());
        assertThat(asked.repository.pairWith(b.id)).isPresent().get().isNotEqualTo(writer.pair());
        assertThat(a.repository.pairWith(asked.id)).isEmpty();
        assertThat(asked.repository.writer(running)).isEmpty();
    }

    @Test
    void finish_whileAFlushIsUnderWay_leavesNothingOfIt() throws Exception {
        UUID reply = a.start();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                Connection flushing = source.getConnection()) {
            flushing.setAutoCommit(false);
            Session session = new Session(flushing);
            session.update("update pending set cancel = cancel where chat_id = ?", chat);
            session.update("insert into piece values (?, 2, 1, 0, 'half')", chat);

            Outcome failed =
                    Outcome.brokenOff(
                            Written.of(""), Failure.of(ErrorCode.MODEL_FAILED, "It failed."));
            Future<Message> end = threads.submit(() -> a.repository.finish(chat, reply, 1, failed));
            await().until(() -> count("pg_stat_activity where wait_event_type = 'Lock'") > 0);
            flushing.commit();

            assertThat(end.get().status()).isEqualTo(Status.FAILED);
        }
        assertThat(count("piece where chat_id = '" + chat + "'")).isZero();
        a.repository.retry(chat, reply, true);
        a.start();
        assertThat(a.content(reply)).isEmpty();
    }

    private static int count(String of) {
        return database.statement(
                session ->
                        session.first("select count(*) from " + of, row -> row.getInt(1))
                                .orElseThrow());
    }

    @Test
    void flush_betweenTheHalvesOfAPair_keepsThemTogether() {
        UUID reply = a.start();
        a.repository.draft(chat, reply, 1).text("x\uD83C");
        a.replica.flush();

        assertThat(b.content(reply)).isEqualTo("x");
        a.repository.draft(chat, reply, 1).text("\uDF89y");
        a.replica.flush();
        assertThat(b.content(reply)).isEqualTo("x🎉y");
    }

    /** All of it is written each time. */
    @Test
    void flush_ofReasoning_waitsUntilThereIsSomeMore() {
        UUID reply = a.start();
        Draft draft = a.repository.draft(chat, reply, 1);
        draft.begin(new Reasoning(0, ""));
        draft.reasoning("a");
        a.replica.flush();

        draft.reasoning("b".repeat(255));
        a.replica.flush();
        assertThat(b.items(reply)).containsExactly(new Reasoning(0, "a"));
        draft.reasoning("c");
        a.replica.flush();

        assertThat(b.items(reply)).containsExactly(new Reasoning(0, "a" + "b".repeat(255) + "c"));
    }

    @Test
    void flush_ofItems_letsTheOtherReadThemWithTheirText() {
        UUID reply = a.start();
        Draft draft = a.repository.draft(chat, reply, 1);
        draft.begin(new Reasoning(0, ""));
        draft.reasoning("Hm\uD83C");
        a.replica.flush();
        assertThat(b.items(reply)).isEmpty();
        draft.reasoning("\uDF89");
        a.replica.flush();
        assertThat(b.items(reply)).containsExactly(new Reasoning(0, "Hm🎉"));
        draft.whole(new Reasoning(0, "Hm🎉"));
        draft.text("so");
        a.replica.flush();
        draft.text("!\uD83C");
        draft.begin(CALL);
        draft.whole(CALL);

        assertThat(a.items(reply)).containsExactly(new Reasoning(0, "Hm🎉"), CALL);
        assertThat(b.items(reply)).containsExactly(new Reasoning(0, "Hm🎉"));
        a.replica.flush();
        assertThat(b.content(reply)).isEqualTo("so!");
        assertThat(b.items(reply)).as("not beyond the text").hasSize(1);
        draft.text("\uDF89");
        a.replica.flush();
        assertThat(b.content(reply)).isEqualTo("so!🎉");
        assertThat(b.items(reply)).isEqualTo(a.items(reply)).hasSize(2);
    }

    @Test
    void flush_ofManyReplies_writesTextsAndItemsOfEach() {
        UUID first = a.start();
        UUID other = a.repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        a.repository.accept(other, new Post("hello", WhenBusy.ENQUEUE, null, true));
        UUID second = a.repository.start(other, "m").orElseThrow().turn().reply().id();
        a.repository.draft(chat, first, 1).text("text");
        a.repository.draft(other, second, 1).begin(new Reasoning(0, "hm"));

        a.replica.flush();

        assertThat(b.content(first)).isEqualTo("text");
        assertThat(b.repository.message(other, second).items())
                .containsExactly(new Reasoning(0, "hm"));
    }

    @Test
    void takenOver_itemsOfTheFirstRunAreGone() {
        UUID reply = a.start();
        Draft first = a.repository.draft(chat, reply, 1);
        first.text("old!");
        first.begin(CALL);
        a.replica.flush();

        Started again = b.repository.start(chat, "m").orElseThrow();

        assertThat(again.turn().reply().items()).isEmpty();
        first.whole(CALL);
        a.replica.flush();
        assertThat(b.items(reply)).isEmpty();
        assertThat(a.items(reply)).isEmpty();
        b.repository.draft(chat, reply, 1).begin(new Reasoning(0, "hm"));
        b.replica.flush();
        b.forget();
        b.start();
        b.repository.draft(chat, reply, 1).text("1234");
        b.repository.draft(chat, reply, 1).begin(CALL);
        b.replica.flush();
        b.forget();
        assertThat(b.repository.start(chat, "m")).as("given up").isEmpty();
        assertThat(Items.calls(a.items(reply)))
                .extracting(Call::status)
                .containsExactly(CallStatus.INTERRUPTED);
    }

    @Test
    void outputsGivenToTheOther_endTheCalls() {
        UUID reply = a.start();
        Outcome calls = Outcome.ended(new Written("1234", List.of(CALL)), FinishReason.CALLS, null);
        a.repository.finish(chat, reply, 1, calls);
        assertThat(b.repository.chat(chat).waiting()).isTrue();
        Post outputs =
                new Post(
                        "",
                        List.of(new Output(0, "a", "out", false)),
                        WhenBusy.ENQUEUE,
                        "key",
                        true,
                        null,
                        List.of(),
                        null);

        Turn turn = b.repository.accept(chat, outputs).turn();

        assertThat(a.repository.accept(chat, outputs).turn()).isEqualTo(turn);
        assertThat(Items.calls(a.items(reply))).extracting(Call::output).containsExactly("out");
    }

    @Test
    void start_ofWhatARunningReplicaHas_isRefused() {
        UUID _ = a.start();
        Part c = new Part(false);
        c.replica.renew();

        assertThat(c.repository.start(chat, "m")).isEmpty();
        assertThat(a.repository.start(chat, "m")).isEmpty();
    }

    @Test
    void takenOver_theFirstOwnerChangesNothingAnyMore() {
        UUID reply = a.start();
        a.repository.draft(chat, reply, 1).text("old text");
        a.replica.flush();

        Started again = b.repository.start(chat, "m").orElseThrow();

        assertThat(again.turn().reply().content()).isEmpty();
        assertThat(again.streamed()).isTrue();
        a.repository.draft(chat, reply, 1).text(" goes on");
        a.replica.flush();
        Message late = a.repository.finish(chat, reply, 1, done("old text goes on"));
        assertThat(late.status()).isEqualTo(Status.IN_PROGRESS);
        assertThat(b.content(reply)).isEmpty();
        b.repository.draft(chat, reply, 1).text("new");
        b.replica.flush();
        assertThat(a.content(reply)).isEqualTo("new");
        b.repository.finish(chat, reply, 1, done("new text"));
        assertThat(a.content(reply)).isEqualTo("new text");
        assertThat(pieces()).isZero();
    }

    @Test
    void start_ofWhatADeadReplicaHas_waitsUntilOnesOwnLeaseHasHeld() {
        UUID reply = a.start();
        int _ = database.statement(session -> session.update("delete from replica"));
        Part fresh = new Part(false);
        fresh.replica.renew();
        Part settled = new Part(false, Duration.ofMillis(300));

        assertThat(fresh.repository.start(chat, "m")).isEmpty();
        assertThat(a.repository.start(chat, "m")).isEmpty();
        List<UUID> started = new ArrayList<>();
        await().until(
                        () -> {
                            settled.replica.renew();
                            settled.repository
                                    .start(chat, "m")
                                    .ifPresent(each -> started.add(each.turn().reply().id()));
                            return !started.isEmpty();
                        });
        assertThat(started).containsExactly(reply);
    }

    /** Another replica may take it over by then. */
    @Test
    void start_afterOnesOwnLeaseHasRunOut_startsNothing() {
        Part late = new Part(false, Duration.ofNanos(1));
        late.replica.renew();

        assertThat(late.repository.start(chat, "m")).isEmpty();
        assertThat(a.start()).isNotNull();
    }

    @Test
    void takenOverThreeTimes_itIsEndedWithItsText() {
        UUID reply = a.start();
        b.start();
        b.forget();
        b.start();
        b.repository.draft(chat, reply, 1).text("third try");
        b.replica.flush();
        b.forget();

        assertThat(b.repository.start(chat, "m")).isEmpty();

        Message ended = a.repository.message(chat, reply);
        assertThat(ended.status()).isEqualTo(Status.INCOMPLETE);
        assertThat(ended.finishReason()).isEqualTo(FinishReason.INTERRUPTED);
        assertThat(ended.content()).isEqualTo("third try");
    }

    @Test
    void takenOverThreeTimes_withoutText_itFailsAsInterruptedAndCanBeRetried() {
        UUID reply = a.start();
        b.start();
        b.forget();
        b.start();
        b.forget();

        assertThat(b.repository.start(chat, "m")).isEmpty();

        Message ended = a.repository.message(chat, reply);
        assertThat(ended.status()).isEqualTo(Status.FAILED);
        assertThat(ended.failure()).isNotNull();
        assertThat(ended.failure().code()).isEqualTo(ErrorCode.INTERRUPTED);
        assertThat(ended.failure().message()).contains("Retry the reply");
        a.repository.retry(chat, reply, false);
        assertThat(a.start()).isEqualTo(reply);
    }

    @Test
    void cancelledOnTheOther_theOwnerIsToldToStop() {
        UUID reply = a.start();

        b.repository.cancel(chat, reply);
        a.replica.round();

        assertThat(a.stopped).containsExactly(reply);
    }

    @Test
    void cancelledBeforeItWasTakenOver_itEndsSo() {
        UUID reply = a.start();
        a.repository.draft(chat, reply, 1).text("so far");
        a.replica.flush();
        b.repository.cancel(chat, reply);

        assertThat(b.repository.start(chat, "m")).isEmpty();

        Message ended = b.repository.message(chat, reply);
        assertThat(ended.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(ended.content()).isEqualTo("so far");
    }

    @Test
    void deletedOnTheOther_theOwnerIsToldToStop() {
        UUID reply = a.start();

        b.repository.delete(chat);
        a.replica.round();

        assertThat(a.stopped).containsExactly(reply);
        a.repository.draft(chat, reply, 1).text("too late");
        a.replica.flush();
        assertThat(pieces()).isZero();
        assertThatThrownBy(() -> a.repository.finish(chat, reply, 1, done("too late")))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CHAT_NOT_FOUND));
        a.replica.round();
        assertThat(a.stopped).as("told once").containsExactly(reply);
    }

    @Test
    void takenOver_theOwnerIsToldToStop() {
        UUID reply = a.start();
        b.start();

        a.replica.round();

        assertThat(a.stopped).containsExactly(reply);
    }

    @Test
    void ownedButNotRun_isFoundAndStartedAgain() {
        UUID reply = a.start();
        Draft first = a.repository.draft(chat, reply, 1);
        a.forget(); // as if the answer to the start had been lost

        a.replica.round();

        assertThat(a.startable).contains(chat);
        assertThat(a.start()).isEqualTo(reply);
        first.text("of the first run");
        a.repository.draft(chat, reply, 1).text("of the second");
        assertThat(a.content(reply)).isEqualTo("of the second");
    }

    @Test
    void handedOver_anotherMayStartAtOnce() {
        UUID reply = a.start();
        a.repository.draft(chat, reply, 1).text("so far");
        Part c = new Part(false);
        c.replica.renew();

        assertThat(a.repository.handOver()).isTrue();

        assertThat(c.content(reply)).isEqualTo("so far");
        c.replica.round();
        assertThat(c.startable).contains(chat);
        assertThat(c.start()).isEqualTo(reply);
        Message late = a.repository.finish(chat, reply, 1, done("so far and more"));
        assertThat(late.status()).isEqualTo(Status.IN_PROGRESS);
        assertThat(a.repository.start(chat, "m")).isEmpty();
    }

    @Test
    void clocksThatDiffer_idsAndTimesGoOnFromReplicaToReplica() {
        Owner owner = new Owner("of-both-" + UUID.randomUUID());
        Part ahead = new Part(Instant.parse("2199-01-01T00:00:00Z"));
        Part behind = new Part(Instant.parse("2001-01-01T00:00:00Z"));
        List<UUID> chats = new ArrayList<>();
        List<UUID> said = new ArrayList<>();
        for (Part each : List.of(a, ahead, behind, a, behind, ahead, behind)) {
            chats.add(each.repository.create(owner, Settings.NONE).id());
            Turn turn =
                    each.repository
                            .accept(chats.getFirst(), new Post("x", WhenBusy.ENQUEUE, null, true))
                            .turn();
            said.addAll(List.of(turn.message().id(), turn.reply().id()));
        }

        List<Message> log =
                behind.repository
                        .messages(chats.getFirst(), new MessageQuery(100, Order.ASC, null))
                        .items();

        assertThat(log).extracting(Message::id).containsExactlyElementsOf(said).isSorted();
        assertThat(log).isSortedAccordingTo(Comparator.comparing(Message::createdAt));
        assertThat(log.getLast().createdAt())
                .as("by the database")
                .isBefore("2199-01-01T00:00:00Z");
        assertThat(behind.repository.chats(new ChatQuery(owner, 100, null, null)).items())
                .extracting(Chat::id)
                .containsExactlyElementsOf(chats.reversed());
    }

    private int pieces() {
        return database.statement(
                session ->
                        session.first(
                                        "select count(*) from piece where chat_id = ?",
                                        row -> row.getInt(1),
                                        chat)
                                .orElseThrow());
    }

    private static Outcome done(String text) {
        return Outcome.ended(text, FinishReason.STOP, null);
    }

    /** A replica, and what its observer was given. */
    private final class Part {
        private final UUID id = UUID.randomUUID();
        private final RunningReplies running = new RunningReplies(id);
        private final List<UUID> stopped = new ArrayList<>();
        private final List<UUID> startable = new ArrayList<>();
        private final Replica replica;
        private final PostgresChatRepository repository;

        private Part(boolean alone) {
            this(alone, LEASE);
        }

        private Part(boolean alone, Duration lease) {
            this(alone, lease, Clock.systemUTC());
        }

        private Part(Instant clock) {
            this(false, LEASE, new TestClock(clock));
        }

        private Part(boolean alone, Duration lease, Clock clock) {
            this(alone, lease, clock, null);
        }

        private Part(boolean alone, Duration lease, Clock clock, @Nullable String address) {
            replica =
                    new Replica(
                            id,
                            database,
                            running,
                            lease,
                            alone,
                            Duration.ofMillis(50),
                            ReplicaAddress.of(id, address));
            repository =
                    new PostgresChatRepository(
                            TestLimits.WIDE, new GrowingIds(clock), database, replica, running);
            repository.observe(
                    new Observer() {
                        @Override
                        public void changed(Predicate<UUID> chats) {
                            // Nobody follows anything here.
                        }

                        @Override
                        public void startable(UUID chatId) {
                            startable.add(chatId);
                        }

                        @Override
                        public void toStop(UUID chatId, UUID replyId, int attempt) {
                            stopped.add(replyId);
                        }
                    });
        }

        private UUID start() {
            return repository.start(chat, "m").orElseThrow().turn().reply().id();
        }

        private UUID replyOf(UUID ofChat) {
            return repository
                    .messages(ofChat, new MessageQuery(1, Order.DESC, null))
                    .items()
                    .getFirst()
                    .id();
        }

        private String content(UUID reply) {
            return repository.message(chat, reply).content();
        }

        private List<Item> items(UUID reply) {
            return repository.message(chat, reply).items();
        }

        /** Clears what it runs, like a new process in its place. */
        private void forget() {
            running.clear();
        }
    }
}

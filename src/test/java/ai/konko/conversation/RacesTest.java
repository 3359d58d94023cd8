package ai.konko.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.chat.ChatRepository;
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
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Two things that happen to a reply at the same moment, a thousand times at random moments: it has
 * one terminal state, and each listener one end and exactly the text of that end.
 */
@QuarkusTest
@QuarkusTestResource(FakeModelResource.class)
class RacesTest {
    private static final int TIMES = 1000;
    private static final int SIDE_BY_SIDE = 20;

    private static final Duration GAP = Duration.ofMillis(1);
    private static final int DELTAS = 6;

    /** How long after a piece of the text the other thing happens at most. */
    private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private static final String TEXT =
            IntStream.range(0, DELTAS).mapToObj(i -> "d" + i + "🎉").collect(Collectors.joining());

    @Inject TurnEngine turns;
    @Inject ChatRepository repository;
    @Inject LiveReplies live;
    @Inject Places places;

    FakeModel model;

    @BeforeEach
    void aModelThatTakesAMoment() {
        model.reset();
        List<String> deltas = IntStream.range(0, DELTAS).mapToObj(i -> "d" + i + "🎉").toList();
        model.answer(_ -> Reply.text(TEXT).deltas(deltas).gap(GAP));
    }

    @Test
    void cancelAgainstFinish_isOneEnd() throws Exception {
        List<Message> ends =
                race(
                        (chat, posted) -> {
                            UUID reply = posted.turn().reply().id();
                            Message cancelled = turns.cancel(chat, reply).get(30, TimeUnit.SECONDS);
                            assertThat(cancelled).isEqualTo(repository.message(chat, reply));
                            return cancelled;
                        });

        assertBothWon(ends);
    }

    @Test
    void attachAgainstFinish_isTheWholeReply() throws Exception {
        List<Message> ends =
                race(
                        (chat, posted) -> {
                            UUID reply = posted.turn().reply().id();
                            LiveReply attached = turns.reply(chat, reply);
                            Message end = follow(attached);
                            assertThat(end).isEqualTo(repository.message(chat, reply));
                            return end;
                        });

        assertThat(ends).allMatch(end -> end.status() == Status.COMPLETED);
    }

    @Test
    void deleteAgainstAppend_isOneEndAndNothingStays() throws Exception {
        List<Message> ends =
                race(
                        (chat, posted) -> {
                            turns.delete(chat);
                            Message end = posted.reply().end().get(30, TimeUnit.SECONDS);
                            assertThat(exists(chat)).isFalse();
                            return end;
                        });

        assertBothWon(ends);
    }

    @Test
    void cancelAgainstFinishAndRetry_endsSomeAttempt() throws Exception {
        List<Message> ends =
                race(
                        (chat, posted) -> {
                            UUID reply = posted.turn().reply().id();
                            Future<Message> end = posted.reply().end();
                            turns.cancel(chat, reply).get(30, TimeUnit.SECONDS);
                            Message first = end.get(30, TimeUnit.SECONDS);
                            if (first.status() == Status.COMPLETED) {
                                return first;
                            }
                            PostedTurn again =
                                    turns.retry(Origin.of(Owner.ANONYMOUS), chat, reply, true);
                            Message second = turns.cancel(chat, reply).get(30, TimeUnit.SECONDS);
                            assertThat(follow(again.reply())).isEqualTo(second);
                            assertThat(repository.message(chat, reply)).isEqualTo(second);
                            assertThat(second.attempt()).isEqualTo(2);
                            return first;
                        });

        assertBothWon(ends);
    }

    private void assertBothWon(List<Message> ends) {
        assertThat(ends)
                .as("some were stopped")
                .anyMatch(end -> end.status() == Status.INCOMPLETE)
                .as("and some finished")
                .anyMatch(end -> end.status() == Status.COMPLETED);
    }

    private boolean exists(UUID chat) {
        try {
            repository.chat(chat);
            return true;
        } catch (RefusedException _) {
            return false;
        }
    }

    /** What happens to a reply at some moment; gives the end as it saw it. */
    @FunctionalInterface
    private interface Event {
        Message happen(UUID chat, PostedTurn posted) throws Exception;
    }

    private List<Message> race(Event event) throws Exception {
        List<Message> ends = new ArrayList<>();
        Semaphore running = new Semaphore(SIDE_BY_SIDE);
        Random random = new Random(20261123);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Message>> races = new ArrayList<>();
            for (int i = 0; i < TIMES; i++) {
                int seen = random.nextInt(TEXT.length() + 1);
                long wait = random.nextLong(LONGEST_NANOS);
                running.acquire();
                Callable<Message> one = () -> race(event, seen, wait, threads);
                races.add(
                        threads.submit(
                                () -> {
                                    try {
                                        return one.call();
                                    } finally {
                                        running.release();
                                    }
                                }));
            }
            for (Future<Message> race : races) {
                ends.add(race.get(30, TimeUnit.SECONDS));
            }
        }
        await().until(() -> places.inFlight() == 0);
        assertThat(live.all()).isEmpty();
        assertThat(live.listening()).isZero();
        return ends;
    }

    /** The event happens a moment after so much of the text was there. */
    private Message race(Event event, int seen, long waitNanos, ExecutorService threads)
            throws Exception {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        PostedTurn posted =
                turns.post(
                        Origin.of(Owner.ANONYMOUS),
                        chat,
                        new Post("hello", WhenBusy.ENQUEUE, null, true));
        Future<Message> listener = threads.submit(() -> follow(posted.reply()));
        followUntil(posted.reply(), seen);
        LockSupport.parkNanos(waitNanos);

        Message seenByIt = event.happen(chat, posted);

        Message end = listener.get(30, TimeUnit.SECONDS);
        assertThat(end)
                .isEqualTo(posted.reply().end().get(30, TimeUnit.SECONDS))
                .isEqualTo(seenByIt);
        assertThat(end.status()).isIn(Status.COMPLETED, Status.INCOMPLETE);
        assertThat(TEXT).startsWith(end.content());
        return end;
    }

    /** Listens to the end and checks that the pieces join to its text. */
    private static Message follow(LiveReply reply) throws InterruptedException {
        Listener.Piece last = followUntil(reply, Integer.MAX_VALUE);
        if (last.end() == null) {
            throw new AssertionError("the listener stopped before the end");
        }
        return last.end();
    }

    private static Listener.Piece followUntil(LiveReply reply, int length)
            throws InterruptedException {
        Semaphore woken = new Semaphore(0);
        StringBuilder text = new StringBuilder();
        Listener listener = reply.listen(Position.START, woken::release);
        try {
            while (true) {
                Listener.Piece piece = listener.next();
                text.append(LiveReplyTest.text(piece));
                assertThat(piece.position().length()).isEqualTo(text.length());
                if (piece.end() != null) {
                    assertThat(text.toString()).isEqualTo(piece.end().content());
                    return piece;
                }
                if (text.length() >= length) {
                    return piece;
                }
                if (piece.part() == null && !woken.tryAcquire(30, TimeUnit.SECONDS)) {
                    throw new AssertionError("nobody woke the listener");
                }
            }
        } finally {
            listener.close();
        }
    }
}

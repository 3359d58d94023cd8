package ai.konko.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.assistant.Ending;
import ai.konko.assistant.ModelConfig;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.FinishReason;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.RefusedException;
import ai.konko.chat.TestLimits;
import ai.konko.chat.Written;
import ai.konko.store.memory.InMemoryChatRepository;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RunTest {
    private static final Ending DONE = _ -> Outcome.ended("text", FinishReason.STOP, null);
    private static final Ending STOPPED = _ -> Outcome.cancelled(Written.of("te"));

    private final ChatRepository repository =
            new InMemoryChatRepository(
                    TestLimits.WIDE, Clock.systemUTC(), new GrowingIds(Clock.systemUTC()));
    private final Workers workers = new Workers(repository);
    private final Message reply =
            Message.queuedReply(UUID.randomUUID(), UUID.randomUUID(), 2, Instant.EPOCH)
                    .started("m");
    private final Ends ends = new Ends();

    /** Takes ends, once it has failed for as often as it is to. */
    private static final class Ends implements Run.End {
        private final Queue<Outcome> taken = new ConcurrentLinkedQueue<>();
        private final AtomicInteger toFail = new AtomicInteger();
        private final AtomicInteger tries = new AtomicInteger();
        private final AtomicInteger kept = new AtomicInteger();
        private volatile Supplier<Throwable> fault = () -> new OutOfMemoryError("Java heap space");

        @Override
        public void keep(Supplier<Ending> ending) {
            Outcome outcome = ending.get().of(Written.of("text"));
            tries.incrementAndGet();
            if (toFail.getAndDecrement() > 0) {
                throw sneaky(fault.get());
            }
            taken.add(outcome);
        }

        @Override
        public void kept() {
            kept.incrementAndGet();
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> RuntimeException sneaky(Throwable fault) throws T {
        throw (T) fault;
    }

    @AfterEach
    void stop() {
        workers.stop();
    }

    @Test
    void over_isKeptAtOnce() {
        new Run(reply, workers, ends).over(() -> DONE);

        assertThat(ends.taken).containsExactly(DONE.of(Written.of("")));
        assertThat(ends.kept).hasValue(1);
    }

    @Test
    void over_theSecondTime_changesNothing() {
        Run run = new Run(reply, workers, ends);

        run.over(() -> STOPPED);
        run.over(() -> DONE);
        run.failed(new IllegalStateException());

        assertThat(ends.taken).containsExactly(STOPPED.of(Written.of("")));
        assertThat(ends.kept).hasValue(1);
    }

    @Test
    void over_thatCanNotBeKept_isTriedUntilItIs() {
        ends.toFail.set(4);
        AtomicInteger asked = new AtomicInteger();

        new Run(reply, workers, ends)
                .over(
                        () -> {
                            asked.incrementAndGet();
                            return DONE;
                        });

        await().until(() -> ends.kept.get() == 1);
        assertThat(ends.taken).containsExactly(DONE.of(Written.of("")));
        assertThat(ends.tries).hasValue(5);
        assertThat(asked).as("how it ended is found once").hasValue(1);
    }

    @Test
    void over_whoseReasonCanNotBeFound_isTriedUntilItIs() {
        AtomicInteger asked = new AtomicInteger();

        new Run(reply, workers, ends)
                .over(
                        () -> {
                            if (asked.incrementAndGet() < 3) {
                                throw new OutOfMemoryError("Java heap space");
                            }
                            return DONE;
                        });

        await().until(() -> ends.kept.get() == 1);
        assertThat(ends.taken).containsExactly(DONE.of(Written.of("")));
    }

    @Test
    void over_thatFailsForNoPassingReason_endsWithoutItsText() {
        ends.toFail.set(3);

        new Run(reply, workers, ends, Duration.ZERO).over(() -> DONE);

        await().until(() -> ends.kept.get() == 1);
        assertThat(ends.taken)
                .singleElement()
                .satisfies(
                        outcome -> {
                            assertThat(outcome.content()).isEmpty();
                            assertThat(outcome.failure()).isNotNull();
                            assertThat(outcome.failure().code()).isEqualTo(ErrorCode.INTERNAL);
                        });
    }

    @Test
    void over_whileTheLogIsOutOfReach_keepsItsText() {
        ends.fault =
                () ->
                        RefusedException.forNow(
                                ErrorCode.STORE_UNAVAILABLE, "gone", Duration.ofSeconds(1));
        ends.toFail.set(3);

        new Run(reply, workers, ends, Duration.ZERO).over(() -> DONE);

        await().until(() -> ends.kept.get() == 1);
        assertThat(ends.taken).containsExactly(DONE.of(Written.of("")));
    }

    /** As where there was no memory for arranging it. */
    @Test
    void look_afterATryThatNobodyMakes_makesIt() {
        workers.stop();
        ends.toFail.set(2);
        Run run = new Run(reply, workers, ends);
        run.over(() -> DONE);
        assertThat(ends.taken).isEmpty();

        assertThat(run.look(System.nanoTime(), Long.MAX_VALUE)).isFalse();
        assertThat(ends.tries).as("too early").hasValue(1);
        run.look(later(Duration.ofMinutes(1)), Long.MAX_VALUE);
        run.look(later(Duration.ofMinutes(2)), Long.MAX_VALUE);
        run.look(later(Duration.ofMinutes(3)), Long.MAX_VALUE);

        assertThat(ends.taken).containsExactly(DONE.of(Written.of("")));
        assertThat(ends.kept).hasValue(1);
    }

    @Test
    void watch_ofAModelThatComesToNoEnd_endsTheReplyOnce() {
        LiveReplies live = new LiveReplies(new Places(TestLimits.WIDE));
        Watch watch = new Watch(live, workers, config());
        LiveReply entry = live.at(reply);
        Run run = new Run(reply, workers, ends);
        entry.isRunBy(run);
        watch.look(later(Duration.ofDays(1)));
        assertThat(ends.taken).as("the model was not asked yet").isEmpty();
        run.modelAsked();

        watch.look(later(Duration.ofMinutes(5)));
        assertThat(ends.taken).as("its time is not over yet").isEmpty();
        watch.look(later(Duration.ofMinutes(6)));
        watch.look(later(Duration.ofMinutes(7)));
        run.over(() -> DONE);

        assertThat(ends.taken)
                .singleElement()
                .satisfies(
                        outcome ->
                                assertThat(outcome.finishReason())
                                        .isEqualTo(FinishReason.INTERRUPTED));
        assertThat(entry.run().cancelled()).as("the model is told to stop").isTrue();
    }

    private static ModelConfig config() {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(ModelConfig.class)
                .build()
                .getConfigMapping(ModelConfig.class);
    }

    private static long later(Duration time) {
        return System.nanoTime() + time.toNanos();
    }
}

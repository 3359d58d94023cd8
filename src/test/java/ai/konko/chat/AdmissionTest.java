package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a post is to a chat. */
class AdmissionTest {
    private static final Instant NOW = Instant.EPOCH;
    private static final Reply RUNNING = new Reply("running", false);
    private static final Reply FIRST = new Reply("first", true);
    private static final Reply SECOND = new Reply("second", true);

    private static final ChatLimits LIMITS =
            TestLimits.WIDE.withWaitingTurns(1).withMessagesPerChat(10);

    private record Reply(String name, boolean waits) implements Unfinished {}

    /** One turn may wait beside the running one, and ten messages fit. */
    @ParameterizedTest
    @CsvSource({
        // what is wanted, unfinished replies, messages, earlier turns, refusal
        "ENQUEUE, 0, 0, 0,",
        "ENQUEUE, 1, 2, 0,",
        "ENQUEUE, 2, 4, 0, QUEUE_FULL",
        "REJECT, 0, 2, 0,",
        "REJECT, 1, 2, 0, CHAT_BUSY",
        "INTERRUPT, 0, 2, 0,",
        "INTERRUPT, 2, 4, 0,",
        "ENQUEUE, 0, 8, 0,",
        "ENQUEUE, 0, 8, 1, CAPACITY",
        "ENQUEUE, 0, 10, 0, CAPACITY",
        "INTERRUPT, 1, 10, 0, CAPACITY",
        "ENQUEUE, 0, 0, 4,",
        "ENQUEUE, 0, 0, 5, CAPACITY",
        "REJECT, 1, 10, 0, CHAT_BUSY",
        "ENQUEUE, 2, 10, 0, QUEUE_FULL"
    })
    void of_eachStateOfAChat_admitsOrRefuses(
            WhenBusy whenBusy,
            int unfinished,
            int messages,
            int earlier,
            @Nullable ErrorCode refusal) {
        List<PastTurn> turns =
                Collections.nCopies(earlier, new PastTurn("said before", null, null));
        Post post = new Post("hello", List.of(), whenBusy, null, false, null, turns, null);
        List<Reply> line = List.of(RUNNING, FIRST).subList(0, unfinished);

        assertThat(refusal(() -> Admission.of(post, messages, line, LIMITS))).isEqualTo(refusal);
    }

    @ParameterizedTest
    @CsvSource({
        // unfinished replies, messages, turns, refusal
        "0, 0, 5,",
        "0, 0, 6, CAPACITY",
        "0, 10, 0,",
        "1, 2, 1, CHAT_BUSY",
        "1, 10, 1, CHAT_BUSY"
    })
    void admitPast_eachStateOfAChat_admitsOrRefuses(
            int unfinished, int messages, int turns, @Nullable ErrorCode refusal) {
        List<Reply> line = List.of(RUNNING).subList(0, unfinished);

        assertThat(refusal(() -> Admission.admitPast(turns, messages, line, LIMITS)))
                .isEqualTo(refusal);
    }

    @ParameterizedTest
    @CsvSource({
        // the seq that has to be the last, messages, refusal
        ", 4,",
        "4, 4,",
        "0, 0,",
        "2, 4, NOT_LAST",
        "6, 4, NOT_LAST"
    })
    void requireLast_ofAPostAfterAMessage_refusesIfTheChatWentOn(
            @Nullable Integer after, int messages, @Nullable ErrorCode refusal) {
        Post post =
                new Post("hello", List.of(), WhenBusy.ENQUEUE, null, false, null, List.of(), after);

        assertThat(refusal(() -> Admission.requireLast(post, messages))).isEqualTo(refusal);
    }

    @Test
    void of_anInterruption_cancelsWhatWaitsAndStopsWhatRuns() {
        Admission<Reply> admission =
                Admission.of(post(WhenBusy.INTERRUPT), 6, List.of(RUNNING, FIRST, SECOND), LIMITS);

        assertThat(admission.cancelled()).containsExactly(FIRST, SECOND);
        assertThat(admission.toCancel()).isEqualTo(RUNNING);
    }

    @Test
    void of_anInterruptionWhileNoneRuns_cancelsAll() {
        Admission<Reply> admission =
                Admission.of(post(WhenBusy.INTERRUPT), 4, List.of(FIRST, SECOND), LIMITS);

        assertThat(admission.cancelled()).containsExactly(FIRST, SECOND);
        assertThat(admission.toCancel()).isNull();
    }

    @ParameterizedTest
    @EnumSource(
            value = WhenBusy.class,
            names = {"ENQUEUE", "INTERRUPT"})
    void of_anIdleChat_interruptsNothing(WhenBusy whenBusy) {
        Admission<Reply> admission = Admission.of(post(whenBusy), 2, List.of(), LIMITS);

        assertThat(admission.cancelled()).isEmpty();
        assertThat(admission.toCancel()).isNull();
    }

    @Test
    void of_aPostThatWaits_interruptsNothing() {
        Admission<Reply> admission =
                Admission.of(post(WhenBusy.ENQUEUE), 2, List.of(RUNNING), LIMITS);

        assertThat(admission.cancelled()).isEmpty();
        assertThat(admission.toCancel()).isNull();
    }

    @Test
    void repeat_ofTheSamePost_isItsTurn() {
        Post post = keyed("hello", WhenBusy.REJECT, options("m"));
        Turn turn = new LogEnd(UUID.randomUUID(), 0, null).next(post, UUID::randomUUID, NOW);

        Accepted repeated =
                Admission.repeat(
                        keyed("hello", WhenBusy.REJECT, options("m")), turn, WhenBusy.REJECT);

        assertThat(repeated.turn()).isEqualTo(turn);
        assertThat(repeated.repeated()).isTrue();
        assertThat(repeated.cancelled()).isEmpty();
        assertThat(repeated.toCancel()).isNull();
    }

    @ParameterizedTest
    @CsvSource({"other, REJECT, m", "hello, ENQUEUE, m", "hello, REJECT, n", "hello, REJECT,"})
    void repeat_ofAnotherPost_isRefused(String content, WhenBusy whenBusy, @Nullable String model) {
        Post post = keyed("hello", WhenBusy.REJECT, options("m"));
        Turn turn = new LogEnd(UUID.randomUUID(), 0, null).next(post, UUID::randomUUID, NOW);
        Post other = keyed(content, whenBusy, model == null ? null : options(model));

        assertThat(refusal(() -> Admission.repeat(other, turn, WhenBusy.REJECT)))
                .isEqualTo(ErrorCode.IDEMPOTENCY_KEY_REUSED);
    }

    private static Post post(WhenBusy whenBusy) {
        return new Post("hello", whenBusy, null, false);
    }

    private static Post keyed(String content, WhenBusy whenBusy, @Nullable Options options) {
        return new Post(content, List.of(), whenBusy, "key", false, options, List.of(), null);
    }

    private static Options options(String model) {
        return new Options(model, null, Map.of(), Map.of(), null, 0, false, false, false);
    }

    private static @Nullable ErrorCode refusal(Runnable asked) {
        RefusedException refused = catchThrowableOfType(RefusedException.class, asked::run);
        return refused == null ? null : refused.code();
    }
}

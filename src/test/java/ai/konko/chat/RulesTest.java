package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the values of the log refuse, and what they keep to themselves. */
class RulesTest {
    private static final Failure FAILURE = Failure.of(ErrorCode.MODEL_FAILED, "It failed.");
    private static final String SECRET = "hush";

    @Test
    void ended_withoutText_isAFailureUnlessCancelled() {
        assertThat(Outcome.ended("", FinishReason.STOP, null).status()).isEqualTo(Status.FAILED);
        assertThat(Outcome.ended("", FinishReason.CONTENT_FILTER, null).status())
                .isEqualTo(Status.FAILED);
        assertThat(Outcome.cancelled().status()).isEqualTo(Status.INCOMPLETE);
    }

    @Test
    void brokenOff_withText_isInterruptedElseFailed() {
        Outcome interrupted = Outcome.brokenOff(Written.of("some"), FAILURE);
        Outcome failed = Outcome.brokenOff(Written.of(""), FAILURE);

        assertThat(interrupted.finishReason()).isEqualTo(FinishReason.INTERRUPTED);
        assertThat(interrupted.content()).isEqualTo("some");
        assertThat(failed.failure()).isEqualTo(FAILURE);
    }

    @ParameterizedTest
    @EnumSource(
            value = Status.class,
            names = {"QUEUED", "IN_PROGRESS"})
    void outcome_thatIsNoEnd_isIllegal(Status status) {
        assertThatThrownBy(() -> new Outcome(status, "x", List.of(), FinishReason.STOP, null, null))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void outcome_ofContradictions_isIllegal() {
        assertThatThrownBy(
                        () ->
                                new Outcome(
                                        Status.COMPLETED,
                                        "",
                                        List.of(),
                                        FinishReason.STOP,
                                        null,
                                        null))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () ->
                                new Outcome(
                                        Status.COMPLETED,
                                        "x",
                                        List.of(),
                                        FinishReason.LENGTH,
                                        null,
                                        null))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Outcome(Status.FAILED, "x", List.of(), null, null, FAILURE))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () ->
                                new Outcome(
                                        Status.INCOMPLETE,
                                        "x",
                                        List.of(),
                                        FinishReason.STOP,
                                        null,
                                        null))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void failure_withACodeThatIsNoTurns_isIllegal() {
        assertThatThrownBy(() -> Failure.of(ErrorCode.NOT_FOUND, "x"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void reply_takesOnlyLegalSteps() {
        Message queued =
                Message.queuedReply(UUID.randomUUID(), UUID.randomUUID(), 2, Instant.EPOCH);
        Message running = queued.started("m");
        Message ended = running.ended(Outcome.cancelled(Written.of("x")), Instant.EPOCH);

        assertThatThrownBy(() -> queued.with(Written.of("x")))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> running.started("m")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> ended.ended(Outcome.cancelled(), Instant.EPOCH))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(
                        () ->
                                Message.queuedReply(
                                        UUID.randomUUID(), UUID.randomUUID(), 1, Instant.EPOCH))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void toString_tellsNoText() {
        Message message =
                Message.ofUser(
                        UUID.randomUUID(), UUID.randomUUID(), 1, SECRET, List.of(), Instant.EPOCH);
        Message reply = Message.queuedReply(UUID.randomUUID(), message.chatId(), 2, Instant.EPOCH);
        Settings settings = new Settings(SECRET, SECRET, SECRET, Map.of(SECRET, SECRET));

        assertThat(new Turn(message, reply).toString()).doesNotContain(SECRET);
        assertThat(new Started(new Turn(message, reply), settings, false, null, 0).toString())
                .doesNotContain(SECRET);
        assertThat(Outcome.cancelled(Written.of(SECRET)).toString()).doesNotContain(SECRET);
        assertThat(new Post(SECRET, WhenBusy.ENQUEUE, SECRET, false).toString())
                .doesNotContain(SECRET);
        assertThat(
                        new Options(
                                        SECRET,
                                        SECRET,
                                        Map.of("stop", SECRET),
                                        Map.of(SECRET, SECRET),
                                        SECRET,
                                        0,
                                        false,
                                        false,
                                        false)
                                .toString())
                .doesNotContain(SECRET);
        assertThat(new PastTurn(SECRET, Outcome.cancelled(Written.of(SECRET)), SECRET).toString())
                .doesNotContain(SECRET);
        assertThat(new ChatRepository.ChatQuery(Owner.ANONYMOUS, 1, null, SECRET).toString())
                .doesNotContain(SECRET);
        assertThat(Fault.of(new IllegalStateException(SECRET, new RuntimeException(SECRET))))
                .hasMessage("java.lang.IllegalStateException")
                .hasRootCauseMessage("java.lang.RuntimeException");
    }

    @Test
    void wellFormed_refusesNulAndUnpairedSurrogatesAlone() {
        assertThat(WellFormed.holds("a\ud83d\ude00b\uffff")).isTrue();
        assertThat(WellFormed.holds("a\u0000")).isFalse();
        assertThat(WellFormed.holds("\ud83d")).isFalse();
        assertThat(WellFormed.holds("\ude00\ud83d")).isFalse();
        assertThat(WellFormed.repaired("\ude00a\ud83d\ude00\ud83d\u0000"))
                .isEqualTo("\ufffda\ud83d\ude00\ufffd\ufffd");
    }
}

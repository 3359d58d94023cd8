package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Instant;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which replies are context, and which can run again. */
class MessageTest {
    private static final Instant NOW = Instant.EPOCH;
    private static final Failure FAILURE = Failure.of(ErrorCode.MODEL_FAILED, "It failed.");
    private static final Message QUEUED =
            Message.queuedReply(UUID.randomUUID(), UUID.randomUUID(), 4, NOW);
    private static final Message RUNNING = QUEUED.started("m").with(Written.of("so far"));
    private static final Message UNANSWERED =
            new PastTurn("only said", null, null).ended(QUEUED, NOW);

    static Stream<Arguments> replies() {
        return Stream.of(
                // the reply, whether it is an answer, context, can be retried as the last
                Arguments.of(QUEUED, false, false, false),
                Arguments.of(RUNNING, false, false, false),
                Arguments.of(
                        ended(Outcome.ended("all", FinishReason.STOP, null)), true, true, false),
                Arguments.of(
                        ended(Outcome.ended("cut", FinishReason.LENGTH, null)), true, true, true),
                Arguments.of(ended(Outcome.cancelled(Written.of("some"))), true, true, true),
                Arguments.of(ended(Outcome.cancelled()), false, false, true),
                Arguments.of(
                        ended(Outcome.brokenOff(Written.of("some"), FAILURE)), true, true, true),
                Arguments.of(ended(Outcome.brokenOff(Written.of(""), FAILURE)), false, false, true),
                Arguments.of(UNANSWERED, false, true, true));
    }

    @ParameterizedTest
    @MethodSource("replies")
    void reply_ofEachState_isContextIfItHasAnsweredOrNobodyWasTo(
            Message reply, boolean answer, boolean context, boolean retryable) {
        assertThat(reply.isAnswer()).isEqualTo(answer);
        assertThat(reply.isContext()).isEqualTo(context);
    }

    @ParameterizedTest
    @MethodSource("replies")
    void retried_ofEachState_isQueuedAgainOrRefused(
            Message reply, boolean answer, boolean context, boolean retryable) {
        assertThat(refusal(() -> reply.retried(4)))
                .isEqualTo(retryable ? null : ErrorCode.NOT_RETRYABLE);
        assertThat(refusal(() -> reply.retried(6))).isEqualTo(ErrorCode.NOT_RETRYABLE);
    }

    @Test
    void retried_aBrokenReply_keepsItsPlaceAndLosesItsText() {
        Message broken = ended(Outcome.brokenOff(Written.of("some"), FAILURE));

        Message again = broken.retried(4);

        assertThat(again).usingRecursiveComparison().ignoringFields("attempt").isEqualTo(QUEUED);
        assertThat(again.attempt()).isEqualTo(2);
    }

    @Test
    void requireReply_ofAUsersMessage_isRefused() {
        Message users =
                Message.ofUser(
                        UUID.randomUUID(), UUID.randomUUID(), 1, "hello", java.util.List.of(), NOW);

        assertThat(refusal(users::requireReply)).isEqualTo(ErrorCode.MESSAGE_NOT_FOUND);
        assertThat(QUEUED.requireReply()).isSameAs(QUEUED);
    }

    private static Message ended(Outcome outcome) {
        return QUEUED.started("m").ended(outcome, NOW);
    }

    private static @Nullable ErrorCode refusal(Runnable asked) {
        RefusedException refused = catchThrowableOfType(RefusedException.class, asked::run);
        return refused == null ? null : refused.code();
    }
}

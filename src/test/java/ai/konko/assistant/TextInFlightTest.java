package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.chat.DraftContent;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Status;
import ai.konko.chat.TestLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextInFlightTest {
    private static final Owner ANN = new Owner("ann");
    private static final Owner BEN = new Owner("ben");

    private final TextInFlight all =
            new TextInFlight(TestLimits.WIDE.withReplies(100_000, 200_000));

    /** A reply under way. */
    private final class Reply {
        final DraftContent draft = new DraftContent();
        final StringBuilder text = draft.text();
        final Cancellation cancellation = new Cancellation();
        final TextAllowance allowance;

        Reply(Owner owner) {
            allowance = all.open(owner);
        }

        Reply write(String piece) {
            allowance.bounding(draft, cancellation, true).text(piece);
            return this;
        }

        Outcome end() {
            return cancellation.ending().of(draft.written());
        }
    }

    @Test
    void write_beyondTheLongestReply_endsItThereAsLength() {
        Reply reply = new Reply(ANN);

        reply.write("a".repeat(99_999)).write("bc").write("d");

        assertThat(reply.text).hasSize(100_000).endsWith("ab");
        assertThat(reply.end().status()).isEqualTo(Status.INCOMPLETE);
        assertThat(reply.end().finishReason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void write_ofExactlyTheLongestReply_goesOn() {
        Reply reply = new Reply(ANN);

        reply.write("a".repeat(100_000));

        assertThat(reply.cancellation.cancelled()).isFalse();
    }

    @Test
    void write_beyondTheLongestReply_splitsNoPair() {
        Reply reply = new Reply(ANN);

        reply.write("a".repeat(99_999)).write("\ud83d\ude00");

        assertThat(reply.text).hasSize(99_999);
        assertThat(reply.cancellation.cancelled()).isTrue();
    }

    @Test
    void write_whereAllAreFull_endsTheReplyThatAsksForMore() {
        List<Reply> replies = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            replies.add(new Reply(ANN).write("a".repeat(60_000)));
        }

        assertThat(replies.subList(0, 3)).noneMatch(each -> each.cancellation.cancelled());
        assertThat(replies.getLast().end().failure().code()).isEqualTo(ErrorCode.OVERLOADED);
        assertThat(replies.getFirst().write("b".repeat(30_000)).end().finishReason())
                .isEqualTo(FinishReason.LENGTH);
        assertThat(all.held()).isLessThanOrEqualTo(200_000);
    }

    @Test
    void write_whereAnotherOwnerHasTakenAll_goesOnUpToAnEqualShare() {
        Reply theirs = new Reply(ANN).write("a".repeat(99_000));
        Reply more = new Reply(ANN).write("a".repeat(99_000));

        Reply own = new Reply(BEN).write("b".repeat(50_000)).write("b".repeat(49_000));

        assertThat(own.cancellation.cancelled()).isFalse();
        assertThat(theirs.write("a".repeat(1000)).end().finishReason())
                .isEqualTo(FinishReason.LENGTH);
        assertThat(more.write("a".repeat(1000)).cancellation.cancelled()).isTrue();
    }

    @Test
    void hold_ofMoreThanThereIsRoomFor_failsAndNothingOfItIsKept() {
        TextAllowance allowance = all.open(ANN);
        allowance.hold(150_000);

        assertThatThrownBy(() -> allowance.hold(250_000)).isInstanceOf(ModelException.class);
        allowance.hold(10);

        assertThat(all.held()).isEqualTo(10);
    }

    /** An upload must not end what is written already. */
    @Test
    void attach_ofMuch_leavesTheOwnersRepliesTheirRoom() {
        Reply running = new Reply(ANN).write("a".repeat(50_000));

        all.open(ANN).attach(300_000);
        running.write("a".repeat(50_000));

        assertThat(running.cancellation.cancelled()).isFalse();
        assertThat(running.text).hasSize(100_000);
        assertThat(all.attached()).isEqualTo(300_000);
    }

    @Test
    void attach_beyondTheBound_failsUnlessNothingElseIsAttached() {
        TextAllowance first = all.open(ANN);
        TextAllowance next = all.open(ANN);
        first.attach(10 << 20);

        assertThatThrownBy(() -> next.attach(1))
                .isInstanceOfSatisfying(
                        ModelException.class,
                        refused ->
                                assertThat(refused.failure().code())
                                        .isEqualTo(ErrorCode.OVERLOADED));
        first.detach();
        next.attach(1);

        assertThat(all.attached()).isEqualTo(1);
    }

    @Test
    void close_givesBackWhateverHasHappened() {
        Random random = new Random(7);
        for (int round = 0; round < 200; round++) {
            List<Reply> replies = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                Reply reply = new Reply(random.nextBoolean() ? ANN : BEN);
                replies.add(reply);
                if (i == 0) {
                    reply.allowance.hold(random.nextInt(90_000));
                    reply.allowance.attach(random.nextInt(90_000));
                    if (random.nextBoolean()) {
                        reply.allowance.detach();
                    }
                }
                reply.write("a".repeat(random.nextInt(120_000)));
            }

            replies.forEach(each -> each.allowance.close());
            replies.forEach(each -> each.write("late"));
            replies.forEach(each -> each.allowance.detach());
            replies.forEach(each -> each.allowance.close());

            assertThat(all.held()).isZero();
            assertThat(all.attached()).isZero();
        }
    }
}

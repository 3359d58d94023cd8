package ai.konko.store.memory;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.ContextTurn;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Item;
import ai.konko.chat.Message;
import ai.konko.chat.Options;
import ai.konko.chat.Outcome;
import ai.konko.chat.Turn;
import ai.konko.chat.Usage;
import ai.konko.chat.Written;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PackedTurnsTest {
    private static final UUID CHAT = UUID.randomUUID();
    private static final Instant NOW = Instant.parse("2026-11-25T20:40:43.123Z");
    private static final Instant LATER = NOW.plusMillis(70);
    private static final List<Item> CALLS = List.of(Item.Call.open(0, "a", "tool", "{}"));
    private static final List<Item> IMAGES = List.of(new Item.Image(0, "http://example.com"));
    private static final Failure FAILURE = Failure.of(ErrorCode.MODEL_FAILED, "The model failed.");

    private final PackedTurns turns = new PackedTurns(CHAT);

    static Stream<UnaryOperator<Message>> states() {
        return Stream.of(
                queued -> queued,
                queued -> queued.started("m"),
                queued -> queued.with(Options.NONE),
                queued ->
                        over(Outcome.ended("text", FinishReason.STOP, null))
                                .apply(queued.with(Options.NONE)),
                over(Outcome.ended("\u65e5\uD83D\uDE00", FinishReason.STOP, new Usage(3, 4))),
                over(Outcome.ended("\uD83D\uDE00", FinishReason.LENGTH, null)),
                over(Outcome.ended("text", FinishReason.STOP, Usage.NONE)),
                over(Outcome.ended("text", FinishReason.STOP, new Usage(3, 4, 0L, null))),
                over(Outcome.ended("text", FinishReason.STOP, new Usage(3, 4, 0L, 0L))),
                over(
                        Outcome.ended(
                                "text",
                                FinishReason.STOP,
                                new Usage(Integer.MAX_VALUE, Integer.MAX_VALUE, 0L, 0L))),
                over(Outcome.ended("text", FinishReason.STOP, new Usage(3, 4, null, 5L))),
                over(Outcome.ended("text", FinishReason.STOP, new Usage(3, 4, 1L << 31, 5L))),
                over(Outcome.ended(new Written("text", CALLS), FinishReason.CALLS, null)),
                over(Outcome.ended(new Written("", CALLS), FinishReason.CALLS, null)),
                over(Outcome.cancelled(new Written("", List.of(new Item.Reasoning(0, "hm"))))),
                over(Outcome.ended("text", FinishReason.STOP, usage(Integer.MAX_VALUE))),
                over(Outcome.ended("text", FinishReason.STOP, usage(1L << 31))),
                over(Outcome.ended("text", FinishReason.STOP, usage(Long.MAX_VALUE))),
                over(Outcome.ended("", FinishReason.STOP, null)),
                over(Outcome.cancelled(Written.of("te"))),
                over(Outcome.brokenOff(Written.of("te"), FAILURE)),
                over(Outcome.brokenOff(Written.of(""), FAILURE)),
                queued -> queued.ended(Outcome.cancelled(), LATER),
                queued ->
                        queued.started("m")
                                .ended(
                                        Outcome.ended("text", FinishReason.STOP, null),
                                        NOW.minusMillis(1)), // the clock was set back
                queued ->
                        queued.started("m")
                                .ended(
                                        Outcome.ended("text", FinishReason.STOP, null),
                                        NOW.plusMillis((1L << 31) - 1)),
                queued ->
                        queued.started("m")
                                .ended(
                                        Outcome.ended("text", FinishReason.STOP, null),
                                        NOW.plusMillis(1L << 31)),
                queued -> queued.ended(Outcome.ended("text", FinishReason.STOP, null), LATER),
                queued ->
                        over(Outcome.brokenOff(Written.of(""), FAILURE))
                                .apply(queued)
                                .retried(queued.seq())
                                .started("m")
                                .ended(
                                        Outcome.ended("text", FinishReason.STOP, usage(1)),
                                        LATER.plusMillis(1)));
    }

    private static Usage usage(long tokens) {
        return new Usage(tokens, tokens);
    }

    private static UnaryOperator<Message> over(Outcome outcome) {
        return queued -> queued.started("m").ended(outcome, LATER);
    }

    @ParameterizedTest
    @MethodSource("states")
    void get_ofAReplyInAnyState_isTheReplyThatWasPut(UnaryOperator<Message> state) {
        List<Message> put = new ArrayList<>();
        for (int turn = 0; turn < 9; turn++) { // so that there is room to be made more than once
            Message user =
                    Message.ofUser(
                            UUID.randomUUID(),
                            CHAT,
                            2 * turn + 1,
                            "text \u00e9\u65e5 " + turn,
                            turn % 2 == 0 ? IMAGES : List.of(),
                            NOW);
            Message queued = Message.queuedReply(UUID.randomUUID(), CHAT, 2 * turn + 2, NOW);
            turns.add(user, queued);
            Message reply = state.apply(queued);
            turns.set(reply);
            put.addAll(List.of(user, reply));
        }

        assertThat(turns.size()).isEqualTo(18);
        for (Message each : put) {
            assertThat(turns.get(each.seq())).isEqualTo(each);
            assertThat(turns.id(each.seq())).isEqualTo(each.id());
        }
    }

    @Test
    void set_ofAReplyThatRunsAgain_replacesWhatWasThere() {
        Message queued = Message.queuedReply(UUID.randomUUID(), CHAT, 2, NOW);
        turns.add(Message.ofUser(UUID.randomUUID(), CHAT, 1, "text", List.of(), NOW), queued);
        Message ended = over(Outcome.ended("a", FinishReason.STOP, usage(1))).apply(queued);
        turns.set(ended);
        Options options =
                new Options(null, null, Map.of("seed", 1), Map.of(), null, 0, false, false, false);
        Message other =
                queued.with(options)
                        .started("other")
                        .ended(Outcome.ended("b", FinishReason.LENGTH, null), LATER);
        turns.set(other);
        assertThat(turns.get(2)).isEqualTo(other);

        turns.set(ended);
        assertThat(turns.get(2)).isEqualTo(ended);
    }

    @RepeatedTest(50)
    void anyOperations_keepWhatAListWouldKeep(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        List<UnaryOperator<Message>> states = states().toList();
        List<Message> expected = new ArrayList<>();
        for (int step = 0; step < 60; step++) {
            if (expected.isEmpty() || random.nextInt(3) == 0) {
                int seq = expected.size() + 1;
                Instant now = NOW.plusMillis(step);
                Message user =
                        Message.ofUser(
                                UUID.randomUUID(),
                                CHAT,
                                seq,
                                "t\u00e9xt " + seq,
                                random.nextInt(3) == 0 ? IMAGES : List.of(),
                                now);
                Message queued = Message.queuedReply(UUID.randomUUID(), CHAT, seq + 1, now);
                turns.add(user, queued);
                expected.addAll(List.of(user, queued));
            } else if (random.nextInt(4) == 0) {
                int place = 2 * random.nextInt(expected.size() / 2);
                Message said = expected.get(place).saying("l\u00e9ft " + step);
                Message user = said.with(random.nextBoolean() ? IMAGES : List.of());
                turns.set(user);
                expected.set(place, user);
            } else {
                int place = 2 * random.nextInt(expected.size() / 2) + 1;
                Message old = expected.get(place);
                Message queued = Message.queuedReply(old.id(), CHAT, old.seq(), old.createdAt());
                Message reply = states.get(random.nextInt(states.size())).apply(queued);
                turns.set(reply);
                expected.set(place, reply);
            }
            assertThat(all(turns::get)).isEqualTo(expected);
            assertThat(all(turns::text).stream().map(StoredText::toString).toList())
                    .isEqualTo(expected.stream().map(Message::content).toList());
            for (int seq = 2; seq <= expected.size(); seq += 2) {
                Turn turn = new Turn(expected.get(seq - 2), expected.get(seq - 1));
                assertThat(said(turns.contextTurn(seq))).isEqualTo(said(ContextTurn.of(turn)));
                assertThat(turns.isContext(seq)).isEqualTo(isContext(turn.reply()));
            }
        }
    }

    private static List<Object> said(ContextTurn turn) {
        return List.of(
                turn.replySeq(),
                turn.attempt(),
                turn.message(),
                turn.reply(),
                turn.messageItems(),
                turn.replyItems());
    }

    private static boolean isContext(Message reply) {
        return reply.unanswered()
                || (reply.status().terminal()
                        && (!reply.content().isEmpty() || reply.items().equals(CALLS)));
    }

    private <T> List<T> all(IntFunction<T> part) {
        return IntStream.rangeClosed(1, turns.size()).mapToObj(part).toList();
    }
}

package ai.konko.conversation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.assistant.Cancellation;
import ai.konko.assistant.TextInFlight;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Pair;
import ai.konko.chat.RefusedException;
import ai.konko.chat.TestLimits;
import ai.konko.chat.WellFormed;
import ai.konko.chat.Writer;
import ai.konko.chat.Written;
import ai.konko.conversation.Listener.Piece;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LiveReplyTest {
    static final Message RUNNING =
            Message.queuedReply(UUID.randomUUID(), UUID.randomUUID(), 2, Instant.EPOCH)
                    .started("m");

    private static final Writer WRITER =
            new Writer(
                    UUID.randomUUID(),
                    URI.create("http://127.0.0.1:1"),
                    UUID.randomUUID(),
                    new Pair("asks", "answers"));

    private final AtomicInteger overs = new AtomicInteger();
    private final AtomicInteger listening = new AtomicInteger();
    private final AtomicInteger woken = new AtomicInteger();
    private final LiveReply reply = new LiveReply(RUNNING, null, listening);
    private final TextInFlight room =
            new TextInFlight(TestLimits.WIDE.withReplies(100_000, 200_000));

    @Test
    void next_givesTheWholeTextWheneverOneJoins() {
        Cancellation _ = reply.run();
        Listener first = listen(0);
        List<Piece> early = new ArrayList<>(List.of(first.next()));
        reply.draft().text("ab");
        early.add(first.next());
        Listener second = listen(0);
        reply.draft().text("cd");
        reply.draft().text("e");
        early.addAll(rest(first));
        reply.ended(ended("abcde"));
        Listener last = listen(0);

        early.addAll(rest(first));

        assertThat(early).extracting(LiveReplyTest::text).containsExactly("", "ab", "cde", "", "");
        assertThat(early)
                .extracting(piece -> piece.position().length())
                .containsExactly(0, 2, 5, 5, 5);
        assertThat(joined(rest(second))).isEqualTo("abcde");
        assertThat(joined(rest(last))).isEqualTo("abcde");
    }

    @ParameterizedTest
    @CsvSource({"0, abcd", "1, bcd", "3, d", "4, ''"})
    void next_givesWhatFollowsTheOffset(int from, String text) {
        reply.draft().text("abc");
        reply.draft().text("d");
        Listener before = listen(from);
        reply.ended(ended("abcd"));

        List<Piece> pieces = rest(before);

        assertThat(joined(pieces)).isEqualTo(text);
        assertThat(joined(rest(listen(from)))).isEqualTo(text);
        assertThat(pieces.getLast().end()).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x"}) // one of them puts a pair across any limit
    void next_ofLargeText_givesPiecesOfWholeCharactersAndOneEnd(String shift) {
        String text = shift + "\ud83d\ude00".repeat(50_000);
        Message end = ended(text);
        reply.draft().text(text);
        reply.ended(end);

        List<Piece> pieces = rest(listen(0));

        assertThat(joined(pieces)).isEqualTo(text);
        assertThat(pieces).hasSizeBetween(6, 8);
        assertThat(pieces).allMatch(piece -> WellFormed.holds(text(piece)));
        assertThat(pieces.subList(0, pieces.size() - 1)).allMatch(piece -> piece.end() == null);
        assertThat(pieces.getLast().end()).isSameAs(end);
        assertThat(pieces.getLast().position().length()).isEqualTo(text.length());
    }

    @Test
    void append_onceSealed_isIgnored() {
        Cancellation _ = reply.run();
        reply.draft().text("a");
        reply.listen(new Position(0, 0), woken::incrementAndGet);

        Written sealed = reply.seal();
        reply.draft().text("b");

        assertThat(sealed).isEqualTo(Written.of("a"));
        assertThat(reply.seal()).isEqualTo(Written.of("a"));
        assertThat(joined(rest(listen(0)))).isEqualTo("a");
        assertThat(woken).hasValue(0);
    }

    @Test
    void append_onceEnded_isIgnored() {
        reply.draft().text("a");
        reply.ended(ended("a"));
        reply.listen(new Position(0, 0), woken::incrementAndGet);

        reply.draft().text("b");

        assertThat(reply.seal()).isEqualTo(Written.of("a"));
        assertThat(joined(rest(listen(0)))).isEqualTo("a");
        assertThat(woken).hasValue(0);
    }

    @Test
    void ended_twice_countsOnce() {
        Message first = ended("first");
        reply.listen(new Position(0, 0), woken::incrementAndGet);
        reply.ended(first);

        reply.ended(ended("second"));

        assertThat(reply.end()).isCompletedWithValue(first);
        assertThat(rest(listen(0)))
                .containsExactly(
                        new Piece(
                                new ReplyPart.Text("first", new Position(5, 0)),
                                new Position(5, 0),
                                first,
                                0,
                                false));
        assertThat(woken).hasValue(1);
    }

    @Test
    void run_anewWithTheSameText_goesOnWhereListenersAre() {
        show("abc");
        Listener early = listen(0);
        List<Piece> seen = new ArrayList<>(List.of(early.next()));
        Cancellation _ = reply.run();

        reply.draft().text("ab");
        seen.add(early.next());
        reply.draft().text("cde");
        seen.addAll(rest(early));
        assertThat(reply.seal().text()).isEqualTo("abcde");
        reply.ended(ended("abcde"));
        seen.addAll(rest(early));

        assertThat(joined(seen)).isEqualTo("abcde");
        assertThat(seen.getLast().end()).isNotNull();
    }

    @Test
    void run_anewWithAnotherText_givesThoseWhoSawTheOldOneOnlyTheEnd() {
        show("abc");
        Listener early = listen(0);
        early.next();
        Listener idle = listen(0);
        Cancellation _ = reply.run();
        reply.draft().text("ax");
        Listener late = listen(1);

        List<Piece> after = new ArrayList<>(List.of(early.next()));
        assertThat(reply.seal().text()).isEqualTo("ax");
        reply.ended(ended("ax"));
        after.addAll(rest(early));

        assertThat(joined(after)).isEmpty();
        assertThat(after.getLast().end()).isEqualTo(ended("ax"));
        assertThat(joined(rest(idle))).isEqualTo("ax");
        assertThat(joined(rest(late))).isEqualTo("x");
    }

    @Test
    void seal_ofATextThatIsNotYetAsLongAsTheOldOne_isTheNewOne() {
        show("abc");
        Cancellation _ = reply.run();
        reply.draft().text("a");

        assertThat(reply.seal()).isEqualTo(Written.of("a"));
    }

    @Test
    void show_growsTheTextAndIgnoresWhatIsBehind() {
        Listener listener = listen(0);
        show("abc");
        show("ab");
        show("abcd");

        assertThat(joined(rest(listener))).isEqualTo("abcd");
        Cancellation _ = reply.run();
        show("abcdefg");
        assertThat(rest(listener)).allMatch(piece -> text(piece).isEmpty());
    }

    @Test
    void show_ofMoreThanThereIsRoomFor_leavesTheRestToTheEnd() {
        Listener listener = listen(0);
        show("abc");
        show("a".repeat(300_000));
        List<Piece> seen = new ArrayList<>(rest(listener));
        reply.ended(ended("abcd"));
        seen.addAll(rest(listener));

        assertThat(joined(seen)).isEqualTo("abcd");
        assertThat(room.held()).isZero();
    }

    @Test
    void grow_byWhatIsRelayed_goesOnBesideTheLog() {
        Listener listener = listen(0);
        show("ab");
        Relayed relayed = relay(null);
        relayed.draft().text("a");
        relayed.draft().text("bcd");
        show("abc");
        show("abcde");
        relayed.draft().text("ef");

        assertThat(joined(rest(listener))).isEqualTo("abcdef");
        assertThat(relayed.isOpen()).isTrue();
        reply.ended(ended("abcdefg"));
        assertThat(joined(rest(listener))).isEqualTo("g");
        assertThat(relayed.isOpen()).isFalse();
        assertThat(room.held()).isZero();
    }

    @Test
    void grow_byWhatIsRelayedNoMore_isIgnored() {
        Listener listener = listen(0);
        show("a");
        Relayed first = relay(null);
        first.draft().text("ab");
        first.over();
        first.draft().text("c");
        Relayed second = relay(first);
        first.draft().text("x");
        second.draft().text("abc");

        assertThat(joined(rest(listener))).isEqualTo("abc");
        assertThat(overs).hasValue(1);
        assertThat(reply.takeFrom(new Relayed(reply, WRITER, () -> {}), first)).isFalse();
        Cancellation _ = reply.run();
        second.draft().text("d");
        assertThat(joined(rest(listener))).isEmpty();
        assertThat(second.isOpen()).isFalse();
    }

    @Test
    void show_ofAnotherRun_endsWhatIsRelayed() {
        Listener late = listen(0);
        show("a");
        Relayed relayed = relay(null);
        relayed.draft().text("abc");
        show("axyz");
        relayed.draft().text("d");

        assertThat(relayed.isOpen()).isFalse();
        assertThat(joined(rest(late))).isEqualTo("axyz");
    }

    @Test
    void grow_byMoreThanThereIsRoomFor_leavesTheRestToTheEnd() {
        show("");
        Relayed relayed = relay(null);
        relayed.draft().text("abc");
        relayed.draft().text("a".repeat(300_000));

        assertThat(relayed.isOpen()).isFalse();
    }

    private Relayed relay(@Nullable Relayed before) {
        Relayed relayed = new Relayed(reply, WRITER, overs::incrementAndGet);
        assertThat(reply.takeFrom(relayed, before)).isTrue();
        return relayed;
    }

    private void show(String text) {
        reply.countBy(room.open(Owner.ANONYMOUS));
        reply.show(Written.of(text));
    }

    @Test
    void leave_endsListeningWithoutAnEnd() {
        Listener listener = listen(0);

        reply.leave(RefusedException.of(ErrorCode.OVERLOADED, "gone"));

        assertThat(listener.next().left()).isTrue();
        assertThat(reply.end()).isCompletedExceptionally();
    }

    @Test
    void endedUnlessRun_ofAReplyThatNobodyRuns_endsIt() {
        Message end = ended("");

        boolean over = reply.endedUnlessRun(end);

        assertThat(over).isTrue();
        assertThat(reply.end()).isCompletedWithValue(end);
    }

    @Test
    void endedUnlessRun_ofARunningReply_leavesItsEndToTheRunner() {
        Message end = ended("a");
        reply.run();
        reply.draft().text("a");

        boolean running = reply.endedUnlessRun(ended("other"));

        assertThat(running).isFalse();
        assertThat(reply.end()).isNotDone();
        reply.ended(end);
        assertThat(reply.endedUnlessRun(ended("other"))).isTrue();
        assertThat(reply.end()).isCompletedWithValue(end);
    }

    @Test
    void end_cancelledByOne_isThereForTheOthers() {
        Message end = ended("a");
        CompletableFuture<Message> other = reply.end();

        reply.end().cancel(true);
        reply.ended(end);

        assertThat(other).isCompletedWithValue(end);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void has_isWithinTheTextAndNotInsideAPair(boolean over) {
        Cancellation _ = reply.run();
        reply.draft().text("a\ud83d\ude00b");
        if (over) {
            reply.ended(ended("a\ud83d\ude00b"));
        }

        List<Integer> offsets =
                Stream.of(Integer.MIN_VALUE, -1, 0, 1, 2, 3, 4, 5, Integer.MAX_VALUE)
                        .filter(offset -> reply.has(new Position(offset, 0)))
                        .toList();

        assertThat(offsets).containsExactly(0, 1, 3, 4);
    }

    @Test
    void has_ofAnEmptyReply_isTheStartAlone() {
        assertThat(reply.has(Position.START)).isTrue();
        assertThat(reply.has(new Position(1, 0))).isFalse();
    }

    @Test
    void close_endsTheWakingOfThatListenerAlone() {
        Cancellation _ = reply.run();
        Listener closed = reply.listen(new Position(0, 0), woken::incrementAndGet);
        Listener open = reply.listen(new Position(0, 0), () -> woken.addAndGet(100));
        reply.draft().text("a");
        assertThat(woken).hasValue(101);
        assertThat(listening).hasValue(2);

        closed.close();
        closed.close();

        assertThat(listening).hasValue(1);
        reply.draft().text("b");
        reply.ended(ended("ab"));
        assertThat(woken).hasValue(301);
        open.close();
        assertThat(listening).hasValue(0);
    }

    private Listener listen(int from) {
        return reply.listen(new Position(from, 0), () -> {});
    }

    /** Reads until there is nothing more at the moment. */
    static List<Piece> rest(Listener listener) {
        List<Piece> pieces = new ArrayList<>();
        do {
            pieces.add(listener.next());
        } while (!text(pieces.getLast()).isEmpty() && pieces.getLast().end() == null);
        return pieces;
    }

    static String text(Piece piece) {
        return piece.part() instanceof ReplyPart.Text text ? text.piece() : "";
    }

    static String joined(List<Piece> pieces) {
        return pieces.stream().map(LiveReplyTest::text).collect(Collectors.joining());
    }

    static Message ended(String content) {
        Outcome outcome =
                content.isEmpty()
                        ? Outcome.cancelled()
                        : Outcome.ended(content, FinishReason.STOP, null);
        return RUNNING.ended(outcome, Instant.EPOCH);
    }
}

package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.assistant.ContextWindow.Next;
import ai.konko.assistant.ModelContext.Reason;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.FinishReason;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.Item;
import ai.konko.chat.Memory;
import ai.konko.chat.MemorySummary;
import ai.konko.chat.Options;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Post;
import ai.konko.chat.Settings;
import ai.konko.chat.TestLimits;
import ai.konko.chat.Turn;
import ai.konko.chat.WhenBusy;
import ai.konko.chat.Written;
import ai.konko.store.memory.InMemoryChatRepository;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContextWindowTest {
    /** Ten tokens: nine words and a full stop. */
    private static final String TEN = "one two three four five six seven eight nine.";

    private final ChatRepository repository =
            new InMemoryChatRepository(
                    TestLimits.WIDE, Clock.systemUTC(), new GrowingIds(Clock.systemUTC()));
    private final Tokens tokens = new Tokens();
    private final UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();

    @Test
    void boundsOfAChat_areAtMostWhatTheServiceAllows() {
        Memory chosen = new Memory(10_000, 1_000_000, null);

        assertThat(WindowBounds.of(new Bounds(100, 16_000, 0.5), chosen))
                .isEqualTo(new WindowBounds(1000, 128_000, 0.5, 1000, false));
        assertThat(WindowBounds.of(new Bounds(5000, 200_000, 0.5), chosen))
                .as("its own settings are always allowed")
                .isEqualTo(new WindowBounds(5000, 200_000, 0.5, 1000, false));
    }

    @Test
    void tokens_areThoseOfTheEncodingAndFourMore() {
        assertThat(tokens.ofMessage(TEN)).isEqualTo(14);
        assertThat(tokens.ofMessage("<|endoftext|>")).isGreaterThan(5); // text, not a control token
    }

    @Test
    void tokens_ofATurnThatIsCounted_doNotNeedItsText() {
        turn("counted", "once");
        ContextTurn turn = repository.recall(chat, 9999, 1, Long.MAX_VALUE).getFirst();
        ContextTurn unreadable =
                new ContextTurn(turn.replySeq(), turn.attempt(), new byte[0], turn.messageBytes());

        int count = tokens.of(chat, turn);

        assertThat(tokens.of(chat, unreadable)).isEqualTo(count);
    }

    @Test
    void atMost_isNeverLessThanTheEstimate() {
        for (String text :
                List.of("", TEN, "ÄÖÜ", "日本語", "\ud83d\ude00\ud83d\ude00", "a\n\n\n b")) {
            assertThat(Tokens.atMost(text)).isGreaterThanOrEqualTo(tokens.ofMessage(text));
        }
    }

    @Test
    void before_countsTheNewMessageAndKeepsTurnsWhole() {
        turns(5);

        assertThat(sent(5, 10_000)).containsExactly("m3", "m4"); // 2 turns and the new message
        assertThat(sent(6, 10_000)).containsExactly("m3", "m4"); // half a turn does not fit
        assertThat(sent(7, 10_000)).containsExactly("m2", "m3", "m4");
        assertThat(sent(1, 10_000)).isEmpty();
        assertThat(sent(2, 10_000)).isEmpty();
        assertThat(sent(100, 10_000)).containsExactly("m0", "m1", "m2", "m3", "m4");
    }

    @Test
    void before_cutsByTokensAtTurns() {
        for (int i = 0; i < 5; i++) {
            turn(TEN, TEN); // 28 tokens a turn
        }

        assertThat(sent(100, 14 + 28 * 2).size()).isEqualTo(2);
        assertThat(sent(100, 14 + 28 * 3 - 1).size()).isEqualTo(2);
        assertThat(sent(100, 14 + 28 * 3).size()).isEqualTo(3);
        assertThat(sent(100, 14).size()).isZero();
        assertThat(sent(100, 1).size()).isZero(); // the new message goes all the same
    }

    @Test
    void window_fillsAndIsThenCutToItsShareOfMessages() {
        ContextWindow window = new ContextWindow(repository, new Bounds(9, 10_000, 0.5), tokens);

        List<Integer> sizes =
                IntStream.range(0, 12).map(i -> run(window, "m" + i)).boxed().toList();

        assertThat(sizes).containsExactly(0, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3);
        assertThat(sent(new Bounds(9, 10_000, 0.5)))
                .as("told by the log alone")
                .containsExactly("m8", "m9", "m10", "m11");
    }

    @Test
    void window_ofTokens_isCutToItsShareOfThem() {
        Bounds bounds = new Bounds(100, 4 * 19 + 14, 0.5); // 19 tokens a turn, 14 of the message
        ContextWindow window = new ContextWindow(repository, bounds, tokens);

        List<Integer> sizes = IntStream.range(0, 10).map(_ -> run(window, TEN)).boxed().toList();

        assertThat(sizes).containsExactly(0, 1, 2, 3, 4, 1, 2, 3, 4, 1);
    }

    @Test
    void window_thatKeepsAll_slidesByOneTurn() {
        ContextWindow window = new ContextWindow(repository, new Bounds(7, 10_000, 1), tokens);

        List<Integer> sizes = IntStream.range(0, 6).map(i -> run(window, "m" + i)).boxed().toList();

        assertThat(sizes).containsExactly(0, 1, 2, 3, 3, 3);
        assertThat(sent(7, 10_000)).containsExactly("m3", "m4", "m5");
    }

    /** Of turns that are longer than what a cut keeps. */
    @Test
    void cut_leavesTheLastPieceIfItFitsTheWindow() {
        Bounds bounds = new Bounds(100, 100, 0.1);
        turn(TEN, TEN);
        String call = called(TEN, TEN);
        answered(call, null);
        turn(TEN, TEN);

        assertThat(sent(bounds)).as("one turn").containsExactly(TEN);
        assertThat(sent(new Bounds(3, 10_000, 0.1))).containsExactly(TEN);
        assertThat(sent(new Bounds(100, 14 + 28 - 1, 0.1))).isEmpty();
    }

    @Test
    void before_whatTheLogHasReadByTheServicesBounds_isReadAgainForLargerOnes() {
        turns(8);
        ContextWindow window = new ContextWindow(repository, new Bounds(5, 10_000, 0.5), tokens);
        List<ContextTurn> read = repository.recall(chat, 9999, 3, Long.MAX_VALUE);
        Next next = new Next(chat, 9999, "m", List.of(), 0);

        assertThat(window.before(next, Memory.NONE, read, true).turns()).hasSize(1);
        assertThat(window.before(next, new Memory(13, null, null), read, true).turns()).hasSize(2);
        assertThat(window.before(next, new Memory(100, null, null), read, true).turns()).hasSize(8);
        assertThat(window.before(next, new Memory(null, 20, null), read, true).turns()).hasSize(1);
        assertThat(window.before(next, new Memory(null, null, 1.0), read, true).turns()).hasSize(2);
    }

    @Test
    void next_saysWhenTheWindowIsCutAndWhatRepeatsThePromptBefore() {
        Bounds bounds = new Bounds(9, 10_000, 0.5);
        ContextWindow window = new ContextWindow(repository, bounds, tokens);
        assertThat(next(repository, bounds).tokens().stable()).isZero();
        for (int i = 0; i < 4; i++) {
            run(window, TEN);
        }

        ModelContext full = next(repository, bounds);
        run(window, TEN);
        ModelContext tooFull = next(repository, bounds);

        assertThat(full.messagesLeft()).as("the next one alone").isEqualTo(1);
        assertThat(full.tokensLeft()).isEqualTo(10_000 - full.tokens().turns());
        assertThat(full.tokens().stable())
                .as("all but the last reply")
                .isEqualTo(full.tokens().turns() - tokens.ofMessage("r"));
        assertThat(tooFull.turns()).hasSize(1);
        assertThat(tooFull.messagesLeft()).isEqualTo(7);
        assertThat(tooFull.tokens().stable()).isZero();
        assertThat(tooFull.excluded())
                .extracting(ModelContext.Excluded::reason)
                .containsOnly(Reason.WINDOW)
                .hasSize(8);
    }

    @Test
    void next_countsInstructionsAndTools() {
        List<Object> tools = List.of(Map.of("type", "function", "function", Map.of("name", "f")));
        Settings settings = new Settings(null, TEN, null, Map.of(), Map.of("tools", tools));
        UUID told = repository.create(Owner.ANONYMOUS, settings).id();

        ModelContext context =
                new NextPrompt(
                                repository,
                                new ContextWindow(repository, new Bounds(9, 100, 1), tokens),
                                tokens)
                        .of(told);

        assertThat(context.tokens().fixed()).isBetween(14 + 10, 14 + 30);
        assertThat(context.tokens().turns()).isZero();
    }

    @Test
    void next_saysWhyEachMessageIsLeftOut() {
        Turn deleted = turn("deleted", "deleted");
        repository.erase(chat, deleted.message().id(), 1, Set.of(0));
        repository.erase(chat, deleted.reply().id(), 1, Set.of(0));
        turn("window", "window");
        turn(TEN.repeat(10), "tokens");
        turn("kept", "kept");
        Turn failed = accept("no-reply");
        repository.start(chat, "m");
        repository.finish(chat, failed.reply().id(), 1, Outcome.cancelled());
        Turn pending = accept("pending");

        ModelContext context = next(repository, new Bounds(5, 50, 1));

        assertThat(context.turns())
                .extracting(turn -> turn.message().content())
                .containsExactly("kept");
        assertThat(context.tokens().turns()).isEqualTo(tokens.of(context.turns().getFirst()));
        assertThat(context.excluded())
                .extracting(ModelContext.Excluded::reason)
                .containsExactly(
                        Reason.DELETED,
                        Reason.DELETED,
                        Reason.WINDOW,
                        Reason.WINDOW,
                        Reason.TOKENS,
                        Reason.TOKENS,
                        Reason.NO_REPLY,
                        Reason.NO_REPLY,
                        Reason.PENDING,
                        Reason.PENDING);
        assertThat(context.excluded().getLast().messageId()).isEqualTo(pending.reply().id());
    }

    @Test
    void next_afterALongTurn_tellsApartWhatIsBeforeIt() {
        turn("window", "window");
        turn("before", "before");
        turn("long", "x ".repeat(20_000));

        ModelContext context = next(repository, new Bounds(5, 50, 1));

        assertThat(context.turns()).isEmpty();
        assertThat(context.excluded())
                .extracting(ModelContext.Excluded::reason)
                .containsExactly(
                        Reason.WINDOW,
                        Reason.WINDOW,
                        Reason.TOKENS,
                        Reason.TOKENS,
                        Reason.TOKENS,
                        Reason.TOKENS);
    }

    @Test
    void before_withEarlierTurnsThatAreLong_hasThemAll() {
        turn("not asked for", "x");
        turn("m1", "x ".repeat(20_000));
        turn("m2", "x ".repeat(20_000));
        ContextWindow window = new ContextWindow(repository, new Bounds(100, 50, 1), tokens);

        assertThat(before(window, "m", List.of(), 2))
                .extracting(ContextTurn::message)
                .containsExactly("m1", "m2");
    }

    @Test
    void before_aMessageThatAnswersCalls_hasTheirWholePiece() {
        turn("before", "x");
        String first = called("m1", "x ".repeat(20_000));
        String second = answered(first, "x ".repeat(20_000));
        ContextWindow window = new ContextWindow(repository, new Bounds(5, 50, 1), tokens);

        List<ContextTurn> answering = before(window, "", List.of(output(second)), 0);

        assertThat(answering).extracting(ContextTurn::message).containsExactly("m1", "");
        assertThat(before(window, "plain", List.of(), 0)).isEmpty();
    }

    @Test
    void before_aWindowThatWouldPartAPiece_leavesOutAllOfIt() {
        String call = called("m1", "a");
        answered(call, null);
        turn("m2", "b");

        assertThat(sent(5, 10_000)).containsExactly("m2");
        assertThat(sent(7, 10_000)).containsExactly("m1", "", "m2");
        ModelContext next = next(repository, new Bounds(5, 10_000, 1));
        assertThat(next.turns()).extracting(turn -> turn.message().content()).containsExactly("m2");
        assertThat(next.excluded())
                .extracting(ModelContext.Excluded::reason)
                .containsOnly(Reason.WINDOW)
                .hasSize(4);
    }

    @Test
    void before_tokensThatWouldPartAPiece_leaveOutAllOfIt() {
        String call = called(TEN.repeat(10), "a");
        answered(call, null);
        turn("m2", "b");

        assertThat(sent(100, 100)).containsExactly("m2");
        assertThat(next(repository, new Bounds(100, 100, 1)).excluded())
                .extracting(ModelContext.Excluded::reason)
                .containsOnly(Reason.TOKENS)
                .hasSize(4);
    }

    @Test
    void tokens_countCallsOutputsAndImages_andAnOutputThatComesLater() {
        Turn asked = accept("look", List.of(new Item.Image(4, "https://x")));
        repository.start(chat, "m");
        String call = finish(asked, "", "c1");
        ContextTurn open = repository.recall(chat, 9999, 1, Long.MAX_VALUE).getFirst();
        int before = tokens.of(chat, open);
        accept("", List.of(new Item.Output(0, call, TEN.repeat(100), false)));
        ContextTurn ended = repository.recall(chat, 3, 1, Long.MAX_VALUE).getFirst();

        assertThat(before).isBetween(Tokens.IMAGE, Tokens.IMAGE + 100);
        assertThat(tokens.of(chat, ended)).isBetween(before + 800, before + 1000);
        assertThat(tokens.of(chat, ended)).isLessThanOrEqualTo(Tokens.atMost(ended));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void before_outputsOfNoCalls_areNoPartOfAPiece(boolean first) {
        if (!first) {
            called("before", "a");
        }
        List<Turn> _ =
                repository.take(
                        chat,
                        List.of(
                                new PastTurn(
                                        "m1",
                                        List.of(output("none")),
                                        Outcome.ended("r1", FinishReason.STOP, null),
                                        null)));
        turn("m2", "r2");

        assertThat(sent(5, 10_000)).containsExactly("m1", "m2");
        assertThat(sent(100, 10_000)).endsWith("m1", "m2").hasSize(first ? 2 : 3);
        assertThat(next(repository, new Bounds(5, 10_000, 1)).turns())
                .extracting(turn -> turn.message().content())
                .containsExactly("m1", "m2");
    }

    /** A turn whose reply has a call. */
    private String called(String message, String reply) {
        Turn turn = accept(message);
        repository.start(chat, "m");
        return finish(turn, reply, "call" + turn.reply().seq());
    }

    /** A turn that answers a call; its reply has another one, or text alone. */
    private String answered(String call, @Nullable String replyWithCall) {
        Turn turn = accept("", List.of(output(call)));
        repository.start(chat, "m");
        return replyWithCall == null
                ? finish(turn, "done")
                : finish(turn, replyWithCall, "call" + turn.reply().seq());
    }

    private static Item output(String call) {
        return new Item.Output(0, call, "out", false);
    }

    private String finish(Turn turn, String text, String... calls) {
        List<Item> items =
                Stream.of(calls)
                        .<Item>map(id -> Item.Call.open(text.length(), id, "f", "{}"))
                        .toList();
        repository.finish(
                chat,
                turn.reply().id(),
                1,
                Outcome.ended(new Written(text, items), FinishReason.STOP, null));
        return calls.length == 0 ? "" : calls[0];
    }

    @Test
    void mostBytes_areNeverThoseOfMoreTokens() {
        for (String text : List.of(" ", "-", "\u65e5", "\ud83d\ude00", "a")) {
            String blanks = text.repeat(20_000) + "\u65e5".repeat(20_000);
            int estimate = tokens.ofMessage(blanks);

            assertThat(blanks.getBytes(StandardCharsets.UTF_8).length)
                    .isLessThanOrEqualTo((int) Tokens.mostBytes(estimate));
        }
    }

    @Test
    void next_ofLongReplies_readsNoMoreThanCouldBeSent() {
        for (int i = 0; i < 20; i++) {
            turn("m" + i, "x ".repeat(20_000));
        }
        AtomicInteger read = new AtomicInteger();
        ChatRepository counting =
                (ChatRepository)
                        Proxy.newProxyInstance(
                                getClass().getClassLoader(),
                                new Class<?>[] {ChatRepository.class},
                                (_, method, arguments) -> {
                                    Object result = method.invoke(repository, arguments);
                                    if (method.getName().matches("context|recall")) {
                                        read.addAndGet(((List<?>) result).size());
                                    }
                                    return result;
                                });
        ContextWindow window = new ContextWindow(counting, new Bounds(100, 100, 1), tokens);

        assertThat(before(window, "m", List.of(), 0)).isEmpty();
        assertThat(next(counting, new Bounds(100, 100, 1)).turns()).isEmpty();
        assertThat(read).as("one turn each").hasValue(2);
    }

    @Test
    void summary_isWhereAFullWindowIsCut() {
        ContextWindow window = compacting(9);
        turns(4); // as many as there may be
        keep(4, false); // of the first two

        assertThat(messages(seen(window))).containsExactly("m0", "m1", "m2", "m3");
        assertThat(seen(window).summary()).as("not before it is needed").isNull();
        turn("m4", "r4");
        ContextWindow.Window cut = seen(window);

        assertThat(messages(cut)).containsExactly("m2", "m3", "m4");
        assertThat(cut.cutFrom()).isEqualTo(5);
        assertThat(cut.summary()).isNotNull();
        assertThat(cut.summary().throughSeq()).isEqualTo(4);
    }

    @Test
    void summary_afterWhichTheRestDoesNotFit_isToldAllTheSame() {
        ContextWindow window = compacting(9);
        turns(3);
        keep(2, false);
        IntStream.range(3, 8).forEach(i -> turn("m" + i, "r" + i));

        ContextWindow.Window cut = seen(window);

        assertThat(messages(cut)).as("its share").containsExactly("m7");
        assertThat(cut.summary()).isNotNull();
        assertThat(cut.summaryDue()).as("what lies between is still to be told").isTrue();
    }

    @Test
    void summary_thatWasAskedFor_cutsAtOnce_alsoIfNothingIsCompacted() {
        ContextWindow window = new ContextWindow(repository, new Bounds(9, 10_000, 0.5), tokens);
        turns(3);
        keep(2, false);
        assertThat(messages(seen(window))).containsExactly("m0", "m1", "m2");
        assertThat(seen(window).summary()).isNull();

        keep(4, true);

        assertThat(messages(seen(window))).containsExactly("m2");
        assertThat(seen(window).cutFrom()).isEqualTo(5);
        assertThat(seen(window).summary()).isNotNull();
        assertThat(seen(window).summaryDue()).isFalse();
    }

    @Test
    void summary_isDueWhenTheWindowIsNearlyFull_onceForEachWindow() {
        ContextWindow window = compacting(9);
        turns(1);
        assertThat(seen(window).summaryDue()).isFalse();
        turns(2);
        assertThat(seen(window).summaryDue()).isTrue();

        keep(4, false);

        assertThat(seen(window).summaryDue()).isFalse();
        assertThat(
                        compacting(9)
                                .before(
                                        Next.of(accept("next").message(), Options.NONE),
                                        Memory.NONE,
                                        null,
                                        false)
                                .summaryDue())
                .as("of a chat without any")
                .isTrue();
    }

    /** With a summary a prompt is no longer than without. */
    @Test
    void summary_hasItsTokensKeptFree() {
        Bounds bounds = new Bounds(100, 14 + 28 * 4, 1, Memory.Compaction.SUMMARY);
        ContextWindow window = new ContextWindow(repository, bounds, tokens);
        for (int i = 0; i < 4; i++) {
            turn(TEN, TEN); // 28 tokens a turn
        }

        assertThat(before(window, TEN, List.of(), 0)).as("a quarter is free").hasSize(2);
    }

    private ContextWindow compacting(int maxMessages) {
        return new ContextWindow(
                repository,
                new Bounds(maxMessages, 10_000, 0.5, Memory.Compaction.SUMMARY),
                tokens);
    }

    private ContextWindow.Window seen(ContextWindow window) {
        return window.before(new Next(chat, 9999, "m", List.of(), 0), Memory.NONE);
    }

    private static List<String> messages(ContextWindow.Window window) {
        return window.turns().stream().map(ContextTurn::message).toList();
    }

    private void keep(int through, boolean asked) {
        MemorySummary summary =
                new MemorySummary(through, "s [1]", "m", null, asked, Instant.EPOCH);
        assertThat(repository.keepSummary(chat, summary, repository.summaryBasis(chat)))
                .isPresent();
    }

    private List<String> sent(int maxMessages, int maxTokens) {
        return sent(new Bounds(maxMessages, maxTokens, 1));
    }

    private List<String> sent(Bounds bounds) {
        ContextWindow window = new ContextWindow(repository, bounds, tokens);
        return before(window, TEN, List.of(), 0).stream().map(ContextTurn::message).toList();
    }

    private List<ContextTurn> before(
            ContextWindow window, String message, List<Item> items, int earlier) {
        return window.before(new Next(chat, 9999, message, items, earlier), Memory.NONE).turns();
    }

    private ModelContext next(ChatRepository log, Bounds bounds) {
        return new NextPrompt(log, new ContextWindow(log, bounds, tokens), tokens).of(chat);
    }

    private void turns(int count) {
        IntStream.range(0, count).forEach(i -> turn("m" + i, "r" + i));
    }

    private Turn turn(String message, String reply) {
        Turn turn = accept(message);
        repository.start(chat, "m");
        repository.finish(
                chat, turn.reply().id(), 1, Outcome.ended(reply, FinishReason.STOP, null));
        return turn;
    }

    /**
     * A turn that is run.
     *
     * @return how many turns the model sees before it
     */
    private int run(ContextWindow window, String message) {
        Turn turn = accept(message);
        repository.start(chat, "m");
        ContextWindow.Window seen =
                window.before(Next.of(turn.message(), Options.NONE), Memory.NONE);
        repository.finish(
                chat,
                turn.reply().id(),
                1,
                Outcome.ended("r", FinishReason.STOP, null).cutting(seen.cutFrom(), Memory.NONE));
        return seen.turns().size();
    }

    private Turn accept(String message) {
        return accept(message, List.of());
    }

    private Turn accept(String message, List<Item> items) {
        Post post = new Post(message, items, WhenBusy.ENQUEUE, null, false, null, List.of(), null);
        return repository.accept(chat, post).turn();
    }
}

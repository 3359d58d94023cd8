package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.Item.Call;
import ai.konko.chat.Item.Image;
import ai.konko.chat.Item.Output;
import ai.konko.chat.Item.Reasoning;
import ai.konko.chat.SettingsPatch.Change;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link ChatRepository} has to do with messages that are more than text. */
abstract class ItemsContract {
    private static final Failure FAILURE = Failure.of(ErrorCode.MODEL_FAILED, "It failed.");
    private static final int END = Integer.MAX_VALUE;
    private static final long ANY_LENGTH = Long.MAX_VALUE;
    private static final Reasoning THOUGHT = new Reasoning(0, "Hm \"\uD83D\uDE00\" \u0001\\");
    private static final List<Item> TWO_CALLS = List.of(THOUGHT, call(3, "a"), call(3, "b"));

    /** An empty repository with these limits, in a process with this clock. */
    protected abstract ChatRepository repository(TestLimits limits, Clock clock);

    ChatRepository repository;
    private @Nullable UUID chat;

    @BeforeEach
    void anEmptyRepository() {
        repository = repository(TestLimits.WIDE, Clock.systemUTC());
    }

    /** The chat of one test. */
    UUID chat() {
        UUID own = chat == null ? repository.create(Owner.ANONYMOUS, Settings.NONE).id() : chat;
        chat = own;
        return own;
    }

    @Test
    void items_comeBackAsTheyWere() {
        List<Item> said =
                List.of(
                        new Image(0, "https://example.com/a b\"c"),
                        new Image(2, "http://x/\u00e9"));
        Turn turn = repository.accept(chat(), post("h\u00e9llo", said, null)).turn();
        Message ended = finish(turn, calls("so \uD83D\uDE00", TWO_CALLS));

        assertThat(turn.message().items()).isEqualTo(said);
        assertThat(ended.items()).isEqualTo(TWO_CALLS);
        assertThat(ended.finishReason()).isEqualTo(FinishReason.CALLS);
        assertThat(repository.message(chat(), turn.message().id())).isEqualTo(turn.message());
        assertThat(repository.message(chat(), ended.id())).isEqualTo(ended);
        assertThat(messages()).containsExactly(turn.message(), ended);
        assertThat(repository.context(chat(), END, 5, ANY_LENGTH))
                .containsExactly(new Turn(turn.message(), ended));
        assertThat(repository.recall(chat(), END, 5, ANY_LENGTH))
                .extracting(
                        ContextTurn::message, ContextTurn::messageItems, ContextTurn::replyItems)
                .containsExactly(tuple("h\u00e9llo", said, TWO_CALLS));
    }

    @Test
    void finish_withCalls_letsTheChatWaitAndNotBeBusy() {
        replied(calls("", TWO_CALLS));

        Chat waits = repository.chat(chat());

        assertThat(waits.waiting()).isTrue();
        assertThat(waits.busy()).isFalse();
        assertThat(repository.messageCounts(chat()).answeredThrough()).isEqualTo(2);
        Post next = new Post("hello", WhenBusy.REJECT, null, false);
        assertThat(repository.accept(chat(), next).turn().reply().seq()).isEqualTo(4);
        assertThat(repository.chat(chat()).waiting()).isFalse();
    }

    @Test
    void accept_withOutputs_endsTheCalls() {
        Message reply = replied(calls("so", TWO_CALLS));
        List<Item> outputs = List.of(new Output(0, "b", "", false), new Output(0, "a", "no", true));

        Turn turn = repository.accept(chat(), post("", outputs, null)).turn();

        Instant now = turn.message().createdAt();
        Message answered = repository.message(chat(), reply.id());
        assertThat(answered.items())
                .containsExactly(
                        THOUGHT,
                        new Call(3, "a", "tool", "{\"x", CallStatus.FAILED, "no", now),
                        new Call(3, "b", "tool", "{\"x", CallStatus.COMPLETED, "", now));
        assertThat(answered.with(TWO_CALLS)).isEqualTo(reply);
        assertThat(turn.message().items()).isEqualTo(outputs);
        assertThat(Items.outputs(turn.message().items())).isNotEmpty();
        assertThat(repository.chat(chat()).waiting()).isFalse();
        assertThat(repository.chat(chat()).updatedAt()).isEqualTo(now);
        assertThat(repository.recall(chat(), turn.message().seq(), 9, ANY_LENGTH))
                .extracting(ContextTurn::replyItems)
                .containsExactly(answered.items());
    }

    @Test
    void accept_withoutOutputs_abandonsTheCalls() {
        Message reply = replied(calls("so", TWO_CALLS));

        repository.accept(chat(), post("never mind"));

        assertCalls(reply, CallStatus.ABANDONED);
        assertRefused(ErrorCode.CALL_CLOSED, post("", outputs("a", "b"), null));
    }

    @ParameterizedTest
    @CsvSource({"false, a", "true, a", "false,", "true,", "true, a b c"})
    void accept_withoutRequiredOutputs_isRefused(boolean earlier, @Nullable String ids) {
        Message reply = replied(calls("so", TWO_CALLS));
        List<Item> outputs = ids == null ? List.of() : outputs(ids.split(" "));

        assertRefused(ErrorCode.INVALID, requiring(earlier, outputs));

        assertCalls(reply, CallStatus.OPEN);
        repository.accept(chat(), requiring(earlier, outputs("a", "b")));
        assertCalls(reply, CallStatus.COMPLETED);
        repository.start(chat(), "m");
        Message running = messages().getLast();
        assertRefused(ErrorCode.CALL_CLOSED, requiring(true, outputs("a")));
        repository.finish(chat(), running.id(), 1, Outcome.ended("end", FinishReason.STOP, null));
        repository.accept(chat(), requiring(earlier, List.of(new Image(0, "http://x/"))));
    }

    /** A post that needs the outputs of all open calls, of its own or of an earlier turn. */
    private static Post requiring(boolean earlier, List<Item> items) {
        Outcome reply = Outcome.ended("so", FinishReason.STOP, null);
        return new Post(
                        "on",
                        earlier ? List.of() : items,
                        WhenBusy.ENQUEUE,
                        null,
                        false,
                        null,
                        earlier ? List.of(new PastTurn("", items, reply, null)) : List.of(),
                        null)
                .requiringOutputs();
    }

    @Test
    void finish_whileOthersAreInLine_abandonsTheCalls() {
        Turn turn = repository.accept(chat(), post("one")).turn();
        repository.accept(chat(), post("two"));

        Message ended = finish(turn, calls("so", TWO_CALLS));

        assertThat(ended.status()).isEqualTo(Status.COMPLETED);
        assertCalls(ended, CallStatus.ABANDONED);
        assertThat(repository.message(chat(), ended.id())).isEqualTo(ended);
        assertThat(repository.chat(chat()).waiting()).isFalse();
        assertThat(repository.start(chat(), "m")).isPresent();
    }

    @ParameterizedTest
    @CsvSource({
        "a b c, INVALID",
        "a, INVALID",
        "c, INVALID",
        "old, CALL_CLOSED",
        "a b old, CALL_CLOSED",
        "a old, CALL_CLOSED",
        "a old c, INVALID"
    })
    void accept_withOtherOutputsThanThoseOfTheOpenCalls_isRefused(String ids, ErrorCode code) {
        replied(calls("", List.of(call(0, "old"))));
        repository.accept(chat(), post("", outputs("old"), null));
        repository.start(chat(), "m");
        Message running = messages().getLast();
        repository.finish(chat(), running.id(), 1, calls("", TWO_CALLS));
        Chat before = repository.chat(chat());
        List<Message> log = messages();

        assertRefused(code, post("", outputs(ids.split(" ")), null));

        assertThat(messages()).isEqualTo(log);
        assertThat(repository.chat(chat())).isEqualTo(before);
    }

    @Test
    void accept_withOutputsWhileTheReplyIsWritten_isRefused() {
        Post outputs = post("", outputs("a"), null);
        assertRefused(ErrorCode.INVALID, outputs);
        Turn turn = repository.accept(chat(), post("hello")).turn();
        repository.start(chat(), "m");
        repository.draft(chat(), turn.reply().id(), 1).begin(call(0, "a"));

        assertRefused(ErrorCode.CALL_CLOSED, outputs);

        assertThat(messages()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void accept_ofTheSameOutputsByManyAtOnce_isOneTurn(boolean keyed) throws Exception {
        Message reply = replied(calls("so", TWO_CALLS));
        Post outputs = post("", outputs("a", "b"), keyed ? "key" : null);
        List<Object> results = new ArrayList<>();

        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Object>> all =
                    threads.invokeAll(
                            Collections.nCopies(
                                    20,
                                    () -> {
                                        try {
                                            return repository.accept(chat(), outputs).repeated();
                                        } catch (RefusedException refused) {
                                            return refused.code();
                                        }
                                    }));
            for (Future<Object> each : all) {
                results.add(each.get());
            }
        }

        assertThat(results).containsOnlyOnce(false);
        results.remove(false);
        assertThat(results).hasSize(19).containsOnly(keyed ? true : ErrorCode.CALL_CLOSED);
        assertThat(messages()).hasSize(4);
        assertCalls(reply, CallStatus.COMPLETED);
    }

    @Test
    void accept_sameKeyOtherItems_isRefused() {
        repository.accept(chat(), post("x", List.of(new Image(1, "http://a")), "key"));

        assertRefused(
                ErrorCode.IDEMPOTENCY_KEY_REUSED,
                post("x", List.of(new Image(1, "http://b")), "key"));
        assertRefused(ErrorCode.IDEMPOTENCY_KEY_REUSED, post("x", List.of(), "key"));
    }

    @Test
    void cancel_ofAReplyThatWaits_closesItsCalls() {
        Message reply = replied(calls("so", TWO_CALLS));

        Cancelled cancelled = repository.cancel(chat(), reply.id());

        assertThat(cancelled.now()).isFalse();
        assertThat(cancelled.reply().status()).isEqualTo(Status.COMPLETED);
        assertCalls(cancelled.reply(), CallStatus.CANCELLED);
        assertThat(repository.message(chat(), reply.id())).isEqualTo(cancelled.reply());
        assertThat(repository.chat(chat()).waiting()).isFalse();
        assertThat(repository.cancel(chat(), reply.id())).isEqualTo(cancelled);
        assertRefused(ErrorCode.CALL_CLOSED, post("", outputs("a", "b"), null));
        repository.accept(chat(), post("go on"));
        assertCalls(reply, CallStatus.CANCELLED);
    }

    @Test
    void callIds_areThoseOfRepliesThatAreOver() {
        assertThat(repository.callIds(chat())).isEmpty();
        replied(calls("so", TWO_CALLS));
        replied(Outcome.ended("text", FinishReason.STOP, null));
        replied(calls("", List.of(call(0, "c"))));
        Turn runs = repository.accept(chat(), post("x")).turn();
        repository.start(chat(), "m");
        repository.draft(chat(), runs.reply().id(), 1).begin(call(0, "d"));

        assertThat(repository.callIds(chat())).containsExactlyInAnyOrder("a", "b", "c");
        assertThat(repository.callIds(chat(), 2)).isEmpty();
        assertThatThrownBy(() -> repository.callIds(UUID.randomUUID()))
                .isInstanceOf(RefusedException.class);
    }

    @Test
    void context_hasRepliesWithCallsAloneAndNoneWithReasoningAlone() {
        Message calls = replied(calls("", List.of(call(0, "a"))));
        replied(Outcome.cancelled(new Written("", List.of(new Reasoning(0, "hm")))));
        Message failed = replied(Outcome.brokenOff(new Written("", List.of(THOUGHT)), FAILURE));

        assertThat(failed.status()).isEqualTo(Status.FAILED);
        assertThat(failed.items()).containsExactly(THOUGHT);
        assertThat(repository.context(chat(), END, 9, ANY_LENGTH))
                .extracting(turn -> turn.reply().id())
                .containsExactly(calls.id());
        assertThat(repository.recall(chat(), END, 9, ANY_LENGTH)).hasSize(1);
        assertThat(repository.messageCounts(chat()).answeredThrough()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"8, 1", "9, 2"})
    void context_countsItemsOfReplies(long most, int turns) {
        replied(Outcome.ended("first", FinishReason.STOP, null));
        replied(calls("so", List.of(new Call(0, "a", "f", "{}", CallStatus.OPEN, null, null))));
        repository.accept(chat(), post("", List.of(new Output(0, "a", "out", false)), null));

        assertThat(repository.context(chat(), END, 9, most)).hasSize(turns);
        assertThat(repository.recall(chat(), END, 9, most)).hasSize(turns);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ASC", "DESC"})
    void messages_withLongItems_endWithTheOneThatIsTooMuch(Order order) {
        Written reply = Written.of("text");
        String text = "x".repeat(Page.MOST_CHARACTERS / 2);
        List<Item> items = List.of(new Reasoning(4, text));
        for (int i = 0; i < 3; i++) { // two of them are more than a page
            replied(Outcome.ended(new Written(reply.text(), items), FinishReason.STOP, null));
        }

        Page<Message> first = repository.messages(chat(), new MessageQuery(100, order, null));
        Page<Message> second =
                repository.messages(
                        chat(), new MessageQuery(100, order, first.items().getLast().seq()));

        assertThat(first.more()).isTrue();
        assertThat(first.items().getLast().items()).isEqualTo(items);
        assertThat(second.more()).isFalse();
        assertThat(first.items().size() + second.items().size()).isEqualTo(6);
    }

    @Test
    void retry_ofAReplyWithInterruptedCalls_dropsThem() {
        Turn turn = repository.accept(chat(), post("hello")).turn();
        Message broken = finish(turn, Outcome.brokenOff(new Written("", TWO_CALLS), FAILURE));
        assertCalls(broken, CallStatus.INTERRUPTED);
        assertThat(repository.chat(chat()).waiting()).isFalse();
        assertThat(repository.callIds(chat())).hasSize(2);

        Message queued = repository.retry(chat(), turn.reply().id(), false).reply();

        assertThat(queued.items()).isEmpty();
        assertThat(repository.message(chat(), queued.id())).isEqualTo(queued);
        assertThat(repository.callIds(chat())).isEmpty();
        assertThat(repository.context(chat(), END, 9, ANY_LENGTH)).isEmpty();
        repository.start(chat(), "m");
        repository.finish(chat(), queued.id(), 2, calls("", TWO_CALLS));
        assertThat(repository.chat(chat()).waiting()).isTrue();
    }

    @Test
    void finish_cancelled_cancelsTheCalls() {
        assertCalls(replied(Outcome.cancelled(new Written("so", TWO_CALLS))), CallStatus.CANCELLED);
        assertThat(repository.chat(chat()).waiting()).isFalse();
    }

    @Test
    void take_ofAChatsTurns_keepsTheirItems() {
        replied(calls("so", TWO_CALLS));
        repository.accept(chat(), post("see", outputs("a", "b"), null));
        Message last = started();
        repository.finish(chat(), last.id(), 1, calls("", List.of(call(0, "c"))));
        List<Turn> turns = repository.context(chat(), END, 9, ANY_LENGTH);
        UUID fork = repository.create(Owner.ANONYMOUS, Settings.NONE).id();

        List<Turn> taken = repository.take(fork, turns.stream().map(PastTurn::of).toList());

        assertThat(taken)
                .extracting(turn -> turn.message().items())
                .isEqualTo(turns.stream().map(turn -> turn.message().items()).toList());
        assertThat(taken)
                .extracting(turn -> turn.reply().items())
                .isEqualTo(turns.stream().map(turn -> turn.reply().items()).toList());
        assertThat(repository.context(fork, END, 9, ANY_LENGTH)).isEqualTo(taken);
        assertThat(repository.chat(fork).waiting()).isTrue();
        assertThat(repository.callIds(fork)).containsExactlyInAnyOrder("a", "b", "c");
    }

    @Test
    void take_afterAReplyThatWaits_endsItsCalls() {
        Message reply = replied(calls("so", TWO_CALLS));
        Outcome again = calls("", List.of(call(0, "c")));

        repository.take(
                chat(),
                List.of(
                        new PastTurn("", outputs("a"), again, null),
                        new PastTurn("on", outputs("c"), null, null)));

        assertThat(Items.calls(repository.message(chat(), reply.id()).items()))
                .extracting(Call::status)
                .containsExactly(CallStatus.COMPLETED, CallStatus.ABANDONED);
        assertCalls(messages().get(3), CallStatus.COMPLETED);
        assertThat(repository.chat(chat()).waiting()).isFalse();
    }

    @Test
    void accept_withEarlierTurns_answersTheCallsOfTheLastOfThem() {
        Message reply = replied(calls("so", TWO_CALLS));
        List<PastTurn> earlier =
                List.of(new PastTurn("on", calls("", List.of(call(0, "c"))), null));
        Post post = new Post("", outputs("c"), WhenBusy.ENQUEUE, null, false, null, earlier, null);

        Turn turn = repository.accept(chat(), post).turn();

        assertThat(turn.message().seq()).isEqualTo(5);
        assertCalls(reply, CallStatus.ABANDONED);
        assertCalls(messages().get(3), CallStatus.COMPLETED);
    }

    @Test
    void usage_detailsAreKeptAndSummed() {
        replied(Outcome.ended("one", FinishReason.STOP, new Usage(10, 5)));
        assertThat(repository.chat(chat()).usage()).isEqualTo(new Usage(10, 5));
        Usage detailed = new Usage(20, 6, 7L, null);
        Message reply = replied(Outcome.ended("two", FinishReason.STOP, detailed));
        replied(Outcome.ended("three", FinishReason.STOP, new Usage(1, 1, 3L, 0L)));
        replied(Outcome.ended("four", FinishReason.STOP, null));

        assertThat(repository.message(chat(), reply.id()).usage()).isEqualTo(detailed);
        assertThat(repository.chat(chat()).usage()).isEqualTo(new Usage(31, 12, 10L, 0L));
    }

    @Test
    void draft_withItems_canBeReadWhileItGrows() {
        Turn turn = repository.accept(chat(), post("hello")).turn();
        UUID reply = turn.reply().id();
        repository.start(chat(), "m");
        Draft draft = repository.draft(chat(), reply, 1);

        draft.begin(new Reasoning(0, ""));
        draft.reasoning("Hm");
        assertSoFar(reply, "", new Reasoning(0, "Hm"));
        draft.reasoning("m.");
        draft.whole(new Reasoning(0, "Hmm."));
        draft.text("so");
        assertSoFar(reply, "so", new Reasoning(0, "Hmm."));
        draft.begin(new Call(2, "a", "tool", "", CallStatus.OPEN, null, null));
        draft.whole(call(2, "a"));
        draft.text("!");
        assertSoFar(reply, "so!", new Reasoning(0, "Hmm."), call(2, "a"));

        List<Message> cancelled = repository.delete(chat());

        assertThat(cancelled.getFirst().content()).isEqualTo("so!");
        assertThat(Items.calls(cancelled.getFirst().items()))
                .extracting(Call::status)
                .containsExactly(CallStatus.CANCELLED);
    }

    private void assertSoFar(UUID reply, String content, Item... items) {
        Message soFar = repository.message(chat(), reply);
        assertThat(soFar.content()).isEqualTo(content);
        assertThat(soFar.items()).containsExactly(items);
        assertThat(messages().getLast()).isEqualTo(soFar);
    }

    @Test
    void parameters_areKeptAndPatchedByKey() {
        Map<String, Object> tool = Map.of("type", "function", "strict", true);
        Settings settings =
                new Settings(
                        null,
                        null,
                        null,
                        Map.of(),
                        Map.of("temperature", 0.5, "seed", 5_000_000_000L, "tools", List.of(tool)));
        UUID own = repository.create(Owner.ANONYMOUS, settings).id();
        assertThat(repository.chat(own).settings()).isEqualTo(settings);
        Map<String, @Nullable Object> change = new HashMap<>();
        change.put("temperature", null);
        change.put("seed", 7);

        Chat patched = repository.patch(own, patch(new Change.Set<>(change)));

        assertThat(patched.settings().parameters())
                .isEqualTo(Map.of("seed", 7, "tools", List.of(tool)));
        assertThat(repository.chat(own)).isEqualTo(patched);
        repository.accept(own, post("hello"));
        assertThat(repository.start(own, "m").orElseThrow().settings())
                .isEqualTo(patched.settings());
        assertThat(repository.patch(own, patch(new Change.Remove<>())).settings())
                .isEqualTo(Settings.NONE);
    }

    @Test
    void patch_toMoreParametersThanThereMayBe_isRefused() {
        Map<String, @Nullable Object> half =
                Map.of("tools", "t".repeat(Options.MOST_CHARACTERS - 100));
        Chat before = repository.patch(chat(), patch(new Change.Set<>(half)));

        Map<String, @Nullable Object> more = Map.of("response_format", "f".repeat(100));
        assertThatThrownBy(() -> repository.patch(chat(), patch(new Change.Set<>(more))))
                .isInstanceOf(RefusedException.class);

        assertThat(repository.chat(chat())).isEqualTo(before);
    }

    private static SettingsPatch patch(Change<Map<String, @Nullable Object>> parameters) {
        return new SettingsPatch(
                new Change.Keep<>(),
                new Change.Keep<>(),
                new Change.Keep<>(),
                new Change.Keep<>(),
                parameters,
                Memory.Patch.KEEP_ALL);
    }

    Message replied(Outcome outcome) {
        return finish(repository.accept(chat(), post("hello")).turn(), outcome);
    }

    Message finish(Turn turn, Outcome outcome) {
        repository.start(chat(), "m");
        return repository.finish(chat(), turn.reply().id(), 1, outcome);
    }

    private Message started() {
        return repository.start(chat(), "m").orElseThrow().turn().reply();
    }

    List<Message> messages() {
        return repository.messages(chat(), new MessageQuery(1000, Order.ASC, null)).items();
    }

    private void assertCalls(Message reply, CallStatus status) {
        assertThat(Items.calls(repository.message(chat(), reply.id()).items()))
                .isNotEmpty()
                .extracting(Call::status)
                .containsOnly(status);
    }

    @Test
    void accept_ofAnImageAndAFile_keepsTheirBytes() {
        Attachment image = Attachment.of("image/png", null, new byte[] {1, 2, 3});
        Attachment file = Attachment.of("text/plain", "n\u00e4me.txt", new byte[100_000]);
        List<Item> said = List.of(new Image(0, null, image.as()), new Item.File(2, file.as()));

        Turn turn = repository.accept(chat(), showing("hello", said, List.of(image, file))).turn();
        finish(turn, calls("so", List.of()));

        assertThat(turn.message().items()).isEqualTo(said);
        assertThat(messages().getFirst()).isEqualTo(turn.message());
        assertThat(repository.recall(chat(), END, 5, ANY_LENGTH))
                .extracting(ContextTurn::messageItems)
                .containsExactly(said);
        Attachment found = repository.attachment(chat(), file.as().id());
        assertThat(found.as()).isEqualTo(file.as());
        assertThat(found.bytes()).isEqualTo(file.bytes());
        assertThat(repository.attached(chat(), file.as().id())).isEqualTo(file.as());
        Set<String> asked = Set.of(image.as().id(), file.as().id(), "0".repeat(64));
        assertThat(repository.attachments(chat(), asked))
                .containsOnlyKeys(image.as().id(), file.as().id())
                .containsEntry(image.as().id(), image.bytes());
    }

    @Test
    void attachment_ofAnotherChat_isNotFound() {
        Attachment image = Attachment.of("image/png", null, new byte[] {1});
        repository.accept(chat(), showing("", shown(image), List.of(image)));
        UUID other = repository.create(Owner.ANONYMOUS, Settings.NONE).id();

        assertThatThrownBy(() -> repository.attachment(other, image.as().id()))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.NOT_FOUND));
        assertThatThrownBy(() -> repository.attached(other, image.as().id()))
                .isInstanceOf(RefusedException.class);
        assertThat(repository.attachments(other, Set.of(image.as().id()))).isEmpty();

        NewChat.Copied ofChat = new NewChat.Copied(chat(), Set.of(image.as().id()));
        NewChat copy = new NewChat(Owner.ANONYMOUS, Settings.NONE, null, null, ofChat);
        UUID copied = repository.create(copy, List.of()).id();

        assertThat(repository.attachment(copied, image.as().id()).as()).isEqualTo(image.as());
        repository.delete(chat());
        assertThat(repository.attachment(copied, image.as().id()).bytes()).containsExactly(1);
        assertThatThrownBy(() -> repository.attachment(chat(), image.as().id()))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CHAT_NOT_FOUND));
    }

    /** The same bytes are one attachment, whatever they are called. */
    @Test
    void accept_atTheLimitOfAttachments_takesOnlyThoseThatTheChatHas() {
        repository = repository(TestLimits.WIDE.withAttachments(2, 1000), Clock.systemUTC());
        List<Attachment> two =
                List.of(
                        Attachment.of("image/png", null, new byte[] {1}),
                        Attachment.of("image/png", null, new byte[] {2}));
        Attachment again = Attachment.of("text/plain", "again", new byte[] {1});
        Attachment third = Attachment.of("image/png", null, new byte[] {3});

        repository.accept(chat(), showing("", shown(two.getFirst()), two));
        Post known = showing("", List.of(new Item.File(0, again.as())), List.of(again));
        Message said = repository.accept(chat(), known).turn().message();

        assertThat(Items.attached(said.items())).containsExactly(again.as());
        assertThat(repository.attachment(chat(), again.as().id()).as().mediaType())
                .isEqualTo("image/png");
        assertRefused(ErrorCode.CAPACITY, showing("", shown(third), List.of(third)));
        assertThat(messages()).hasSize(4);
        assertThat(repository.attachments(chat(), Set.of(third.as().id()))).isEmpty();
    }

    @Test
    void refusedPost_leavesNoAttachment() {
        Attachment image = Attachment.of("image/png", null, new byte[] {1});
        List<Item> said = new ArrayList<>(outputs("no such call"));
        said.addAll(shown(image));

        assertRefused(ErrorCode.INVALID, showing("", said, List.of(image)));
        repository.accept(chat(), post("busy"));
        assertRefused(
                ErrorCode.CHAT_BUSY,
                new Post("", shown(image), WhenBusy.REJECT, null, false, null, List.of(), null)
                        .with(List.of(image)));

        assertThat(repository.attachments(chat(), Set.of(image.as().id()))).isEmpty();
    }

    @Test
    void accept_ofAnImageAgain_isTheSameTurnOnlyWithTheSameBytes() {
        Attachment image = Attachment.of("image/png", null, new byte[] {1});
        Attachment other = Attachment.of("image/png", null, new byte[] {2});
        Turn first = repository.accept(chat(), keyed(image)).turn();

        Accepted again =
                repository.accept(chat(), keyed(Attachment.of("image/png", null, new byte[] {1})));

        assertThat(again.repeated()).isTrue();
        assertThat(again.turn().message()).isEqualTo(first.message());
        assertRefused(ErrorCode.IDEMPOTENCY_KEY_REUSED, keyed(other));
    }

    @Test
    void take_ofTurnsWithAttachments_keepsThem() {
        Attachment image = Attachment.of("image/png", null, new byte[] {1});
        Attachment file = Attachment.of("text/plain", "name", new byte[] {2});

        repository.take(
                chat(), List.of(new PastTurn("", shown(image), List.of(image), null, null)));
        List<PastTurn> earlier =
                List.of(
                        new PastTurn(
                                "",
                                List.of(new Item.File(0, file.as())),
                                List.of(file),
                                null,
                                null));
        repository.accept(
                chat(),
                new Post("x", List.of(), WhenBusy.ENQUEUE, null, false, null, earlier, null));

        assertThat(repository.attachments(chat(), Set.of(image.as().id(), file.as().id())))
                .hasSize(2);
    }

    private static Post keyed(Attachment image) {
        return new Post("", shown(image), WhenBusy.ENQUEUE, "key", false, null, List.of(), null)
                .with(List.of(image));
    }

    private static List<Item> shown(Attachment image) {
        return List.of(new Image(0, null, image.as()));
    }

    private static Post showing(String text, List<Item> items, List<Attachment> attachments) {
        return new Post(text, items, WhenBusy.ENQUEUE, null, false, null, List.of(), null)
                .with(attachments);
    }

    private void assertRefused(ErrorCode code, Post post) {
        ThrowingCallable accept = () -> repository.accept(chat(), post);
        assertThatThrownBy(accept)
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.code()).isEqualTo(code));
    }

    static Call call(int offset, String id) {
        return Call.open(offset, id, "tool", "{\"x");
    }

    static Outcome calls(String text, List<Item> items) {
        return Outcome.ended(new Written(text, items), FinishReason.CALLS, null);
    }

    static List<Item> outputs(String... ids) {
        List<Item> outputs = new ArrayList<>();
        for (String each : ids) {
            outputs.add(new Output(0, each, "output of " + each, false));
        }
        return outputs;
    }

    static Post post(String content) {
        return post(content, List.of(), null);
    }

    static Post post(String content, List<Item> items, @Nullable String key) {
        return new Post(content, items, WhenBusy.ENQUEUE, key, false, null, List.of(), null);
    }
}

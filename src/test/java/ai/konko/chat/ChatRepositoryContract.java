package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.ChatRepository.CompletionQuery;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.ChatRepository.UsageQuery;
import ai.konko.chat.SettingsPatch.Change;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link ChatRepository} has to do. */
public abstract class ChatRepositoryContract extends CompactionContract {
    private static final Failure FAILURE = Failure.of(ErrorCode.MODEL_FAILED, "It failed.");
    private static final String MODEL = "default-model";
    private static final long ANY_LENGTH = Long.MAX_VALUE;
    private static final Owner ADA = new Owner("ada");
    private static final Owner BOB = new Owner("bob");
    private static final Options OPTIONS =
            new Options(
                    "of the turn",
                    "Be brief \ud83d\ude00.",
                    Map.of(
                            "temperature",
                            0.5,
                            "seed",
                            5_000_000_000L,
                            "max_tokens",
                            7,
                            "stop",
                            List.of("a", "b")),
                    Map.of("k", "v"),
                    "before",
                    1,
                    true,
                    true,
                    false);

    private ChatRepository repository(TestLimits limits) {
        return repository(limits, Clock.systemUTC());
    }

    @Test
    void create_withSettings_returnsAndKeepsThem() {
        Settings settings = new Settings("A title", "Be brief.", "a-model", Map.of("k", "v"));

        Chat created = repository.create(Owner.ANONYMOUS, settings);

        assertThat(created.settings()).isEqualTo(settings);
        assertThat(created.busy()).isFalse();
        assertThat(created.messageCount()).isZero();
        assertThat(created.usage()).isNull();
        assertThat(created.updatedAt()).isEqualTo(created.createdAt());
        assertThat(repository.chat(created.id())).isEqualTo(created);
    }

    @Test
    void everyOperation_onAnUnknownChat_isRefused() {
        UUID unknown = UUID.randomUUID();

        assertRefused(ErrorCode.CHAT_NOT_FOUND, () -> repository.chat(unknown));
        assertRefused(ErrorCode.CHAT_NOT_FOUND, () -> repository.delete(unknown));
        assertRefused(ErrorCode.CHAT_NOT_FOUND, () -> repository.accept(unknown, post("hello")));
        assertRefused(ErrorCode.CHAT_NOT_FOUND, () -> repository.messageCounts(unknown));
        assertRefused(
                ErrorCode.CHAT_NOT_FOUND, () -> repository.context(unknown, 1, 1, ANY_LENGTH));
        assertRefused(ErrorCode.CHAT_NOT_FOUND, () -> repository.recall(unknown, 1, 1, ANY_LENGTH));
        assertRefused(ErrorCode.CHAT_NOT_FOUND, () -> repository.message(unknown, unknown));
        assertRefused(ErrorCode.CHAT_NOT_FOUND, () -> repository.messages(unknown, all()));
        assertRefused(ErrorCode.CHAT_NOT_FOUND, () -> repository.highlights(unknown));
        assertThat(repository.start(unknown, MODEL)).isEmpty();
        repository.draft(unknown, unknown, 1).text("text");
    }

    @Test
    void patch_setsKeepsAndRemoves() {
        Chat chat =
                repository.create(
                        Owner.ANONYMOUS,
                        new Settings("old", "stay", "go", Map.of("a", "1", "b", "2")));
        Map<String, @Nullable String> entries = new HashMap<>();
        entries.put("a", null);
        entries.put("c", "3");

        Chat patched =
                repository.patch(
                        chat.id(),
                        new SettingsPatch(
                                new Change.Set<>("new"),
                                new Change.Keep<>(),
                                new Change.Remove<>(),
                                new Change.Set<>(entries)));

        assertThat(patched.settings())
                .isEqualTo(new Settings("new", "stay", null, Map.of("b", "2", "c", "3")));
        assertThat(repository.chat(chat.id())).isEqualTo(patched);
    }

    @Test
    void patch_beyondSixteenEntries_changesNothing() {
        Chat chat =
                repository.create(Owner.ANONYMOUS, new Settings("t", null, null, Map.of("a", "1")));
        Map<String, @Nullable String> entries = new HashMap<>();
        IntStream.range(0, 16).forEach(i -> entries.put("k" + i, "v"));
        SettingsPatch tooMany =
                new SettingsPatch(
                        new Change.Set<>("new"),
                        new Change.Keep<>(),
                        new Change.Keep<>(),
                        new Change.Set<>(entries));

        assertRefused(ErrorCode.INVALID, () -> repository.patch(chat.id(), tooMany));

        assertThat(repository.chat(chat.id())).isEqualTo(chat);
    }

    @Test
    void accept_givesBothMessagesTheNextPlaces() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();

        Turn first = repository.accept(chat, post("one")).turn();
        Turn second = repository.accept(chat, post("two")).turn();

        assertThat(List.of(first.message(), first.reply(), second.message(), second.reply()))
                .extracting(Message::seq)
                .containsExactly(1, 2, 3, 4);
        assertThat(first.message().content()).isEqualTo("one");
        assertThat(first.message().status()).isEqualTo(Status.COMPLETED);
        assertThat(first.reply().status()).isEqualTo(Status.QUEUED);
        assertThat(messages(chat))
                .containsExactly(first.message(), first.reply(), second.message(), second.reply());
        assertThat(repository.chat(chat).busy()).isTrue();
        assertThat(repository.chat(chat).messageCount()).isEqualTo(4);
    }

    @Test
    void accept_sameKeyAndBody_isTheSameTurnAtWhateverStage() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Post keyed = new Post("hello", WhenBusy.ENQUEUE, "key", false);
        Accepted first = repository.accept(chat, keyed);
        repository.start(chat, MODEL);
        Message end = repository.finish(chat, first.turn().reply().id(), 1, done("hi"));

        Accepted again = repository.accept(chat, keyed);

        assertThat(first.repeated()).isFalse();
        assertThat(again.repeated()).isTrue();
        assertThat(again.turn()).isEqualTo(new Turn(first.turn().message(), end));
        assertThat(repository.chat(chat).messageCount()).isEqualTo(2);
    }

    @Test
    void accept_sameKeyOtherBody_isRefused() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        repository.accept(chat, new Post("hello", WhenBusy.ENQUEUE, "key", false));

        assertRefused(
                ErrorCode.IDEMPOTENCY_KEY_REUSED,
                () -> repository.accept(chat, new Post("other", WhenBusy.ENQUEUE, "key", false)));
        assertRefused(
                ErrorCode.IDEMPOTENCY_KEY_REUSED,
                () -> repository.accept(chat, new Post("hello", WhenBusy.INTERRUPT, "key", false)));
        assertThat(repository.chat(chat).messageCount()).isEqualTo(2);
    }

    @Test
    void accept_sameKeyInAnotherChat_isAnotherTurn() {
        UUID one = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        UUID two = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Post keyed = new Post("hello", WhenBusy.ENQUEUE, "key", false);

        Accepted first = repository.accept(one, keyed);
        Accepted second = repository.accept(two, keyed);

        assertThat(second.repeated()).isFalse();
        assertThat(second.turn().reply().id()).isNotEqualTo(first.turn().reply().id());
    }

    @Test
    void accept_refused_doesNotUseTheKeyUp() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Turn busy = repository.accept(chat, post("busy")).turn();
        Post keyed = new Post("hello", WhenBusy.REJECT, "key", false);

        assertRefused(ErrorCode.CHAT_BUSY, () -> repository.accept(chat, keyed));

        finish(chat, busy);
        assertThat(repository.accept(chat, keyed).repeated()).isFalse();
    }

    @Test
    void accept_withMoreWaitingThanMay_isRefusedUntilOneEnds() {
        ChatRepository small = repository(TestLimits.WIDE.withWaitingTurns(2));
        UUID chat = small.create(Owner.ANONYMOUS, Settings.NONE).id();
        Turn running = small.accept(chat, post("running")).turn();
        small.accept(chat, post("waits"));
        small.accept(chat, post("waits too"));

        assertRefused(ErrorCode.QUEUE_FULL, () -> small.accept(chat, post("too many")));

        assertThat(small.chat(chat).messageCount()).isEqualTo(6);
        small.start(chat, MODEL);
        small.finish(chat, running.reply().id(), 1, done("done"));
        assertThat(small.accept(chat, post("fits")).turn().message().seq()).isEqualTo(7);
    }

    @Test
    void accept_atTheLimitOfMessages_isRefused() {
        ChatRepository small = repository(TestLimits.WIDE.withMessagesPerChat(3));
        UUID chat = small.create(Owner.ANONYMOUS, Settings.NONE).id();
        small.accept(chat, post("fits"));

        assertRefused(ErrorCode.CAPACITY, () -> small.accept(chat, post("does not")));

        assertThat(small.chat(chat).messageCount()).isEqualTo(2);
    }

    @Test
    void accept_interrupt_cancelsWhatWaitsAndNamesWhatRuns() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Turn running = repository.accept(chat, post("runs")).turn();
        Turn waiting = repository.accept(chat, post("waits")).turn();
        repository.start(chat, MODEL);

        Accepted accepted =
                repository.accept(chat, new Post("now", WhenBusy.INTERRUPT, null, false));

        assertThat(accepted.cancelled())
                .extracting(Message::id)
                .containsExactly(waiting.reply().id());
        assertThat(accepted.toCancel()).isNotNull();
        assertThat(accepted.toCancel().id()).isEqualTo(running.reply().id());
        Message cancelled = repository.message(chat, waiting.reply().id());
        assertThat(cancelled.status()).isEqualTo(Status.INCOMPLETE);
        assertThat(cancelled.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(repository.message(chat, running.reply().id()).status())
                .isEqualTo(Status.IN_PROGRESS);
        repository.finish(chat, running.reply().id(), 1, Outcome.cancelled(Written.of("so far")));
        assertThat(started(chat).turn().message().content()).isEqualTo("now");
    }

    @Test
    void start_handsOutOneTurnAtATimeInOrder() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Turn first = repository.accept(chat, post("one")).turn();
        Turn second = repository.accept(chat, post("two")).turn();

        Started started = started(chat);
        Optional<Started> whileItRuns = repository.start(chat, MODEL);
        repository.finish(chat, first.reply().id(), 1, done("done"));

        assertThat(started.turn().reply().id()).isEqualTo(first.reply().id());
        assertThat(started.turn().reply().status()).isEqualTo(Status.IN_PROGRESS);
        assertThat(whileItRuns).isEmpty();
        assertThat(started(chat).turn().reply().id()).isEqualTo(second.reply().id());
    }

    @Test
    void start_asksForTheChatsModelOrTheDefault() {
        UUID plain = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        UUID choosy =
                repository
                        .create(
                                Owner.ANONYMOUS,
                                new Settings(null, "Be brief.", "own-model", Map.of()))
                        .id();
        repository.accept(plain, post("x"));
        repository.accept(choosy, post("x"));

        assertThat(started(plain).turn().reply().model()).isEqualTo(MODEL);
        Started own = started(choosy);
        assertThat(own.turn().reply().model()).isEqualTo("own-model");
        assertThat(own.settings().instructions()).isEqualTo("Be brief.");
    }

    @Test
    void draft_growsTheReplyThatRuns() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        UUID reply = repository.accept(chat, post("x")).turn().reply().id();
        Draft early = repository.draft(chat, reply, 1);
        early.text("too early");
        repository.start(chat, MODEL);
        early.text("still too early");

        Draft draft = repository.draft(chat, reply, 1);
        draft.text("one ");
        draft.text("two");

        assertThat(repository.message(chat, reply).content()).isEqualTo("one two");
        assertThat(messages(chat).getLast().content()).isEqualTo("one two");
        repository.finish(chat, reply, 1, done("one two three"));
        draft.text("too late");
        repository.draft(chat, reply, 1).text("too late");
        assertThat(repository.message(chat, reply).content()).isEqualTo("one two three");
    }

    @Test
    void draft_ofAnEndedReply_addsNothingToTheNextThatRuns() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Turn first = repository.accept(chat, post("one")).turn();
        Turn second = repository.accept(chat, post("two")).turn();
        started(chat);
        Draft ended = repository.draft(chat, first.reply().id(), 1);
        repository.finish(chat, first.reply().id(), 1, done("1"));
        started(chat);

        ended.text("of the first");
        repository.draft(chat, second.reply().id(), 1).text("of the second");

        assertThat(repository.message(chat, second.reply().id()).content())
                .isEqualTo("of the second");
    }

    @Test
    void finish_keepsTheOutcome() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Turn turn = repository.accept(chat, post("x")).turn();
        repository.start(chat, MODEL);

        Message ended =
                repository.finish(
                        chat,
                        turn.reply().id(),
                        1,
                        Outcome.ended("the answer", FinishReason.LENGTH, new Usage(3, 4)));

        assertThat(ended.status()).isEqualTo(Status.INCOMPLETE);
        assertThat(ended.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(ended.content()).isEqualTo("the answer");
        assertThat(ended.completedAt()).isNotNull();
        assertThat(repository.message(chat, turn.reply().id())).isEqualTo(ended);
        assertThat(repository.chat(chat).busy()).isFalse();
        assertThat(repository.chat(chat).usage()).isEqualTo(new Usage(3, 4));
    }

    @Test
    void finish_twice_theFirstEndWins() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Turn turn = repository.accept(chat, post("x")).turn();
        repository.start(chat, MODEL);
        Message first =
                repository.finish(
                        chat, turn.reply().id(), 1, Outcome.cancelled(Written.of("so far")));

        Message second = repository.finish(chat, turn.reply().id(), 1, done("all of it"));

        assertThat(second).isEqualTo(first);
        assertThat(repository.message(chat, turn.reply().id())).isEqualTo(first);
    }

    @Test
    void finish_aUsersMessage_isRefused() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Turn turn = repository.accept(chat, post("x")).turn();

        assertRefused(
                ErrorCode.MESSAGE_NOT_FOUND,
                () -> repository.finish(chat, turn.message().id(), 1, done("no")));
        assertRefused(
                ErrorCode.MESSAGE_NOT_FOUND,
                () -> repository.finish(chat, UUID.randomUUID(), 1, done("no")));
    }

    @Test
    void cancel_whatWaits_endsItOnce() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Turn running = repository.accept(chat, post("runs")).turn();
        Turn waiting = repository.accept(chat, post("waits")).turn();
        repository.start(chat, MODEL);

        Cancelled cancelled = repository.cancel(chat, waiting.reply().id());

        assertThat(cancelled.now()).isTrue();
        assertThat(cancelled.reply().status()).isEqualTo(Status.INCOMPLETE);
        assertThat(cancelled.reply().finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(repository.message(chat, waiting.reply().id())).isEqualTo(cancelled.reply());
        assertThat(repository.cancel(chat, waiting.reply().id()))
                .isEqualTo(new Cancelled(cancelled.reply(), false));
        repository.finish(chat, running.reply().id(), 1, done("done"));
        assertThat(repository.start(chat, MODEL)).isEmpty();
        assertThat(repository.chat(chat).busy()).isFalse();
    }

    @Test
    void cancel_whatRunsOrIsOver_leavesItAsItIs() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Turn turn = repository.accept(chat, post("runs")).turn();
        repository.start(chat, MODEL);
        repository.draft(chat, turn.reply().id(), 1).text("so far");

        Cancelled running = repository.cancel(chat, turn.reply().id());
        Message end = repository.finish(chat, turn.reply().id(), 1, done("all"));
        Cancelled over = repository.cancel(chat, turn.reply().id());

        assertThat(running.now()).isFalse();
        assertThat(running.reply().status()).isEqualTo(Status.IN_PROGRESS);
        assertThat(running.reply().content()).isEqualTo("so far");
        assertThat(over).isEqualTo(new Cancelled(end, false));
        assertRefused(
                ErrorCode.MESSAGE_NOT_FOUND, () -> repository.cancel(chat, turn.message().id()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void retry_theLastReplyWithoutCompletion_isBackInLine(boolean withText) {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        finish(chat, repository.accept(chat, post("before")).turn());
        Turn turn = repository.accept(chat, post("again")).turn();
        repository.start(chat, MODEL);
        Draft firstAttempt = repository.draft(chat, turn.reply().id(), 1);
        Outcome outcome =
                withText
                        ? Outcome.brokenOff(Written.of("some"), FAILURE)
                        : Outcome.brokenOff(Written.of(""), FAILURE);
        repository.finish(chat, turn.reply().id(), 1, outcome);

        Turn retried = repository.retry(chat, turn.reply().id(), true);

        assertThat(retried.message()).isEqualTo(turn.message());
        Message reply = retried.reply();
        assertThat(List.of(reply.id(), reply.seq(), reply.createdAt()))
                .isEqualTo(
                        List.of(turn.reply().id(), turn.reply().seq(), turn.reply().createdAt()));
        assertThat(reply.status()).isEqualTo(Status.QUEUED);
        assertThat(reply.attempt()).isEqualTo(2);
        assertThat(reply.content()).isEmpty();
        assertThat(reply.failure()).isNull();
        assertThat(reply.finishReason()).isNull();
        assertThat(repository.message(chat, reply.id())).isEqualTo(reply);
        assertThat(repository.chat(chat).busy()).isTrue();
        assertThat(repository.messageCounts(chat).answeredThrough()).isEqualTo(2);
        Started started = repository.start(chat, MODEL).orElseThrow();
        assertThat(started.turn().reply().id()).isEqualTo(reply.id());
        assertThat(started.streamed()).isTrue();
        firstAttempt.text("of the first attempt");
        repository.draft(chat, reply.id(), 1).text("of the first attempt");
        repository.draft(chat, reply.id(), 2).text("new");
        assertThat(repository.message(chat, reply.id()).content()).isEqualTo("new");
        assertThat(repository.finish(chat, reply.id(), 1, done("late")).status())
                .isEqualTo(Status.IN_PROGRESS);
        repository.finish(chat, reply.id(), 2, done("new text"));
        assertThat(repository.messageCounts(chat).answeredThrough()).isEqualTo(4);
        assertThat(
                        repository
                                .context(chat, Integer.MAX_VALUE, 1, ANY_LENGTH)
                                .getFirst()
                                .reply()
                                .content())
                .isEqualTo("new text");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void finish_ofAReplyThatSaysWhy_keepsAllOfIt(boolean withText) {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Turn turn = repository.accept(chat, post("hello")).turn();
        repository.start(chat, MODEL);
        Failure why =
                new Failure(
                        ErrorCode.MODEL_UNAVAILABLE, "It was refused.", Duration.ofSeconds(7), 429);

        repository.finish(
                chat,
                turn.reply().id(),
                1,
                Outcome.brokenOff(Written.of(withText ? "some" : ""), why, new Usage(3, 4)));

        Message reply = repository.message(chat, turn.reply().id());
        assertThat(reply.status()).isEqualTo(withText ? Status.INCOMPLETE : Status.FAILED);
        assertThat(reply.failure()).isEqualTo(why);
        assertThat(reply.usage()).isEqualTo(new Usage(3, 4));
    }

    @Test
    void retry_anythingElse_isRefusedAndChangesNothing() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Turn failed = repository.accept(chat, post("failed")).turn();
        repository.start(chat, MODEL);
        repository.finish(chat, failed.reply().id(), 1, Outcome.brokenOff(Written.of(""), FAILURE));
        Turn last = repository.accept(chat, post("last")).turn();

        assertNotRetryable(chat, failed);
        assertNotRetryable(chat, last);
        repository.start(chat, MODEL);
        assertNotRetryable(chat, last);
        repository.finish(chat, last.reply().id(), 1, done("completed"));
        assertNotRetryable(chat, last);
        assertRefused(
                ErrorCode.MESSAGE_NOT_FOUND,
                () -> repository.retry(chat, last.message().id(), false));
        assertRefused(
                ErrorCode.MESSAGE_NOT_FOUND,
                () -> repository.retry(chat, UUID.randomUUID(), false));
        assertThat(repository.chat(chat).busy()).isFalse();
    }

    private void assertNotRetryable(UUID chat, Turn turn) {
        assertRefused(
                ErrorCode.NOT_RETRYABLE, () -> repository.retry(chat, turn.reply().id(), false));
    }

    @Test
    void retry_keepsTheUsageAndDropsHighlightsOfTheOldText() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Turn turn = repository.accept(chat, post("x")).turn();
        repository.start(chat, MODEL);
        repository.finish(
                chat,
                turn.reply().id(),
                1,
                Outcome.ended("cut", FinishReason.LENGTH, new Usage(10, 5)));
        Highlights old =
                new Highlights(
                        List.of(new Highlights.Point("cut", turn.reply().id())),
                        5,
                        Highlights.By.MODEL,
                        2);
        repository.keepHighlights(chat, old);

        repository.retry(chat, turn.reply().id(), false);

        assertThat(repository.highlights(chat)).isEmpty();
        repository.keepHighlights(chat, old);
        assertThat(repository.highlights(chat)).as("found too late").isEmpty();
        repository.start(chat, MODEL);
        repository.finish(
                chat,
                turn.reply().id(),
                2,
                Outcome.ended("whole", FinishReason.STOP, new Usage(10, 7)));
        assertThat(repository.chat(chat).usage()).isEqualTo(new Usage(20, 12));
    }

    @Test
    void delete_cancelsWhatIsUnfinishedAndLeavesNothing() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Turn running = repository.accept(chat, post("one")).turn();
        Turn waiting = repository.accept(chat, post("two")).turn();
        repository.start(chat, MODEL);
        Draft draft = repository.draft(chat, running.reply().id(), 1);
        draft.text("so far");

        List<Message> cancelled = repository.delete(chat);

        assertThat(cancelled)
                .extracting(Message::id)
                .containsExactly(running.reply().id(), waiting.reply().id());
        assertThat(cancelled).allMatch(reply -> reply.status() == Status.INCOMPLETE);
        assertThat(cancelled.getFirst().content()).isEqualTo("so far");
        assertThat(cancelled.getLast().model()).isNull();
        assertRefused(ErrorCode.CHAT_NOT_FOUND, () -> repository.chat(chat));
        assertRefused(
                ErrorCode.CHAT_NOT_FOUND,
                () -> repository.finish(chat, running.reply().id(), 1, done("late")));
        draft.text("late");
        assertThat(repository.chats(new ChatQuery(Owner.ANONYMOUS, 10, null, null)).items())
                .isEmpty();
    }

    @Test
    void messages_pageByPage_areAllOfThemOnceInEitherOrder() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        for (int i = 0; i < 5; i++) {
            finish(chat, repository.accept(chat, post("m" + i)).turn());
        }

        assertThat(seqs(chat, Order.ASC, 3)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
        assertThat(seqs(chat, Order.DESC, 4)).containsExactly(10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
        assertThat(repository.messages(chat, new MessageQuery(10, Order.ASC, null)).more())
                .isFalse();
        assertThat(repository.messages(chat, new MessageQuery(9, Order.ASC, null)).more()).isTrue();
        assertThat(repository.messages(chat, new MessageQuery(5, Order.ASC, 10)).items()).isEmpty();
    }

    @Test
    void context_isTheNewestTurnsWithText() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Message one = finish(chat, repository.accept(chat, post("one")).turn());
        Turn failed = repository.accept(chat, post("fails")).turn();
        repository.start(chat, MODEL);
        repository.finish(chat, failed.reply().id(), 1, Outcome.brokenOff(Written.of(""), FAILURE));
        Turn partial = repository.accept(chat, post("partial")).turn();
        repository.start(chat, MODEL);
        repository.finish(
                chat, partial.reply().id(), 1, Outcome.brokenOff(Written.of("half"), FAILURE));
        Turn empty = repository.accept(chat, post("cancelled")).turn();
        repository.start(chat, MODEL);
        repository.finish(chat, empty.reply().id(), 1, Outcome.cancelled());
        Turn pending = repository.accept(chat, post("pending")).turn();

        assertThat(repository.context(chat, pending.message().seq(), 10, ANY_LENGTH))
                .extracting(turn -> turn.message().content())
                .containsExactly("one", "partial");
        assertThat(repository.context(chat, Integer.MAX_VALUE, 1, ANY_LENGTH))
                .extracting(turn -> turn.message().content())
                .containsExactly("partial");
        assertThat(repository.context(chat, partial.message().seq(), 10, ANY_LENGTH))
                .extracting(Turn::reply)
                .containsExactly(one);
        assertThat(repository.context(chat, 1, 10, ANY_LENGTH)).isEmpty();
        assertThat(repository.context(chat, 10, 0, ANY_LENGTH)).isEmpty();
        assertThat(repository.recall(chat, pending.message().seq(), 10, ANY_LENGTH))
                .extracting(ContextTurn::message, ContextTurn::reply)
                .containsExactly(tuple("one", one.content()), tuple("partial", "half"));
        assertThat(repository.recall(chat, partial.message().seq(), 10, ANY_LENGTH))
                .extracting(ContextTurn::message)
                .containsExactly("one");
        assertThat(repository.recall(chat, 10, 0, ANY_LENGTH)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "0, r3",
        "1, r3",
        "2, r3 r2",
        "3, r3 r2",
        "4, r3 r2 \u65e5\u672c\u8a9e",
        "12, r3 r2 \u65e5\u672c\u8a9e",
        "13, r3 r2 \u65e5\u672c\u8a9e r0",
        "1000, r3 r2 \u65e5\u672c\u8a9e r0"
    })
    void context_endsWithTheTurnThatBringsItsRepliesOverTheBytes(long most, String newestFirst) {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        replied(chat, "m".repeat(1000), "r0");
        replied(chat, "m1", "\u65e5\u672c\u8a9e");
        repository.take(chat, List.of(new PastTurn("nobody was to reply", null, null)));
        replied(chat, "m2", "r2");
        replied(chat, "m3", "r3");

        List<String> replies =
                repository.context(chat, Integer.MAX_VALUE, 10, most).stream()
                        .map(turn -> turn.reply().content())
                        .filter(reply -> !reply.isEmpty())
                        .toList();

        assertThat(replies.reversed()).containsExactly(newestFirst.split(" "));
        assertThat(repository.recall(chat, Integer.MAX_VALUE, 10, most))
                .extracting(ContextTurn::reply)
                .filteredOn(reply -> !reply.isEmpty())
                .isEqualTo(replies);
    }

    private void replied(UUID chat, String message, String reply) {
        Turn turn = repository.accept(chat, post(message)).turn();
        repository.start(chat, MODEL);
        repository.finish(
                chat, turn.reply().id(), 1, Outcome.ended(reply, FinishReason.STOP, null));
    }

    @ParameterizedTest
    @CsvSource({"ASC, a", "DESC, \u65e5"})
    void messages_ofLongTexts_endWithTheOneThatIsTooMuch(Order order, String letter) {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        String text = letter.repeat(Page.MOST_CHARACTERS / 4 / letter.length());
        for (int i = 0; i < 3; i++) { // five of them are more than a page
            replied(chat, text, text);
        }
        Page<Message> first = repository.messages(chat, new MessageQuery(100, order, null));
        Page<Message> second =
                repository.messages(
                        chat, new MessageQuery(100, order, first.items().getLast().seq()));

        assertThat(first.items()).hasSize(5);
        assertThat(first.more()).isTrue();
        assertThat(second.items()).hasSize(1);
        assertThat(second.more()).isFalse();
        assertThat(repository.messages(chat, new MessageQuery(5, order, null)).more()).isTrue();
    }

    @Test
    void chats_areListedNewestFirstPageByPage() {
        List<UUID> created = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            created.addFirst(repository.create(Owner.ANONYMOUS, Settings.NONE).id());
        }

        Page<Chat> first = repository.chats(new ChatQuery(Owner.ANONYMOUS, 3, null, null));
        Page<Chat> second =
                repository.chats(new ChatQuery(Owner.ANONYMOUS, 3, created.get(2), null));
        Page<Chat> third =
                repository.chats(new ChatQuery(Owner.ANONYMOUS, 3, created.get(5), null));

        assertThat(first.items()).extracting(Chat::id).isEqualTo(created.subList(0, 3));
        assertThat(second.items()).extracting(Chat::id).isEqualTo(created.subList(3, 6));
        assertThat(third.items()).extracting(Chat::id).isEqualTo(created.subList(6, 7));
        assertThat(List.of(first.more(), second.more(), third.more()))
                .containsExactly(true, true, false);
    }

    @Test
    void chats_pageGoesOnAfterAChatThatIsGone() {
        UUID oldest = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        UUID gone = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        repository.delete(gone);

        Page<Chat> page = repository.chats(new ChatQuery(Owner.ANONYMOUS, 3, gone, null));

        assertThat(page.items()).extracting(Chat::id).containsExactly(oldest);
    }

    @ParameterizedTest
    @EnumSource(Order.class)
    void completions_areListedPageByPageWithoutOtherChats(Order order) {
        List<UUID> created = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            created.add(completion(BOB, "m" + i % 2, i));
            finish(repository.create(BOB, Settings.NONE).id(), FinishReason.STOP);
            repository.create(new NewChat(BOB, Settings.NONE, 2, null), List.of());
        }
        UUID other = completion(ADA, "m0", 0);
        List<UUID> expected = order == Order.ASC ? created : created.reversed();

        assertThat(completions(order, null, Map.of())).isEqualTo(expected);
        assertThat(completions(order, "m1", Map.of()))
                .containsExactly(expected.get(1), expected.get(3));
        assertThat(completions(order, "m0", Map.of("n", "4", "all", "it's")))
                .containsExactly(created.get(4));
        assertThat(completions(order, null, Map.of("n", "4", "none", ""))).isEmpty();
        assertThat(repository.chat(other).completion()).isEqualTo(2);
        UUID none = repository.create(ADA, Settings.NONE).id();
        assertThat(repository.chat(none).completion()).isNull();
    }

    private UUID completion(Owner owner, String model, int number) {
        Map<String, String> metadata = Map.of("n", "" + number, "all", "it's");
        UUID made =
                repository
                        .create(
                                new NewChat(
                                        owner, new Settings(null, null, model, metadata), 2, null),
                                List.of())
                        .id();
        finish(made, FinishReason.STOP);
        return made;
    }

    private void finish(UUID chatId, FinishReason reason) {
        Turn turn = repository.accept(chatId, post("hello")).turn();
        repository.start(chatId, MODEL);
        repository.finish(chatId, turn.reply().id(), 1, Outcome.ended("hi", reason, null));
    }

    private List<UUID> completions(
            Order order, @Nullable String model, Map<String, String> metadata) {
        List<UUID> all = new ArrayList<>();
        Page<Chat> page;
        do {
            UUID after = all.isEmpty() ? null : all.getLast();
            page =
                    repository.completions(
                            new CompletionQuery(BOB, 2, order, after, model, metadata));
            page.items().forEach(each -> all.add(each.id()));
        } while (page.more());
        return all;
    }

    @ParameterizedTest
    @EnumSource(FinishReason.class)
    void completion_isListedOnceItIsWhole(FinishReason reason) {
        UUID made = repository.create(new NewChat(BOB, Settings.NONE, 2, null), List.of()).id();
        Turn turn = repository.accept(made, post("hello")).turn();
        assertThat(completions(Order.ASC, null, Map.of())).isEmpty();
        repository.start(made, MODEL);
        assertThat(completions(Order.ASC, null, Map.of())).isEmpty();

        repository.finish(made, turn.reply().id(), 1, Outcome.ended("hi", reason, null));

        boolean whole = reason != FinishReason.CANCELLED && reason != FinishReason.INTERRUPTED;
        assertThat(completions(Order.ASC, null, Map.of())).hasSize(whole ? 1 : 0);
        repository.delete(made);
        assertThat(completions(Order.ASC, null, Map.of())).isEmpty();
    }

    @Test
    void chats_search_findsTitlesAndMessagesWhateverTheCase() {
        UUID byTitle =
                repository
                        .create(Owner.ANONYMOUS, new Settings("Über Äpfel", null, null, Map.of()))
                        .id();
        UUID byMessage = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        repository.accept(byMessage, post("I like äPFEL (a.b*)"));
        UUID byReply = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Turn turn = repository.accept(byReply, post("x")).turn();
        repository.start(byReply, MODEL);
        repository.finish(byReply, turn.reply().id(), 1, done("ÄPFEL"));
        repository.create(
                Owner.ANONYMOUS,
                new Settings("Birnen", "äpfel in the instructions", null, Map.of()));

        assertThat(search("äpfel")).containsExactly(byReply, byMessage, byTitle);
        assertThat(search("(A.B*)")).containsExactly(byMessage);
        assertThat(search("quinces")).isEmpty();
    }

    @Test
    void chats_search_knowsNoCaseOfSigma() {
        UUID greek =
                repository
                        .create(
                                Owner.ANONYMOUS,
                                new Settings("ΟΔΟΣ ΣΑΣ_% σοφός", null, null, Map.of()))
                        .id();

        for (String text : List.of("οδος", "οδοσ", "σας_%", "ΣΑΣ", "ΣΟΦΌΣ", "ς σ")) {
            assertThat(search(text)).as(text).containsExactly(greek);
        }
        assertThat(search("σοσός")).isEmpty();
        assertThat(search("σας_σ")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "INBOX title | inbox",
                "inbox title | INBOX TITLE",
                "İstanbul | istanbul",
                "istanbul | İSTANBUL",
                "Istanbul | ıstanbul",
                "ısı ILIK | isi ilik",
                "i\u0307zmir | izmir",
                "I\u0307zmir | IZMIR",
                "re\u0301sume\u0301 | r\u00E9sum\u00E9",
                "R\u00C9SUM\u00C9 | re\u0301sume\u0301",
                "na\u00EFve | NAI\u0308VE",
                "q\u0307\u0323 | Q\u0323\u0307",
                "\uD55C\uAE00 | \u1112\u1161\u11AB\u1100\u1173\u11AF",
                "\u212B ngstrom | \u00E5 NGSTROM",
                "STRA\u1E9EE | stra\u00DFe",
                "\u01C5ep | \u01C4EP",
                "ΜΈΓΑΣ | μέγας",
                "ЁЛКА | ёлка",
                "100%_Ä | %_ä"
            })
    void chats_search_findsWhatIsTheSameToAReader(String title, String text) {
        UUID chat =
                repository
                        .create(
                                Owner.ANONYMOUS,
                                new Settings("x " + title + " x", null, null, Map.of()))
                        .id();

        assertThat(search(text)).containsExactly(chat);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "resume | résumé",
                "straße | strasse",
                "abc | a_c",
                "abc | a%c",
                "jota | iota"
            })
    void chats_search_doesNotFindWhatIsNot(String title, String text) {
        repository.create(Owner.ANONYMOUS, new Settings(title, null, null, Map.of()));

        assertThat(search(text)).isEmpty();
    }

    /** Such as memory looks through part by part. */
    @ParameterizedTest
    @ValueSource(strings = {"x", "é", "\uD55C", "\uD83D\uDE00", "\u0301 ", "b "})
    void chats_search_findsWhatIsAnywhereInLongTexts(String filling) {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        UUID reply = repository.accept(chat, post("x")).turn().reply().id();
        repository.start(chat, MODEL);
        String almost = ("Zu E" + filling.repeat(500)).repeat(150);
        repository.finish(chat, reply, 1, done(almost + "Zu Ende."));

        assertThat(search("zu ende.")).containsExactly(chat);
        assertThat(search(filling.repeat(5) + "zu e" + filling.repeat(5))).containsExactly(chat);
        assertThat(search("zu anfang")).isEmpty();
    }

    @Test
    void chats_search_fillsItsPageFromMany() {
        UUID oldest = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        repository.accept(oldest, post("a needle"));
        UUID old =
                repository
                        .create(Owner.ANONYMOUS, new Settings("needle", null, null, Map.of()))
                        .id();
        for (int i = 0; i < 600; i++) {
            repository.create(Owner.ANONYMOUS, Settings.NONE);
        }
        UUID newest = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        repository.accept(newest, post("two needles"));

        assertThat(search("needle")).containsExactly(newest, old, oldest);
        Page<Chat> page = repository.chats(new ChatQuery(Owner.ANONYMOUS, 1, newest, "needle"));
        assertThat(page.items()).extracting(Chat::id).containsExactly(old);
        assertThat(page.more()).isTrue();
    }

    @Test
    void messageCounts_countsAndSaysHowFarTheChatIsAnswered() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        MessageCounts none = repository.messageCounts(chat);
        finish(chat, repository.accept(chat, post("one")).turn());
        Turn failed = repository.accept(chat, post("two")).turn();
        repository.start(chat, MODEL);
        repository.finish(chat, failed.reply().id(), 1, Outcome.brokenOff(Written.of(""), FAILURE));

        MessageCounts counts = repository.messageCounts(chat);

        assertThat(none.answeredThrough()).isZero();
        assertThat(none.firstMessageAt()).isNull();
        assertThat(counts.userMessages()).isEqualTo(2);
        assertThat(counts.assistantMessages()).isEqualTo(2);
        assertThat(counts.answeredThrough()).isEqualTo(2);
        assertThat(counts.firstMessageAt()).isEqualTo(messages(chat).getFirst().createdAt());
        assertThat(counts.lastMessageAt()).isEqualTo(messages(chat).getLast().createdAt());
    }

    @Test
    void highlights_areKeptUnlessTheyTakeInLess() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        finish(chat, repository.accept(chat, post("one")).turn());
        finish(chat, repository.accept(chat, post("two")).turn());
        Highlights older = new Highlights(List.of(), 5, Highlights.By.MODEL, 2);
        Highlights newer = new Highlights(List.of(), 5, Highlights.By.MODEL, 4);

        assertThat(repository.highlights(chat)).isEmpty();
        repository.keepHighlights(chat, newer);
        repository.keepHighlights(chat, older);

        assertThat(repository.highlights(chat)).contains(newer);
    }

    @Test
    void owner_isWhoMadeTheChat() {
        UUID chat = repository.create(ADA, Settings.NONE).id();

        assertThat(repository.owner(chat)).isEqualTo(ADA);
        assertRefused(ErrorCode.CHAT_NOT_FOUND, () -> repository.owner(UUID.randomUUID()));
    }

    @Test
    void chats_ofAnOwner_areNoOthers() {
        UUID first = repository.create(ADA, titled("a boat")).id();
        repository.create(BOB, titled("a boat"));
        UUID last = repository.create(ADA, titled("a boat")).id();

        assertThat(repository.chats(new ChatQuery(ADA, 10, null, null)).items())
                .extracting(Chat::id)
                .containsExactly(last, first);
        assertThat(repository.chats(new ChatQuery(ADA, 10, last, "boat")).items())
                .extracting(Chat::id)
                .containsExactly(first);
        assertThat(repository.chats(new ChatQuery(Owner.ANONYMOUS, 10, null, null)).items())
                .isEmpty();
    }

    @Test
    void expire_removesWhatHasNotChangedSinceAndIsNotBusy() {
        UUID idle = repository.create(ADA, Settings.NONE).id();
        finish(idle, repository.accept(idle, post("old")).turn());
        UUID busy = repository.create(ADA, Settings.NONE).id();
        repository.accept(busy, post("waits"));

        int early = repository.expire(Duration.ofHours(1));
        int late = repository.expire(Duration.ZERO);

        assertThat(early).isZero();
        assertThat(late).isEqualTo(1);
        assertRefused(ErrorCode.CHAT_NOT_FOUND, () -> repository.chat(idle));
        assertRefused(ErrorCode.CHAT_NOT_FOUND, () -> repository.messages(idle, all()));
        assertThat(repository.chat(busy).busy()).isTrue();
        assertThat(repository.chats(new ChatQuery(ADA, 10, null, null)).items()).hasSize(1);
    }

    @Test
    void expire_ofMoreThanOneBatch_leavesNone() {
        for (int i = 0; i < 1100; i++) {
            repository.create(ADA, Settings.NONE);
        }

        int expired = repository.expire(Duration.ZERO);

        assertThat(expired).isEqualTo(1100);
        assertThat(repository.chats(new ChatQuery(ADA, 10, null, null)).items()).isEmpty();
    }

    @Test
    void usage_isByOwnerModelAndDay_andOutlivesRetriesAndChats() {
        UUID first = repository.create(ADA, Settings.NONE).id();
        use(first, new Usage(10, 1));
        use(first, new Usage(20, 2));
        UUID second = repository.create(ADA, new Settings(null, null, "other", Map.of())).id();
        Turn broken = repository.accept(second, post("hello")).turn();
        started(second);
        repository.finish(
                second,
                broken.reply().id(),
                1,
                Outcome.ended("cut", FinishReason.LENGTH, new Usage(5, 5)));
        repository.retry(second, broken.reply().id(), false);
        started(second);
        repository.finish(second, broken.reply().id(), 2, done("whole"));
        UUID failed = repository.create(ADA, Settings.NONE).id();
        Turn none = repository.accept(failed, post("hello")).turn();
        started(failed);
        repository.finish(failed, none.reply().id(), 1, Outcome.brokenOff(Written.of(""), FAILURE));
        UUID bobs = repository.create(BOB, Settings.NONE).id();
        use(bobs, new Usage(7, 7));
        LocalDate today = LocalDate.ofInstant(repository.chat(bobs).updatedAt(), ZoneOffset.UTC);
        List<DailyUsage> adas =
                List.of(
                        new DailyUsage(ADA, MODEL, today, 2, new Usage(30, 3)),
                        new DailyUsage(ADA, "other", today, 2, new Usage(5, 5)));

        List<DailyUsage> before = repository.usage(new UsageQuery(ADA, today, today), 10);
        repository.delete(first);
        repository.expire(Duration.ZERO);

        assertThat(before).isEqualTo(adas);
        assertThat(repository.usage(new UsageQuery(ADA, today, today), 10)).isEqualTo(adas);
        assertThat(repository.usage(new UsageQuery(null, today, today), 10))
                .containsExactly(
                        adas.get(0),
                        adas.get(1),
                        new DailyUsage(BOB, MODEL, today, 1, new Usage(7, 7)));
        assertThat(repository.usage(new UsageQuery(null, today, today), 1)).hasSize(1);
        assertThat(repository.usage(new UsageQuery(ADA, today.plusDays(1), today.plusDays(2)), 10))
                .isEmpty();
        assertThat(repository.usage(new UsageQuery(ADA, today.minusDays(2), today.minusDays(1)), 9))
                .isEmpty();
    }

    @Test
    void usage_ofMoreModelsThanAreToldApart_isSummedAndNoneIsLost() {
        LocalDate today = LocalDate.ofInstant(Instant.now(), ZoneOffset.UTC);
        for (int i = 0; i < DailyUsage.MOST_MODELS + 20; i++) {
            repository.count(new DailyUsage(ADA, "beside-" + i, today, 1, new Usage(2, 1)));
        }
        repository.count(new DailyUsage(ADA, "beside-0", today, 1, new Usage(2, 1)));
        repository.count(new DailyUsage(ADA, "beside-x", today.minusDays(1), 1, new Usage(2, 1)));
        repository.count(new DailyUsage(BOB, "beside-x", today, 1, new Usage(2, 1)));

        List<DailyUsage> adas = repository.usage(new UsageQuery(ADA, today, today), 1000);

        assertThat(adas)
                .hasSize(DailyUsage.MOST_MODELS + 1)
                .contains(
                        new DailyUsage(ADA, "beside-0", today, 2, new Usage(4, 2)),
                        new DailyUsage(ADA, DailyUsage.OTHER, today, 20, new Usage(40, 20)));
        assertThat(adas.stream().mapToLong(DailyUsage::turns).sum())
                .isEqualTo(DailyUsage.MOST_MODELS + 21);
        assertThat(repository.usage(new UsageQuery(BOB, today, today), 1000))
                .extracting(DailyUsage::model)
                .containsExactly("beside-x");
        assertThat(
                        repository.usage(
                                new UsageQuery(ADA, today.minusDays(1), today.minusDays(1)), 1000))
                .extracting(DailyUsage::model)
                .containsExactly("beside-x");
    }

    @Test
    void usage_ofManyChatsWithAModelEach_isBoundedToo() {
        for (int i = 0; i < DailyUsage.MOST_MODELS + 5; i++) {
            use(
                    repository.create(ADA, new Settings(null, null, "own-" + i, Map.of())).id(),
                    new Usage(1, 1));
        }
        LocalDate today = LocalDate.ofInstant(Instant.now(), ZoneOffset.UTC);

        List<DailyUsage> adas =
                repository.usage(new UsageQuery(ADA, today.minusDays(1), today), 1000);

        assertThat(adas.stream().mapToLong(DailyUsage::turns).sum())
                .isEqualTo(DailyUsage.MOST_MODELS + 5);
        assertThat(adas)
                .hasSizeLessThanOrEqualTo(DailyUsage.MOST_MODELS + 2)
                .extracting(DailyUsage::model)
                .contains(DailyUsage.OTHER);
    }

    @Test
    void usage_ofATurnStoppedByTheChatsDeletion_isCounted() {
        UUID chat = repository.create(ADA, Settings.NONE).id();
        Turn turn = repository.accept(chat, post("hello")).turn();
        started(chat);
        repository.draft(chat, turn.reply().id(), 1).text("half");
        LocalDate today = LocalDate.ofInstant(repository.chat(chat).updatedAt(), ZoneOffset.UTC);

        repository.delete(chat);

        assertThat(repository.usage(new UsageQuery(ADA, today, today.plusDays(1)), 10))
                .extracting(DailyUsage::turns)
                .containsExactly(1L);
    }

    private static Settings titled(String title) {
        return new Settings(title, null, null, Map.of());
    }

    private void use(UUID chat, Usage usage) {
        Turn turn = repository.accept(chat, post("hello")).turn();
        started(chat);
        repository.finish(
                chat, turn.reply().id(), 1, Outcome.ended("hi", FinishReason.STOP, usage));
    }

    @Test
    void accept_fromManyThreads_givesOneOrderWithoutGaps() throws Exception {
        ChatRepository wide = repository(TestLimits.WIDE.withWaitingTurns(1000));
        UUID chat = wide.create(Owner.ANONYMOUS, Settings.NONE).id();
        List<Callable<Turn>> posts = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String text = "m" + i;
            posts.add(() -> wide.accept(chat, post(text)).turn());
        }
        List<Turn> turns = new ArrayList<>();

        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Turn> future : threads.invokeAll(posts)) {
                turns.add(future.get());
            }
        }

        List<Message> log = wide.messages(chat, new MessageQuery(1000, Order.ASC, null)).items();
        assertThat(log).extracting(Message::seq).containsExactlyElementsOf(range(400));
        assertThat(log).isSortedAccordingTo((a, b) -> a.id().compareTo(b.id()));
        for (Turn turn : turns) {
            assertThat(log.get(turn.message().seq() - 1)).isEqualTo(turn.message());
            assertThat(log.get(turn.reply().seq() - 1)).isEqualTo(turn.reply());
        }
    }

    @Test
    void accept_oneKeyFromManyThreads_isOneTurn() throws Exception {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Post keyed = new Post("hello", WhenBusy.ENQUEUE, "key", false);
        List<Accepted> accepted = new ArrayList<>();

        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Accepted>> posts =
                    IntStream.range(0, 50)
                            .<Callable<Accepted>>mapToObj(_ -> () -> repository.accept(chat, keyed))
                            .toList();
            for (Future<Accepted> future : threads.invokeAll(posts)) {
                accepted.add(future.get());
            }
        }

        assertThat(accepted).filteredOn(each -> !each.repeated()).hasSize(1);
        assertThat(accepted)
                .extracting(each -> each.turn().reply().id())
                .containsOnly(accepted.getFirst().turn().reply().id());
        assertThat(repository.chat(chat).messageCount()).isEqualTo(2);
    }

    @Test
    void accept_withOptions_asksTheSameInEachAttempt() {
        UUID chat = repository.create(ADA, new Settings(null, null, "of the chat", Map.of())).id();
        Turn turn = repository.accept(chat, post("hello", OPTIONS)).turn();

        Started first = started(chat);
        repository.finish(chat, turn.reply().id(), 1, Outcome.brokenOff(Written.of(""), FAILURE));
        repository.retry(chat, turn.reply().id(), false);
        Started second = started(chat);

        for (Started each : List.of(first, second)) {
            assertThat(each.turn().reply().model()).isEqualTo("of the turn");
            assertThat(each.turn().reply().options()).isEqualTo(OPTIONS);
        }
        Message end = repository.finish(chat, turn.reply().id(), 2, done("hi"));
        assertThat(end.options()).isEqualTo(OPTIONS);
        assertThat(repository.message(chat, turn.reply().id())).isEqualTo(end);
        assertThat(repository.message(chat, turn.message().id()).options()).isNull();
    }

    @Test
    void accept_withEmptyInstructions_keepsThemEmpty() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Options empty = new Options(null, "", Map.of(), Map.of(), null, 0, false, false, false);

        UUID reply = repository.accept(chat, post("hello", empty)).turn().reply().id();

        assertThat(repository.message(chat, reply).options()).isEqualTo(empty);
    }

    @Test
    void accept_sameKeyOtherOptions_isRefused() {
        UUID chat = repository.create(ADA, Settings.NONE).id();
        Post keyed =
                new Post("a", List.of(), WhenBusy.ENQUEUE, "key", false, OPTIONS, List.of(), null);
        Accepted first = repository.accept(chat, keyed);

        assertThat(repository.accept(chat, keyed).turn()).isEqualTo(first.turn());
        assertRefused(
                ErrorCode.IDEMPOTENCY_KEY_REUSED,
                () -> repository.accept(chat, new Post("a", WhenBusy.ENQUEUE, "key", false)));
    }

    @Test
    void accept_withEarlierTurns_placesAllAtOnce() {
        UUID chat = repository.create(ADA, Settings.NONE).id();
        finish(chat, repository.accept(chat, post("first")).turn());
        Failure failure = new Failure(ErrorCode.MODEL_FAILED, "It was refused.", null, 404);
        List<PastTurn> earlier =
                List.of(
                        new PastTurn("one", done("reply to one"), "a-model"),
                        new PastTurn("two", Outcome.brokenOff(Written.of(""), failure), null),
                        new PastTurn("three", null, null));

        Turn last =
                repository
                        .accept(
                                chat,
                                new Post(
                                        "last",
                                        List.of(),
                                        WhenBusy.ENQUEUE,
                                        null,
                                        false,
                                        OPTIONS,
                                        earlier,
                                        2))
                        .turn();

        List<Message> log = messages(chat);
        assertThat(log).extracting(Message::seq).containsExactlyElementsOf(range(10));
        assertThat(log).isSortedAccordingTo((a, b) -> a.id().compareTo(b.id()));
        assertThat(log.get(3).model()).isEqualTo("a-model");
        assertThat(log.get(5).failure()).isEqualTo(failure);
        assertThat(log.get(7).unanswered()).isTrue();
        assertThat(log.get(9)).isEqualTo(last.reply());
        assertThat(repository.context(chat, last.message().seq(), 10, ANY_LENGTH))
                .extracting(turn -> turn.message().content())
                .containsExactly("first", "one", "three");
        assertThat(repository.recall(chat, last.message().seq(), 10, ANY_LENGTH))
                .extracting(ContextTurn::message, ContextTurn::replyBytes)
                .endsWith(tuple("three", 0)); // to which nobody was to reply
        assertThat(repository.chat(chat).messageCount()).isEqualTo(10);
        assertThat(started(chat).turn().reply().id()).isEqualTo(last.reply().id());
    }

    @Test
    void accept_afterAnotherThanTheLast_isRefusedAndLeavesNothing() {
        UUID chat = repository.create(ADA, Settings.NONE).id();
        finish(chat, repository.accept(chat, post("first")).turn());
        Chat before = repository.chat(chat);
        List<PastTurn> earlier = List.of(new PastTurn("one", null, null));

        assertRefused(
                ErrorCode.NOT_LAST,
                () ->
                        repository.accept(
                                chat,
                                new Post(
                                        "no",
                                        List.of(),
                                        WhenBusy.ENQUEUE,
                                        null,
                                        false,
                                        null,
                                        earlier,
                                        4)));

        assertThat(repository.chat(chat)).isEqualTo(before);
        assertThat(messages(chat)).hasSize(2);
    }

    @Test
    void take_addsTurnsThatAreOverAndUseNothing() {
        Owner own = new Owner("own-" + UUID.randomUUID());
        UUID chat = repository.create(own, Settings.NONE).id();

        List<Turn> taken =
                repository.take(
                        chat,
                        List.of(
                                new PastTurn("one", done("reply"), "m"),
                                new PastTurn("two", null, null)));

        assertThat(messages(chat))
                .containsExactly(
                        taken.get(0).message(),
                        taken.get(0).reply(),
                        taken.get(1).message(),
                        taken.get(1).reply());
        assertThat(repository.chat(chat).busy()).isFalse();
        assertThat(repository.chat(chat).usage()).isNull();
        assertThat(repository.usage(ever(own), 10)).isEmpty();
        assertThat(repository.messageCounts(chat).answeredThrough()).isEqualTo(2);
        assertThat(repository.context(chat, Integer.MAX_VALUE, 10, ANY_LENGTH)).isEqualTo(taken);
        assertThat(repository.start(chat, MODEL)).isEmpty();
        assertThat(repository.chats(new ChatQuery(own, 10, null, "two")).items()).hasSize(1);
    }

    @Test
    void take_whileATurnIsUnfinishedOrBeyondTheLimit_isRefused() {
        ChatRepository small = repository(TestLimits.WIDE.withMessagesPerChat(4));
        UUID chat = small.create(ADA, Settings.NONE).id();
        List<PastTurn> one = List.of(new PastTurn("one", done("reply"), null));
        List<PastTurn> three = List.of(one.getFirst(), one.getFirst(), one.getFirst());
        Turn turn = small.accept(chat, post("hello")).turn();

        assertRefused(ErrorCode.CHAT_BUSY, () -> small.take(chat, one));
        small.cancel(chat, turn.reply().id());
        assertRefused(ErrorCode.CAPACITY, () -> small.take(chat, three));
        assertRefused(ErrorCode.CHAT_NOT_FOUND, () -> small.take(UUID.randomUUID(), one));

        assertThat(small.chat(chat).messageCount()).isEqualTo(2);
    }

    /** Somebody may want a reply after all. */
    @Test
    void retry_ofAMessageThatNobodyWasToReplyTo_runsIt() {
        UUID chat = repository.create(ADA, Settings.NONE).id();
        Turn open = repository.take(chat, List.of(new PastTurn("one", null, null))).getFirst();

        repository.retry(chat, open.reply().id(), false);

        assertThat(repository.context(chat, Integer.MAX_VALUE, 10, ANY_LENGTH)).isEmpty();
        assertThat(started(chat).turn().message()).isEqualTo(open.message());
        Message end = repository.finish(chat, open.reply().id(), 2, done("hi"));
        assertThat(end.unanswered()).isFalse();
    }

    @Test
    void count_addsToWhatTheOwnerHasUsed() {
        Owner own = new Owner("own-" + UUID.randomUUID());
        LocalDate day = LocalDate.now(ZoneOffset.UTC);
        DailyUsage used = new DailyUsage(own, "m", day, 1, new Usage(10, 5));

        repository.count(used);
        repository.count(used);

        assertThat(repository.usage(ever(own), 10))
                .containsExactly(new DailyUsage(own, "m", day, 2, new Usage(20, 10)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-06-01T12:00:00Z", // a step back
                "2026-06-01T13:00:00.001Z", // a moment
                "2199-12-31T23:59:59Z", // far ahead
                "1969-12-31T23:00:00Z" // a machine that has no clock of its own
            })
    void clockThatIsSet_idsGoOnAndEachMessageIsFound(String time) {
        TestClock clock = new TestClock(Instant.parse("2026-06-01T13:00:00Z"));
        ChatRepository ticking = repository(TestLimits.WIDE, clock);
        List<UUID> chats = new ArrayList<>();
        chats.add(ticking.create(ADA, Settings.NONE).id());
        UUID chat = chats.getFirst();
        List<Message> said = new ArrayList<>();
        for (String each :
                List.of("before", time, "2026-06-01T13:00:01Z", "2026-06-01T11:00:00Z")) {
            clock.set(each.equals("before") ? clock.instant() : Instant.parse(each));
            Turn turn = ticking.accept(chat, post(each)).turn();
            ticking.start(chat, MODEL);
            said.add(turn.message());
            said.add(ticking.finish(chat, turn.reply().id(), 1, done("re: " + each)));
            chats.add(ticking.create(ADA, Settings.NONE).id());
        }

        List<Message> log = ticking.messages(chat, all()).items();

        assertThat(log).isEqualTo(said);
        assertThat(log).isSortedAccordingTo(Comparator.comparing(Message::id));
        assertThat(log).isSortedAccordingTo(Comparator.comparing(Message::createdAt));
        assertThat(log).allMatch(each -> !each.createdAt().isAfter(each.completedAt()));
        for (Message each : said) {
            assertThat(ticking.message(chat, each.id())).isEqualTo(each);
        }
        assertThat(ticking.chat(chat).busy()).isFalse();
        assertThat(pages(ticking, ADA)).containsExactlyElementsOf(chats.reversed());
    }

    @Test
    void expire_whateverTheClockIsSetTo_goesByTheTimeThatHasPassed() {
        TestClock clock = new TestClock(Instant.parse("2026-06-01T13:00:00Z"));
        ChatRepository ticking = repository(TestLimits.WIDE, clock);
        ticking.create(ADA, Settings.NONE);
        clock.set(Instant.parse("2199-01-01T00:00:00Z"));
        ticking.create(ADA, Settings.NONE);

        int aheadAndEarly = ticking.expire(Duration.ofHours(1));
        clock.set(Instant.parse("2001-01-01T00:00:00Z"));
        int behindAndLate = ticking.expire(Duration.ZERO);

        assertThat(aheadAndEarly).isZero();
        assertThat(behindAndLate).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(longs = {6, 7})
    void randomOperations_onAClockThatIsSetAtEachReading_areTheSame(long seed) {
        Random random = new Random(seed);
        Clock wild = new TestClock(() -> Instant.ofEpochSecond(random.nextLong(5_000_000_000L)));

        new RandomOperations(repository(RandomOperations.limits(), wild), seed).run(randomSteps());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void randomOperations_doWhatANaiveModelDoes(long seed) {
        new RandomOperations(repository(RandomOperations.limits()), seed).run(randomSteps());
    }

    /** How many each seed takes. */
    protected int randomSteps() {
        return 2000;
    }

    private Started started(UUID chat) {
        return repository.start(chat, MODEL).orElseThrow();
    }

    private Message finish(UUID chat, Turn turn) {
        repository.start(chat, MODEL);
        return repository.finish(
                chat, turn.reply().id(), 1, done("reply to " + turn.message().content()));
    }

    private List<Message> messages(UUID chat) {
        return repository.messages(chat, all()).items();
    }

    private static List<UUID> pages(ChatRepository repository, Owner owner) {
        List<UUID> found = new ArrayList<>();
        UUID before = null;
        Page<Chat> page;
        do {
            page = repository.chats(new ChatQuery(owner, 2, before, null));
            page.items().forEach(each -> found.add(each.id()));
            before = found.getLast();
        } while (page.more());
        return found;
    }

    /** Before and after the store has taken the texts in for it. */
    private List<UUID> search(String text) {
        List<UUID> found = searchNow(text);
        fillSearch();
        assertThat(searchNow(text)).isEqualTo(found);
        return found;
    }

    private List<UUID> searchNow(String text) {
        return repository.chats(new ChatQuery(Owner.ANONYMOUS, 10, null, text)).items().stream()
                .map(Chat::id)
                .toList();
    }

    private List<Integer> seqs(UUID chat, Order order, int limit) {
        List<Integer> seqs = new ArrayList<>();
        Integer after = null;
        Page<Message> page;
        do {
            page = repository.messages(chat, new MessageQuery(limit, order, after));
            page.items().forEach(message -> seqs.add(message.seq()));
            after = page.items().getLast().seq();
        } while (page.more());
        return seqs;
    }

    private static List<Integer> range(int through) {
        return IntStream.rangeClosed(1, through).boxed().toList();
    }

    private static MessageQuery all() {
        return new MessageQuery(1000, Order.ASC, null);
    }

    private static UsageQuery ever(Owner owner) {
        return new UsageQuery(owner, LocalDate.of(2000, 1, 1), LocalDate.of(9999, 12, 31));
    }

    private static Post post(String content, Options options) {
        return new Post(
                content, List.of(), WhenBusy.ENQUEUE, null, false, options, List.of(), null);
    }

    private static Outcome done(String text) {
        return Outcome.ended(text, FinishReason.STOP, null);
    }

    private static void assertRefused(ErrorCode code, ThrowingCallable operation) {
        assertThatThrownBy(operation)
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.code()).isEqualTo(code));
    }
}

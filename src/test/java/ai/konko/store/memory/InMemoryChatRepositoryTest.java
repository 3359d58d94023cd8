package ai.konko.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.chat.Attachment;
import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.ChatRepositoryContract;
import ai.konko.chat.Draft;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.FinishReason;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.Item;
import ai.konko.chat.Options;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Settings;
import ai.konko.chat.TestLimits;
import ai.konko.chat.Turn;
import ai.konko.chat.WhenBusy;
import ai.konko.chat.Written;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InMemoryChatRepositoryTest extends ChatRepositoryContract {

    @Override
    protected ChatRepository repository(TestLimits limits, Clock clock) {
        return new InMemoryChatRepository(limits, clock, new GrowingIds(clock));
    }

    static InMemoryChatRepository inMemory(TestLimits limits) {
        return new InMemoryChatRepository(
                limits, Clock.systemUTC(), new GrowingIds(Clock.systemUTC()));
    }

    @Test
    void create_atTheLimitOfChats_isRefusedUntilOneIsDeleted() {
        ChatRepository small = inMemory(TestLimits.WIDE.withChats(2));
        UUID first = small.create(Owner.ANONYMOUS, Settings.NONE).id();
        small.create(Owner.ANONYMOUS, Settings.NONE);

        assertThatThrownBy(() -> small.create(Owner.ANONYMOUS, Settings.NONE))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CAPACITY));

        small.delete(first);
        assertThat(small.create(Owner.ANONYMOUS, Settings.NONE).id()).isNotEqualTo(first);
    }

    @Test
    void accept_beyondTheLimitOfStoredText_isRefusedAndTakesNothing() {
        InMemoryChatRepository small = inMemory(TestLimits.WIDE.withStoredCharacters(1170));
        UUID chat = small.create(Owner.ANONYMOUS, new Settings("12345", null, null, Map.of())).id();
        small.accept(chat, new Post("1234567890", WhenBusy.ENQUEUE, null, false));

        assertThatThrownBy(
                        () -> small.accept(chat, new Post("123456", WhenBusy.ENQUEUE, null, false)))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CAPACITY));
        assertThat(small.heldCharacters()).isEqualTo(1165);
        assertThat(small.chat(chat).messageCount()).isEqualTo(2);
    }

    @Test
    void storedText_ofThreeBytesAUnit_countsOneAndAHalfTimes() {
        InMemoryChatRepository repository = inMemory(TestLimits.WIDE);
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        long before = repository.heldCharacters();

        Turn turn =
                repository
                        .accept(chat, new Post("\u65e5\u672c\u8a9e", WhenBusy.ENQUEUE, null, false))
                        .turn();
        repository.start(chat, "m");
        repository.finish(
                chat,
                turn.reply().id(),
                1,
                Outcome.ended("a\u00e9\u20ac\uD83D\uDE00", FinishReason.STOP, null));

        assertThat(repository.heldCharacters() - before).isEqualTo(150 + 5 + 6);
    }

    @Test
    void finish_beyondTheLimitOfStoredText_keepsTheReply() {
        InMemoryChatRepository small = inMemory(TestLimits.WIDE.withStoredCharacters(1305));
        UUID chat = small.create(Owner.ANONYMOUS, Settings.NONE).id();
        Turn turn = small.accept(chat, new Post("12345", WhenBusy.ENQUEUE, null, false)).turn();
        small.start(chat, "m");

        small.finish(
                chat, turn.reply().id(), 1, Outcome.ended("a long reply", FinishReason.STOP, null));

        assertThat(small.message(chat, turn.reply().id()).content()).isEqualTo("a long reply");
    }

    @Test
    void delete_givesAllTextBack() {
        InMemoryChatRepository repository = inMemory(TestLimits.WIDE);
        UUID chat =
                repository
                        .create(
                                Owner.ANONYMOUS,
                                new Settings("title", "instructions", "m", Map.of("k", "v")))
                        .id();
        Turn turn =
                repository.accept(chat, new Post("hello", WhenBusy.ENQUEUE, "a key", false)).turn();
        repository.start(chat, "m");
        repository.finish(chat, turn.reply().id(), 1, Outcome.ended("hi", FinishReason.STOP, null));
        repository.take(chat, List.of(new PastTurn("one", null, null)));
        repository.accept(
                chat,
                new Post(
                        "again",
                        List.of(),
                        WhenBusy.ENQUEUE,
                        null,
                        false,
                        new Options(
                                "m",
                                "i",
                                Map.of("stop", "x"),
                                Map.of("k", "v"),
                                "p",
                                1,
                                false,
                                false,
                                false),
                        List.of(
                                new PastTurn(
                                        "two",
                                        Outcome.ended("reply", FinishReason.STOP, null),
                                        null)),
                        null));
        assertThat(repository.heldCharacters()).isPositive();

        repository.delete(chat);

        assertThat(repository.heldCharacters()).isZero();
    }

    @Test
    void attachments_countOnceForEachChatUntilItIsGone() {
        InMemoryChatRepository repository = inMemory(TestLimits.WIDE.withAttachments(10, 25));
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        UUID other = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        repository.accept(chat, showing(new byte[10]));
        repository.accept(chat, showing(new byte[10]));
        repository.accept(other, showing(new byte[10]));
        long characters = repository.heldCharacters();

        assertThatThrownBy(() -> repository.accept(other, showing(new byte[6])))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CAPACITY));

        assertThat(repository.heldBytes()).isEqualTo(20);
        assertThat(repository.heldCharacters()).isEqualTo(characters);
        repository.delete(chat);
        assertThat(repository.heldBytes()).isEqualTo(10);
        assertThat(repository.expire(Duration.ZERO)).isZero(); // its turns are unfinished
        repository.delete(other);
        assertThat(repository.heldBytes()).isZero();
    }

    @Test
    void accept_withoutRoomForItsText_givesTheRoomOfItsAttachmentsBack() {
        InMemoryChatRepository repository = inMemory(TestLimits.WIDE.withStoredCharacters(1100));
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();

        assertThatThrownBy(() -> repository.accept(chat, showing(new byte[10])))
                .isInstanceOf(RefusedException.class);

        assertThat(repository.heldBytes()).isZero();
    }

    private static Post showing(byte[] bytes) {
        Attachment image = Attachment.of("image/png", null, bytes);
        return new Post(
                        "",
                        List.of(new Item.Image(0, null, image.as())),
                        WhenBusy.ENQUEUE,
                        null,
                        false,
                        null,
                        List.of(),
                        null)
                .with(List.of(image));
    }

    @Test
    void erase_givesTextBackAndNoOutputTwice() {
        InMemoryChatRepository repository = inMemory(TestLimits.WIDE);
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        long empty = repository.heldCharacters();
        Post post = new Post("x".repeat(5000), WhenBusy.ENQUEUE, null, false);
        UUID reply = repository.accept(chat, post).turn().reply().id();
        repository.start(chat, "m");
        Written call = new Written("", List.of(Item.Call.open(0, "a", "tool", "{}")));
        repository.finish(chat, reply, 1, Outcome.ended(call, FinishReason.CALLS, null));
        List<Item> output = List.of(new Item.Output(0, "a", "o".repeat(5000), false));
        Turn answer = repository.take(chat, List.of(new PastTurn("", output, null, null))).get(0);
        assertThat(repository.heldCharacters() - empty).isBetween(10_000L, 11_500L);

        repository.erase(chat, answer.message().id(), 1, Set.of(0));
        assertThat(repository.heldCharacters() - empty).isBetween(5_000L, 6_500L);
        repository.erase(
                chat, repository.context(chat, 3, 1, 0).get(0).message().id(), 1, Set.of(0));

        assertThat(repository.heldCharacters() - empty).isBetween(0L, 1500L);
        repository.delete(chat);
        assertThat(repository.heldCharacters()).isZero();
    }

    /** Both a running reply and one that is over are searched part by part. */
    @ParameterizedTest
    @ValueSource(strings = {"x", "é", "\uD55C", "\uD83D\uDE00", "b "})
    void chats_search_findsWhatIsAnywhereInALongDraft(String filling) {
        InMemoryChatRepository repository = inMemory(TestLimits.WIDE);
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        UUID reply =
                repository
                        .accept(chat, new Post("x", WhenBusy.ENQUEUE, null, true))
                        .turn()
                        .reply()
                        .id();
        repository.start(chat, "m");
        Draft draft = repository.draft(chat, reply, 1);
        draft.text(("Zu E" + filling.repeat(500)).repeat(150));
        assertThat(search(repository, "zu ende.")).isEmpty();

        draft.text("Zu Ende.");

        assertThat(search(repository, "zu ende.")).hasSize(1);
        repository.finish(chat, reply, 1, Outcome.ended("", FinishReason.STOP, null));
        assertThat(search(repository, "zu ende.")).isEmpty();
    }

    private static List<Chat> search(InMemoryChatRepository repository, String text) {
        return repository.chats(new ChatQuery(Owner.ANONYMOUS, 9, null, text)).items();
    }
}

package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.RepeatableRequest.Made;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every {@link ChatRepository} has to know of requests that are repeated. */
abstract class RequestsContract extends MessageSearchContract {
    private static final Owner ANN = new Owner("ann");

    @Test
    void create_withAKeyAgain_isTheChatAsItIsNow() {
        UUID made = create(keyed("key", "body"));
        Turn turn = repository.accept(made, new Post("hi", WhenBusy.ENQUEUE, null, false)).turn();

        Chat again = repository.create(wanted(keyed("key", "body")), List.of());

        assertThat(again).isEqualTo(repository.chat(made));
        assertThat(again.messageCount()).isEqualTo(turn.reply().seq());
        assertThat(chats()).containsExactly(made);
        assertRefused(ErrorCode.IDEMPOTENCY_KEY_REUSED, () -> create(keyed("key", "other")));
        assertThat(create(keyed("other", "body"))).isNotEqualTo(made);
        assertThat(create(new RepeatableRequest(ANN, "/other", "body", "key", false)))
                .isNotEqualTo(made);
        Owner bob = new Owner("bob");
        RepeatableRequest bobs = new RepeatableRequest(bob, "/chats", "body", "key", false);
        assertThat(repository.create(new NewChat(bob, Settings.NONE, null, bobs), List.of()).id())
                .isNotEqualTo(made);
    }

    @Test
    void create_withAKeyWhoseChatIsDeleted_isNotFound() {
        repository.delete(create(keyed("key", "body")));

        assertRefused(ErrorCode.CHAT_NOT_FOUND, () -> create(keyed("key", "body")));

        assertThat(chats()).isEmpty();
    }

    @Test
    void forgetKeys_forgetsTheOldOnes() {
        UUID made = create(keyed("key", "body"));
        create(keyed("other", "body"));

        assertThat(repository.forgetKeys(RepeatableRequest.KEYS_LIVE)).isZero();
        assertThat(create(keyed("key", "body"))).isEqualTo(made);
        assertThat(repository.forgetKeys(Duration.ZERO)).isEqualTo(2);

        assertThat(create(keyed("key", "body"))).isNotEqualTo(made);
    }

    @Test
    void create_withTurns_hasThemOnce() {
        List<PastTurn> turns =
                List.of(new PastTurn("one", null, null), new PastTurn("two", null, null));

        Chat made = repository.create(wanted(keyed("key", "body")), turns);

        assertThat(made.messageCount()).isEqualTo(4);
        assertThat(repository.create(wanted(keyed("key", "body")), turns)).isEqualTo(made);
        assertThat(repository.made(keyed("key", "body"), null)).contains(new Made(made.id(), 4));
    }

    @Test
    void open_atTheSameMoment_isOneChatAndOneTurn() throws Exception {
        int times = 8;
        CountDownLatch ready = new CountDownLatch(times);
        List<Future<Accepted>> opening = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(times)) {
            for (int i = 0; i < times; i++) {
                opening.add(
                        threads.submit(
                                () -> {
                                    ready.countDown();
                                    ready.await();
                                    return open(keyed("key", "body"), "hi");
                                }));
            }
        }
        List<Accepted> opened = new ArrayList<>();
        for (Future<Accepted> each : opening) {
            opened.add(each.get());
        }

        assertThat(opened).extracting(Accepted::repeated).containsOnlyOnce(false);
        assertThat(opened).extracting(Accepted::turn).containsOnly(opened.getFirst().turn());
        Message reply = opened.getFirst().turn().reply();
        assertThat(chats()).containsExactly(reply.chatId());
        assertThat(repository.chat(reply.chatId()).messageCount()).isEqualTo(2);
        assertThat(repository.made(keyed("key", "body"), null))
                .contains(new Made(reply.chatId(), 2));
        assertRefused(
                ErrorCode.IDEMPOTENCY_KEY_REUSED,
                () -> repository.made(keyed("key", "other"), null));
    }

    @Test
    void open_thatIsRefused_leavesNoChatAndTheKeyFree() {
        repository = repository(TestLimits.WIDE.withMessagesPerChat(2), Clock.systemUTC());
        RepeatableRequest request = keyed("key", "too much");
        List<PastTurn> earlier = List.of(new PastTurn("one", null, null));
        Post post =
                new Post("two", List.of(), WhenBusy.ENQUEUE, null, false, null, earlier, null)
                        .of(request);

        assertRefused(ErrorCode.CAPACITY, () -> repository.open(wanted(request), post));

        assertThat(chats()).isEmpty();
        assertThat(repository.made(request, null)).isEmpty();
        assertThat(open(keyed("key", "body"), "hi").repeated()).isFalse();
    }

    @Test
    void made_withoutAKey_isTheNewestOfTheSame() {
        open(sent("body"), "hi");
        Message second = open(sent("body"), "hi").turn().reply();
        open(sent("other"), "hi");

        assertThat(chats()).hasSize(3);
        assertThat(repository.made(retried("body"), null))
                .contains(new Made(second.chatId(), second.seq()));
        assertThat(repository.made(retried("unknown"), null)).isEmpty();
        UUID empty = create(sent("empty"));
        assertThat(repository.made(retried("empty"), null)).contains(new Made(empty, 0));
        repository.delete(empty);
        assertThat(repository.made(retried("empty"), null)).isEmpty();
    }

    @Test
    void made_inAChatThatIsThere_isTheTurn() {
        UUID chat = create(null);
        Message keyed = accept(chat, keyed("key", "body"));
        Message sent = accept(chat, sent("body"));
        accept(chat, null);

        assertThat(repository.made(keyed("key", "body"), chat))
                .contains(new Made(chat, keyed.seq()));
        assertThat(repository.made(keyed("new", "body"), chat)).isEmpty();
        assertRefused(
                ErrorCode.IDEMPOTENCY_KEY_REUSED,
                () -> repository.made(keyed("key", "other"), chat));
        assertThat(repository.made(retried("body"), chat)).contains(new Made(chat, sent.seq()));
        assertThat(repository.made(retried("other"), chat)).isEmpty();
        repository.accept(chat, new Post("native", WhenBusy.ENQUEUE, "native", false));
        assertThat(repository.made(keyed("native", "body"), chat)).isEmpty();
    }

    @Test
    void take_forTheSameRequest_isDoneOnce() {
        UUID chat = create(null);
        List<PastTurn> turns =
                List.of(new PastTurn("one", null, null), new PastTurn("two", null, null));

        Made taken = repository.take(chat, turns, keyed("key", "body"));
        Made sent = repository.take(chat, turns, sent("body"));

        assertThat(taken).isEqualTo(new Made(chat, 4));
        assertThat(repository.take(chat, turns, keyed("key", "body"))).isEqualTo(taken);
        assertThat(repository.made(keyed("key", "body"), chat)).contains(taken);
        assertThat(sent).isEqualTo(new Made(chat, 8));
        assertThat(repository.made(retried("body"), chat)).contains(sent);
        assertThat(repository.chat(chat).messageCount()).isEqualTo(8);
    }

    private Accepted open(RepeatableRequest request, String content) {
        Post post = new Post(content, WhenBusy.ENQUEUE, null, false).of(request);
        return repository.open(wanted(request), post);
    }

    private Message accept(UUID chat, @Nullable RepeatableRequest request) {
        Post post = new Post("hi", WhenBusy.ENQUEUE, null, false).of(request);
        return repository.accept(chat, post).turn().reply();
    }

    private UUID create(@Nullable RepeatableRequest request) {
        return repository.create(wanted(request), List.of()).id();
    }

    private static NewChat wanted(@Nullable RepeatableRequest request) {
        return new NewChat(ANN, Settings.NONE, null, request);
    }

    private List<UUID> chats() {
        return repository.chats(new ChatQuery(ANN, 20, null, null)).items().stream()
                .map(Chat::id)
                .toList();
    }

    private static RepeatableRequest keyed(String key, String body) {
        return new RepeatableRequest(ANN, "/chats", body, key, false);
    }

    private static RepeatableRequest sent(String body) {
        return new RepeatableRequest(ANN, "/chats", body, null, false);
    }

    private static RepeatableRequest retried(String body) {
        return new RepeatableRequest(ANN, "/chats", body, null, true);
    }

    private static void assertRefused(ErrorCode code, ThrowingCallable operation) {
        assertThatThrownBy(operation)
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.code()).isEqualTo(code));
    }
}

package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.tuple;

import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.Item.Call;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every {@link ChatRepository} has to do if it starts a turn in the step before. */
abstract class StartContract extends RequestsContract {
    private static final StartOptions START = new StartOptions("start-model", 20, 100_000);

    @Test
    void acceptAndStart_ofAnIdleChat_isOneStep() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Started first = accept(chat, "one").started();
        finish(first, ended("1"));

        Started second = accept(chat, "two").started();
        Accepted waiting = accept(chat, "three");

        assertThat(second).isNotNull();
        assertThat(second.turn().message().content()).isEqualTo("two");
        assertThat(second.turn().reply().status()).isEqualTo(Status.IN_PROGRESS);
        assertThat(second.turn().reply().model()).isEqualTo("start-model");
        assertThat(seenBy(second)).containsExactly(entry("one", "1"));
        assertThat(waiting.started()).isNull();
        assertThat(repository.start(chat, START)).as("another one runs").isEmpty();
    }

    @Test
    void finishAndStart_startsTheNextInLineWithWhatHasJustEnded() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Started running = accept(chat, "one").started();
        accept(chat, "two");

        Finished finished = finish(running, ended("1"));

        assertThat(finished.reply().content()).isEqualTo("1");
        assertThat(finished.next()).isNotNull();
        assertThat(finished.next().turn().message().content()).isEqualTo("two");
        assertThat(seenBy(finished.next())).containsExactly(entry("one", "1"));
        assertThat(finish(finished.next(), ended("2")).next()).isNull();
    }

    @Test
    void finishAndStart_isTheReplyAsItCanBeRead() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Started running = accept(chat, "one").started();
        repository.cancel(chat, accept(chat, "two").turn().reply().id());

        Written calls = new Written("", List.of(Call.open(0, "a", "tool", "{}")));
        Finished finished = finish(running, Outcome.ended(calls, FinishReason.CALLS, null));

        assertThat(Items.calls(finished.reply().items()))
                .as("another turn has come after it")
                .extracting(Call::status)
                .containsExactly(CallStatus.ABANDONED);
        assertThat(finished.reply()).isEqualTo(repository.message(chat, finished.reply().id()));
        assertThat(repository.chat(chat).waiting()).isFalse();
    }

    @Test
    void acceptAndStart_withOutputs_seesTheCallsAnswered() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Written calls = new Written("", List.of(Call.open(0, "a", "tool", "{}")));
        finish(accept(chat, "one").started(), Outcome.ended(calls, FinishReason.CALLS, null));

        List<Item> outputs = List.of(new Item.Output(0, "a", "done", false));
        Post post = new Post("", outputs, WhenBusy.ENQUEUE, null, false, null, List.of(), null);
        Started answering = repository.accept(chat, post, START).started();

        assertThat(answering).isNotNull();
        assertThat(Items.calls(before(answering).getFirst().replyItems()))
                .extracting(Call::status, Call::output)
                .containsExactly(tuple(CallStatus.COMPLETED, "done"));
    }

    /** Some of them share transactions, if the log has such. */
    @Test
    void turnsOfManyChatsAtOnce_areStartedOnceEachAndEnd() throws Exception {
        List<UUID> chats =
                Stream.generate(() -> repository.create(Owner.ANONYMOUS, Settings.NONE).id())
                        .limit(20)
                        .toList();
        Map<UUID, Integer> begun = new ConcurrentHashMap<>();
        List<Future<?>> posters = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 60; i++) {
                UUID chat = chats.get(i % chats.size());
                String text = "m" + i;
                posters.add(threads.submit(() -> runAll(accept(chat, text).started(), begun)));
            }
        }
        for (Future<?> each : posters) {
            each.get();
        }

        assertThat(begun).hasSize(60);
        assertThat(begun.values()).containsOnly(1);
        for (UUID chat : chats) {
            List<Message> log =
                    repository.messages(chat, new MessageQuery(100, Order.ASC, null)).items();
            assertThat(log).extracting(Message::seq).containsExactly(1, 2, 3, 4, 5, 6);
            for (int i = 0; i < log.size(); i += 2) {
                assertThat(log.get(i + 1).content()).isEqualTo("to " + log.get(i).content());
            }
        }
    }

    private void runAll(@Nullable Started first, Map<UUID, Integer> begun) {
        for (Started next = first; next != null; ) {
            begun.merge(next.turn().reply().id(), 1, Integer::sum);
            next = finish(next, ended("to " + next.turn().message().content())).next();
        }
    }

    private Accepted accept(UUID chat, String text) {
        return repository.accept(chat, new Post(text, WhenBusy.ENQUEUE, null, false), START);
    }

    private Finished finish(@Nullable Started started, Outcome outcome) {
        Message reply = Objects.requireNonNull(started).turn().reply();
        return repository.finish(reply.chatId(), reply.id(), reply.attempt(), outcome, START);
    }

    private static Outcome ended(String text) {
        return Outcome.ended(text, FinishReason.STOP, null);
    }

    private List<Map.Entry<String, String>> seenBy(Started started) {
        return before(started).stream()
                .map(each -> Map.entry(each.message(), each.reply()))
                .toList();
    }

    /** What a log did not read with the start is read then. */
    private List<ContextTurn> before(Started started) {
        Message message = started.turn().message();
        return started.before() == null
                ? repository.recall(
                        message.chatId(), message.seq(), START.maxTurns(), START.mostBytes())
                : started.before();
    }
}

package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.Accepted;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Finished;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Post;
import ai.konko.chat.StartOptions;
import ai.konko.chat.Started;
import ai.konko.chat.Status;
import ai.konko.chat.Turn;
import ai.konko.chat.WhenBusy;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What a replica knows of a chat must not outlive what others do to it. */
class KnownContextsTest {
    private static final int STEPS = 300;
    private static final StartOptions START = new StartOptions("m", 3, 40);

    private final Random random = new Random(7);

    @Test
    void whatWasJustWritten_isReadOnlyIfItsChatHasChanged() {
        try (TestLog log = TestLog.on(TestPostgres.newDatabase("contexts"))) {
            UUID chat = log.chat("a chat");
            end(log.repository, post(log.repository, chat, "one").started(), "1");

            change(log, "update message set content = 'changed' where seq = 1");
            Started second = log.repository.accept(chat, said("two"), START).started();
            end(log.repository, second, "2");
            change(log, "update chat set title = title");
            Started third = log.repository.accept(chat, said("three"), START).started();

            assertThat(second.before()).extracting(ContextTurn::message).containsExactly("one");
            assertThat(third.before())
                    .extracting(ContextTurn::message)
                    .containsExactly("changed", "two");
        }
    }

    @Test
    void turnsOfTwoReplicas_haveTheContextThatTheLogHas() {
        String url = TestPostgres.newDatabase("contexts");
        try (TestLog one = TestLog.on(url);
                TestLog other = TestLog.on(url)) {
            UUID chat = one.chat("a chat");
            for (int i = 0; i < STEPS; i++) {
                ChatRepository log = (random.nextInt(4) == 0 ? other : one).repository;
                switch (random.nextInt(10)) {
                    case 0 -> eraseAny(log, chat);
                    case 1 -> retryLast(log, chat);
                    case 2 -> twoInLine(log, chat);
                    default -> end(log, post(log, chat, "said " + i).started(), "text " + i);
                }
            }
        }
    }

    private static void change(TestLog log, String sql) {
        int changed = log.database.statement(session -> session.update(sql));
        assertThat(changed).isEqualTo(1);
    }

    private static Post said(String text) {
        return new Post(text, WhenBusy.ENQUEUE, null, false);
    }

    private Accepted post(ChatRepository log, UUID chat, String text) {
        Accepted accepted = log.accept(chat, said(text), START);
        check(log, accepted.started());
        return accepted;
    }

    private void check(ChatRepository log, Started started) {
        if (started == null || started.before() == null) {
            return;
        }
        Message message = started.turn().message();
        List<ContextTurn> recalled =
                log.recall(message.chatId(), message.seq(), START.maxTurns(), START.mostBytes());
        assertThat(started.before())
                .usingRecursiveFieldByFieldElementComparator()
                .isEqualTo(recalled);
    }

    private void end(ChatRepository log, Started started, String text) {
        Message reply = started.turn().reply();
        boolean fails = random.nextInt(5) == 0;
        Outcome outcome =
                fails ? Outcome.cancelled() : Outcome.ended(text, FinishReason.STOP, null);
        Finished finished = log.finish(reply.chatId(), reply.id(), reply.attempt(), outcome, START);
        if (finished.next() != null) {
            check(log, finished.next());
            end(log, finished.next(), text);
        }
    }

    private void twoInLine(ChatRepository log, UUID chat) {
        Accepted first = post(log, chat, "first");
        Accepted _ = post(log, chat, "second");
        end(log, first.started(), "text");
    }

    private void eraseAny(ChatRepository log, UUID chat) {
        List<Message> newest = newest(log, chat);
        if (!newest.isEmpty()) {
            Message any = newest.get(random.nextInt(newest.size()));
            if (!any.content().isEmpty()) {
                Message _ = log.erase(chat, any.id(), any.attempt(), Set.of(0));
            }
        }
    }

    private void retryLast(ChatRepository log, UUID chat) {
        List<Message> newest = newest(log, chat);
        if (!newest.isEmpty() && newest.getFirst().status() == Status.INCOMPLETE) {
            Turn _ = log.retry(chat, newest.getFirst().id(), false);
            Started started = log.start(chat, START).orElseThrow();
            check(log, started);
            end(log, started, "once more");
        }
    }

    private static List<Message> newest(ChatRepository log, UUID chat) {
        return log.messages(chat, new MessageQuery(4, Order.DESC, null)).items();
    }
}

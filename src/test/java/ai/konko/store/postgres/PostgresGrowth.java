package ai.konko.store.postgres;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Post;
import ai.konko.chat.TestLimits;
import ai.konko.chat.WhenBusy;
import com.github.f4b6a3.uuid.factory.standard.TimeOrderedEpochFactory;
import io.agroal.api.AgroalDataSource;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/** What the log in PostgreSQL costs when it is large, as a ratio to what it costs when small. */
public final class GrowthBenchmark {
    private static final int SMALL_CHAT = 10;
    private static final int LARGE_CHAT = 100_000;
    private static final int FEW_CHATS = 100;
    private static final int MANY_CHATS = 1_000_000;
    private static final int TIMES = 2000;
    private static final int ROUNDS = 5;

    private GrowthBenchmark() {}

    public static void run() {
        AgroalDataSource few = filled("few", FEW_CHATS);
        AgroalDataSource many = filled("many", MANY_CHATS);
        ChatRepository inFew = repository(few);
        ChatRepository inMany = repository(many);
        System.out.printf(
                "%n%-34s %10s %10s %6s%n", "us each, best of " + ROUNDS, "small", "large", "ratio");
        compare(
                "list of 20, 100 : 1,000,000 chats",
                inFew,
                inMany,
                log -> log.chats(new ChatQuery(Owner.ANONYMOUS, 20, null, null)));
        compare(
                "search of a rare text",
                inFew,
                inMany,
                log -> log.chats(new ChatQuery(Owner.ANONYMOUS, 20, null, "chat 77 ")));
        UUID small = chat(inMany, many, SMALL_CHAT);
        UUID large = chat(inMany, many, LARGE_CHAT);
        Map<UUID, Integer> middle = Map.of(small, SMALL_CHAT / 2, large, LARGE_CHAT / 2);

        compare(
                "page of 5, 10 : 100,000 messages",
                small,
                large,
                chat -> inMany.messages(chat, new MessageQuery(5, Order.ASC, middle.get(chat))));
        compare(
                "last page of 5",
                small,
                large,
                chat -> inMany.messages(chat, new MessageQuery(5, Order.DESC, null)));
        compare(
                "context of 5 turns",
                small,
                large,
                chat -> inMany.context(chat, Integer.MAX_VALUE, 5));
        compare("summary's counts", small, large, inMany::tally);
        compare("turn", small, large, chat -> turn(inMany, chat));
        few.close();
        many.close();
    }

    private static void turn(ChatRepository log, UUID chat) {
        Post post = new Post("A question.", WhenBusy.ENQUEUE, null, false);
        UUID reply = log.accept(chat, post).turn().reply().id();
        log.start(chat, "m").orElseThrow().turn();
        log.finish(chat, reply, 1, Outcome.ended("An answer.", FinishReason.STOP, null)).id();
    }

    private static <T> void compare(String name, T small, T large, Consumer<T> operation) {
        double[] best = {Double.MAX_VALUE, Double.MAX_VALUE};
        for (int round = 0; round < ROUNDS; round++) {
            best[0] = Math.min(best[0], micros(small, operation));
            best[1] = Math.min(best[1], micros(large, operation));
        }
        System.out.printf("%-34s %10.0f %10.0f %6.2f%n", name, best[0], best[1], best[1] / best[0]);
    }

    private static <T> double micros(T on, Consumer<T> operation) {
        long start = System.nanoTime();
        for (int i = 0; i < TIMES / ROUNDS; i++) {
            operation.accept(on);
        }
        return (System.nanoTime() - start) / 1e3 / (TIMES / ROUNDS);
    }

    private static AgroalDataSource filled(String name, int chats) {
        AgroalDataSource source = TestPostgres.migrated(TestPostgres.newDatabase(name));
        new Database(() -> source, 20, 10)
                .statement(
                        session -> {
                            session.update(
                                    """
                                    insert into chat (id, owner, title, metadata, created_at, updated_at)
                                    select uuidv7(), 'anonymous', 'chat ' || g || ' of many', '{}', now(), now()
                                    from generate_series(1, ?) g
                                    """,
                                    chats);
                            return session.update("vacuum analyze");
                        });
        return source;
    }

    private static UUID chat(ChatRepository repository, AgroalDataSource source, int messages) {
        UUID chat = repository.create(Owner.ANONYMOUS, ai.konko.chat.Settings.NONE).id();
        new Database(() -> source, 20, 10)
                .statement(
                        session -> {
                            session.update(
                                    """
                                    insert into message (chat_id, seq, id, content, status, attempt,
                                        created_at, completed_at)
                                    select ?, g, uuidv7(), 'message ' || g || ' of this chat', 'COMPLETED', 1,
                                        now(), now()
                                    from generate_series(1, ?) g
                                    """,
                                    chat,
                                    messages);
                            session.update(
                                    "update chat set message_count = ? where id = ?",
                                    messages,
                                    chat);
                            return session.update("vacuum analyze message");
                        });
        return chat;
    }

    private static ChatRepository repository(AgroalDataSource source) {
        UUID me = UUID.randomUUID();
        Database database = new Database(() -> source, 20, 10);
        Drafts drafts = new Drafts(me);
        Replica replica =
                new Replica(
                        me, database, drafts, Duration.ofSeconds(10), true, Duration.ofMillis(50));
        replica.renew();
        return new PostgresChatRepository(
                TestLimits.WIDE.withMessagesPerChat(Integer.MAX_VALUE - 2),
                Clock.systemUTC(),
                new TimeOrderedEpochFactory()::create,
                database,
                replica,
                drafts);
    }
}

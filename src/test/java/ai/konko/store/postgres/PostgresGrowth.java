package ai.konko.store.postgres;

import ai.konko.bench.Growth;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.Owner;
import ai.konko.chat.TestLimits;
import io.agroal.api.AgroalDataSource;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/** What the log in PostgreSQL costs when it is large. */
public final class PostgresGrowth implements Growth.Store {
    private final Map<ChatRepository, AgroalDataSource> databases = new HashMap<>();

    private PostgresGrowth() {}

    public static void main(String... none) {
        PostgresGrowth store = new PostgresGrowth();
        new Growth(1_000_000, 100_000, 20, 2000).of("in PostgreSQL", store);
        store.databases.values().forEach(AgroalDataSource::close);
    }

    @Override
    public ChatRepository log(int chats) {
        AgroalDataSource source = filled("growth" + databases.size(), chats);
        ChatRepository log = repository(source);
        databases.put(log, source);
        return log;
    }

    @Override
    public UUID chat(ChatRepository log, int messages) {
        return chat(log, Objects.requireNonNull(databases.get(log)), messages);
    }

    private static AgroalDataSource filled(String name, int chats) {
        AgroalDataSource source = TestPostgres.migrated(TestPostgres.newDatabase(name));
        new Database(() -> source, 20, 10)
                .statement(
                        session -> {
                            int _ = session.update("set statement_timeout = 0");
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
                            int _ = session.update("set statement_timeout = 0");
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
        RunningReplies running = new RunningReplies(me);
        Replica replica =
                new Replica(
                        me,
                        database,
                        running,
                        Duration.ofSeconds(10),
                        true,
                        Duration.ofMillis(50),
                        ReplicaAddress.of(me, null));
        replica.renew();
        return new PostgresChatRepository(
                TestLimits.WIDE.withMessagesPerChat(Integer.MAX_VALUE - 2),
                new GrowingIds(Clock.systemUTC()),
                database,
                replica,
                running);
    }
}

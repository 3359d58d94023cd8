package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Observer;
import ai.konko.chat.ChatRepositoryContract;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.Owner;
import ai.konko.chat.Post;
import ai.konko.chat.SearchConfig.Switch;
import ai.konko.chat.Settings;
import ai.konko.chat.StartOptions;
import ai.konko.chat.TestLimits;
import ai.konko.chat.Turn;
import ai.konko.chat.WhenBusy;
import ai.konko.chat.Writer;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.AgroalDataSource.FlushMode;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PostgresChatRepositoryTest extends ChatRepositoryContract {
    private static final UUID ME = UUID.randomUUID();

    private static String url;
    private static AgroalDataSource source;
    private static Recorded recorded;
    private static Database database;
    private static SearchFiller filler;

    @BeforeAll
    static void connect() {
        url = TestPostgres.newDatabase("contract");
        // So that indexes are used although the tables are small.
        TestPostgres.execute(url, "alter database contract set enable_seqscan = off");
        source = TestPostgres.migrated(url);
        recorded = new Recorded(source);
        AgroalDataSource recording = recorded.source();
        database = new Database(() -> recording, 20, 1000);
        filler = new SearchFiller(database, Switch.ON);
    }

    @AfterAll
    static void disconnect() {
        source.close();
    }

    @Test
    void tables_haveTheirChatFirstInTheirKeys() throws SQLException {
        new NamedChats(url).assertTables();
    }

    /** Comes last, because it reads what all others have run. */
    @Test
    @Order(Integer.MAX_VALUE)
    void statements_nameTheirChat() throws Exception {
        repository(TestLimits.WIDE, Clock.systemUTC());
        runBesideTurns();

        new NamedChats(url).assertStatements(recorded.runs());
    }

    /** What a replica does without being asked, which the contract knows nothing of. */
    private void runBesideTurns() throws InterruptedException {
        RunningReplies running = new RunningReplies(ME);
        Replica replica = replica(ME, running);
        ChatRepository log = log(TestLimits.WIDE, Clock.systemUTC(), replica, running);
        UUID chat = log.create(Owner.ANONYMOUS, Settings.NONE).id();
        Post post = new Post("hello", WhenBusy.ENQUEUE, null, true);
        Turn turn = log.accept(chat, post, new StartOptions("m", 10, 1000)).turn();
        log.draft(chat, turn.reply().id(), 1).text("hi");
        log.observe(new Unobserved());
        replica.flush();
        replica.round();
        replica.handOver();
        UUID other = UUID.randomUUID();
        RunningReplies others = new RunningReplies(other);
        ChatRepository next =
                log(TestLimits.WIDE, Clock.systemUTC(), replica(other, others), others);
        assertThat(next.start(chat, "m")).isPresent();
        ReplicaAddress address = ReplicaAddress.of(ME, null);
        Optional<Writer> writer =
                database.statement(session -> address.writer(session, turn.reply()));
        assertThat(writer).isEmpty();
        takeInFromTheStart(log, chat);
        giveOwnersFromTheStart(log, chat);
        StorageTest.lengthen(database, chat);
        assertThat(next.delete(chat)).hasSize(1);
        database.statement(session -> session.update("insert into unsearched values (?, 3)", chat));
        fillSearch();
        DeletedMessages.removeAll(database);
    }

    /** As after an upgrade from a version whose search had no table. */
    private void takeInFromTheStart(ChatRepository log, UUID chat) {
        database.statement(
                session ->
                        session.update(
                                "update search_progress set next_chat = ?, next_seq = 0",
                                new UUID(0, 0)));
        assertFinds(log, chat);
        fillSearch();
        assertFinds(log, chat);
    }

    /** As after an upgrade from a version whose table did not have the owners. */
    private void giveOwnersFromTheStart(ChatRepository log, UUID chat) {
        database.statement(
                session ->
                        session.update(
                                "update search_progress set unowned_chat = ?, unowned_seq = 0",
                                new UUID(0, 0)));
        database.statement(
                session ->
                        session.update(
                                "update chat set message_count = 100000 where id = ?", chat));
        database.statement(
                session ->
                        session.update(
                                "insert into searched (chat_id, seq, text) values (?, 1, 'hello')",
                                chat));
        assertFinds(log, chat);
        fillSearch();
        assertFinds(log, chat);
    }

    private static void assertFinds(ChatRepository log, UUID chat) {
        assertThat(log.chats(new ChatQuery(Owner.ANONYMOUS, 1, null, "hello")).items()).hasSize(1);
        MessageQuery query = new MessageQuery(9, ChatRepository.Order.ASC, null, "HELLO");
        assertThat(log.messages(chat, query).items()).hasSize(1);
    }

    private static final class Unobserved implements Observer {
        @Override
        public void changed(Predicate<UUID> chats) {}

        @Override
        public void startable(UUID chatId) {}

        @Override
        public void toStop(UUID chatId, UUID replyId, int attempt) {}
    }

    /** Comes last, too. */
    @Test
    @Order(Integer.MAX_VALUE)
    void indexes_areAllUsed() {
        source.flush(FlushMode.ALL); // sessions count when they end
        await().untilAsserted(() -> assertThat(unusedIndexes()).isEmpty());
    }

    private static List<String> unusedIndexes() {
        return database.statement(
                session ->
                        session.list(
                                """
                                select indexrelname from pg_stat_user_indexes
                                where idx_scan = 0 and relname not like '%schema_history'
                                """,
                                row -> row.getString(1)));
    }

    /** Half as many, because each takes a few milliseconds. */
    @Override
    protected int randomSteps() {
        return 1000;
    }

    @Override
    protected void fillSearch() {
        boolean more = filler.fill();
        while (more) {
            more = filler.fill();
        }
    }

    @Override
    protected ChatRepository repository(TestLimits limits, Clock clock) {
        database.statement(
                session ->
                        session.update(
                                """
                                truncate chat, message, attachment, pending, piece, removal, replica, request_key,
                                    usage, searched, unsearched, summary"""));
        RunningReplies running = new RunningReplies(ME);
        return log(limits, clock, replica(ME, running), running);
    }

    private static ChatRepository log(
            TestLimits limits, Clock clock, Replica replica, RunningReplies running) {
        return new PostgresChatRepository(
                limits, new GrowingIds(clock), database, replica, running);
    }

    private static Replica replica(UUID id, RunningReplies running) {
        Replica replica =
                new Replica(
                        id,
                        database,
                        running,
                        Duration.ofSeconds(10),
                        false,
                        Duration.ofMillis(50),
                        ReplicaAddress.of(ME, null));
        replica.renew();
        return replica;
    }
}

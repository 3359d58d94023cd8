package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Message;
import ai.konko.chat.RefusedException;
import io.agroal.api.AgroalDataSource.FlushMode;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What turns do to the tables, as PostgreSQL counts it: see the decision record on storage. */
class StorageTest {
    private static final int CHATS = 20;
    private static final int TURNS = 5;
    private static final int LONG = 2 * DeletedMessages.ROWS;

    /** Changed rows stay in their page, and no index of theirs is touched. */
    @Test
    void turns_changeRowsInPlace() {
        try (TestLog log = TestLog.on(TestPostgres.newDatabase("storage"))) {
            List<UUID> chats = Stream.generate(() -> log.chat("a title")).limit(CHATS).toList();
            for (int i = 0; i < TURNS; i++) {
                chats.forEach(each -> log.post(each, "a question"));
                chats.forEach(each -> log.answer(each, "an answer"));
            }
            log.source.flush(FlushMode.ALL); // sessions count when they end

            await().untilAsserted(
                            () -> {
                                for (String each : List.of("chat", "usage", "pending", "replica")) {
                                    assertThat(moved(log, each)).as(each).isLessThanOrEqualTo(5);
                                }
                                assertThat(updated(log, "chat")).isGreaterThan(CHATS * TURNS);
                            });
        }
    }

    @Test
    void deletionOfALongChat_answersFirstAndRemovesThen() throws Exception {
        String url = TestPostgres.newDatabase("deletion");
        try (TestLog log = TestLog.on(url)) {
            UUID chat = log.chat("a title");
            UUID other = log.chat("another");
            Message message = log.post(chat, "a question").message();
            log.post(other, "a question");
            lengthen(log.database, chat);
            TestPostgres.execute(
                    url,
                    "alter table message alter column content set storage external",
                    "update message set content = repeat('x', 6000000) where seq in (3, 4, 5)");

            assertThat(log.repository.delete(chat)).hasSize(1);

            assertThat(messages(log)).isEqualTo(LONG + 4);
            assertGone(() -> log.messages(chat));
            assertGone(() -> log.repository.message(chat, message.id()));
            assertGone(() -> log.repository.context(chat, 5, 5, Long.MAX_VALUE));
            assertGone(() -> log.repository.recall(chat, 5, 5, Long.MAX_VALUE));
            assertThat(log.search("a question")).containsExactly(other);

            assertThat(log.database.transaction(DeletedMessages::removeSome)).isTrue();
            assertThat(messages(log)).as("without 12 MB").isEqualTo(LONG);
            assertSearchForgets(log, chat);

            assertThat(messages(log)).isEqualTo(2);
            assertThat(log.messages(other)).hasSize(2);
        }
    }

    /** Although its messages are there, and also if some of it has come in beside the deletion. */
    private static void assertSearchForgets(TestLog log, UUID chat) throws InterruptedException {
        log.database.transaction(
                session -> {
                    SearchRows.beginAnew(session);
                    return session.update("insert into unsearched values (?, 7)", chat);
                });
        log.fill();
        assertThat(log.count("searched")).isZero();
        assertThat(log.count("unsearched")).as("the other one's reply runs").isOne();
        log.database.statement(
                session -> session.update("insert into searched values (?, 9, 'late')", chat));

        DeletedMessages.removeAll(log.database);

        assertThat(log.count("searched")).isZero();
    }

    /** The connection does not give up before the server does. */
    @Test
    void slowStatements_haveTheirConnectionWait() {
        try (TestLog log = TestLog.on(TestPostgres.newDatabase("slow"))) {
            log.database.transaction(
                    session -> {
                        session.connection().setNetworkTimeout(Runnable::run, 8000);
                        int slow = session.slowly(each -> each.connection().getNetworkTimeout());
                        assertThat(slow).isEqualTo(130_000);
                        assertThat(session.connection().getNetworkTimeout()).isEqualTo(8000);
                        return slow;
                    });
        }
    }

    /** Adds old turns to a chat, so that it is a long one. */
    static void lengthen(Database database, UUID chat) {
        database.statement(
                session -> {
                    session.update(
                            """
                            insert into message (chat_id, seq, id, content, status, attempt, created_at, completed_at)
                            select ?, g, gen_random_uuid(), 'a question', 'COMPLETED', 1, now(), now()
                            from generate_series(3, ?) g
                            """,
                            chat,
                            LONG + 2);
                    return session.update(
                            "update chat set message_count = ? where id = ?", LONG + 2, chat);
                });
    }

    private static int messages(TestLog log) {
        return log.database.statement(
                session ->
                        session.first("select count(*) from message", row -> row.getInt(1))
                                .orElseThrow());
    }

    private static void assertGone(ThrowingCallable work) {
        assertThatThrownBy(work)
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CHAT_NOT_FOUND));
    }

    /** In percent. */
    private static int moved(TestLog log, String table) {
        return number(
                log,
                "select 100 * (n_tup_upd - n_tup_hot_upd) / greatest(n_tup_upd, 1) from pg_stat_user_tables where relname = ?",
                table);
    }

    private static int updated(TestLog log, String table) {
        return number(log, "select n_tup_upd from pg_stat_user_tables where relname = ?", table);
    }

    private static int number(TestLog log, String sql, String table) {
        return log.database.statement(
                session -> session.first(sql, row -> row.getInt(1), table).orElseThrow());
    }
}

package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ai.konko.chat.Attachment;
import ai.konko.chat.Chat;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.Item;
import ai.konko.chat.Message;
import ai.konko.chat.Post;
import ai.konko.chat.Status;
import ai.konko.chat.Usage;
import ai.konko.chat.WhenBusy;
import io.agroal.api.AgroalDataSource;
import io.quarkus.runtime.configuration.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The tables are made in databases that others have used before, and by roles that may do little.
 */
class SchemaTest {
    private static final UUID CHAT = UUID.fromString("01a20b86-8c89-7414-9000-000000000000");

    private static final UUID LONG = UUID.fromString("01a20b86-8c89-7414-9000-000000000001");

    private static final String DATA_OF_VERSION_5 =
            """
            insert into chat (id, owner, title, metadata, message_count, last_id, input_tokens, output_tokens,
                highlights, created_at, updated_at)
            values ('%1$s', 'anonymous', 'a chat', '{"k":"v"}', 6, '%1$s', 3, 4,
                '{"points":[],"asked":5,"by":"MODEL","through":2}', now(), now());
            insert into message (chat_id, seq, id, content, status, attempt, created_at, completed_at, model,
                finish_reason, input_tokens, output_tokens, options)
            select '%1$s', s.seq, ('01a20b86-8c89-7414-9000-00000000000' || s.seq)::uuid, s.content, s.status, 1,
                now(), case when s.status is not null then now() end, s.model, s.reason, s.input, s.output, s.options::json
            from (values
                (1, 'hello', 'COMPLETED', null, null, null::bigint, null::bigint, null),
                (2, 'hi', 'COMPLETED', 'm', 'STOP', 3, 4, '{"parameters":{"seed":7}}'),
                (3, 'only said', 'COMPLETED', null, null, null, null, null),
                (4, '', 'INCOMPLETE', null, 'CANCELLED', null, null, '{"unanswered":true}'),
                (5, 'go on', 'COMPLETED', null, null, null, null, null),
                (6, '', null, null, null, null, null, null))
                as s (seq, content, status, model, reason, input, output, options);
            insert into pending (chat_id, seq, reply_id, attempt, streamed, model, run, owner, since)
            values ('%1$s', 6, '01a20b86-8c89-7414-9000-000000000006', 1, true, 'm', 1, null, now());
            insert into piece (chat_id, seq, run, start, text) values ('%1$s', 6, 1, 0, 'so f');
            """
                    .formatted(CHAT);

    private String url;

    @BeforeEach
    void aDatabase() {
        url = TestPostgres.newDatabase("used");
    }

    private static List<String> histories(TestLog log) {
        return log.database.statement(
                session ->
                        session.list(
                                """
                                select relname from pg_class
                                where relkind = 'r' and relname like '%schema_history' order by 1
                                """,
                                row -> row.getString(1)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"public", "extensions", "\"Odd Name\""})
    void trigramsInAnotherSchema_areFound(String schema) {
        TestPostgres.execute(
                url,
                "create schema if not exists " + schema,
                "create extension pg_trgm schema " + schema,
                "create schema konko");

        try (TestLog log = TestLog.on(url + "?currentSchema=konko")) {
            log.assertWorks();
        }
    }

    @Test
    void searchPathOfTheDatabase_isFollowed() {
        TestPostgres.execute(
                url, "create schema mine", "alter database used set search_path = nowhere, mine");

        try (TestLog log = TestLog.on(url)) {
            log.assertWorks();
            assertThat(
                            log.database.<String>statement(
                                    session ->
                                            session.first(
                                                            "select schemaname from pg_tables where"
                                                                    + " tablename = 'pending'",
                                                            row -> row.getString(1))
                                                    .orElseThrow()))
                    .isEqualTo("mine");
        }
    }

    @Test
    void searchPathWithoutASchema_isRefusedWithAReason() {
        TestPostgres.execute(url, "alter database used set search_path = nowhere");

        assertThatThrownBy(() -> TestLog.on(url))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("currentSchema");
    }

    @Test
    void tablesOfOthers_stayBesideOurs() {
        TestPostgres.execute(
                url, "create table customer (id int)", "insert into customer values (1)");

        try (TestLog log = TestLog.on(url)) {
            log.assertWorks();
            assertThat(histories(log)).containsExactly("konko_schema_history");
            assertThat(
                            log.database.<Integer>statement(
                                    session ->
                                            session.first(
                                                            "select id from customer",
                                                            row -> row.getInt(1))
                                                    .orElseThrow()))
                    .isEqualTo(1);
        }
    }

    @Test
    void othersWhoUseFlywayToo_keepTheirHistory() {
        TestPostgres.execute(
                url,
                """
                create table flyway_schema_history (installed_rank int primary key, version text,
                    description text, type text, script text, checksum int, installed_by text,
                    installed_on timestamp default now(), execution_time int, success boolean)
                """,
                "insert into flyway_schema_history values (1, '1', 'init', 'SQL', 'V1__init.sql',"
                        + " 42, 'x', now(), 1, true)");

        try (TestLog log = TestLog.on(url)) {
            log.assertWorks();
        }
        try (TestLog again = TestLog.on(url)) {
            again.assertWorks();
            assertThat(histories(again))
                    .containsExactly("flyway_schema_history", "konko_schema_history");
        }
    }

    @Test
    void databaseOfAnEarlierVersion_isBroughtUpToDate() {
        try (AgroalDataSource source =
                TestPostgres.source(url, TestPostgres.user(), TestPostgres.password())) {
            assertThat(Flyway.configure().dataSource(source).target("3").load().migrate().success)
                    .isTrue();
        }
        TestPostgres.execute(
                url,
                """
                insert into chat (id, owner, title, metadata, message_count, created_at, updated_at)
                values ('01a20b86-8c89-7414-9000-000000000000', 'anonymous', 'ÄLTER', '{}', 0, now(), now())
                """);

        try (TestLog log = TestLog.on(url)) {
            assertThat(log.search("älter"))
                    .extracting(Object::toString)
                    .containsExactly("01a20b86-8c89-7414-9000-000000000000");
            log.assertWorks();
            assertThat(histories(log)).containsExactly("flyway_schema_history");
        }
    }

    /** The version before messages had items. */
    @Test
    void databaseOfTheVersionBefore_isReadAndGoesOn() {
        try (AgroalDataSource source =
                TestPostgres.source(url, TestPostgres.user(), TestPostgres.password())) {
            assertThat(Flyway.configure().dataSource(source).target("5").load().migrate().success)
                    .isTrue();
        }
        TestPostgres.execute(url, DATA_OF_VERSION_5);

        try (TestLog log = TestLog.on(url)) {
            List<Message> messages = log.messages(CHAT);
            assertThat(messages)
                    .extracting(Message::content)
                    .containsExactly("hello", "hi", "only said", "", "go on", "so f");
            assertThat(messages).allMatch(each -> each.items().isEmpty());
            assertThat(messages.get(1).usage()).isEqualTo(new Usage(3, 4));
            assertThat(messages.get(1).options()).isNotNull();
            assertThat(messages.get(3).unanswered()).isTrue();
            assertThat(messages.get(5).status()).isEqualTo(Status.IN_PROGRESS);
            Chat chat = log.repository.chat(CHAT);
            assertThat(chat.settings().metadata()).containsExactly(Map.entry("k", "v"));
            assertThat(chat.settings().parameters()).isEmpty();
            assertThat(chat.waiting()).isFalse();
            assertThat(chat.usage()).isEqualTo(new Usage(3, 4));
            assertThat(log.repository.highlights(CHAT)).isPresent();
            assertThat(log.repository.callIds(CHAT)).isEmpty();
            assertThat(log.repository.recall(CHAT, 5, 10, 1000))
                    .extracting(ContextTurn::message)
                    .containsExactly("hello", "only said");

            assertThat(log.answer(CHAT, "so far so good").seq()).isEqualTo(6);
            assertThat(log.repository.context(CHAT, 7, 10, 1000)).hasSize(3);
            assertThat(log.search("FAR SO")).containsExactly(CHAT);
            log.assertWorks();
        }
    }

    /** The version before chats kept attachments. */
    @Test
    void databaseWithImagesByUrl_isReadAndTakesAttachments() {
        try (AgroalDataSource source =
                TestPostgres.source(url, TestPostgres.user(), TestPostgres.password())) {
            assertThat(Flyway.configure().dataSource(source).target("7").load().migrate().success)
                    .isTrue();
        }
        TestPostgres.execute(url, DATA_OF_VERSION_5);
        TestPostgres.execute(
                url,
                """
                update message set items = '[{"type":"image","offset":5,"url":"https://x/y"}]' where seq = 1
                """);

        try (TestLog log = TestLog.on(url)) {
            assertThat(log.messages(CHAT).getFirst().items())
                    .containsExactly(new Item.Image(5, "https://x/y"));
            Attachment file = Attachment.of("text/plain", "name", new byte[] {1});
            log.repository.accept(
                    CHAT,
                    new Post(
                                    "",
                                    List.of(new Item.File(0, file.as())),
                                    WhenBusy.ENQUEUE,
                                    null,
                                    false,
                                    null,
                                    List.of(),
                                    null)
                            .with(List.of(file)));
            assertThat(log.repository.attachment(CHAT, file.as().id()).bytes()).containsExactly(1);
            assertThat(attachments(log)).isOne();

            log.repository.delete(CHAT);

            assertThat(attachments(log)).isZero();
        }
    }

    /**
     * The version before the search had a table of its own; its index stays until that is filled.
     */
    @Test
    void databaseOfManyMessages_isSearchedAtOnceAndTakenInLittleByLittle() {
        try (AgroalDataSource source =
                TestPostgres.source(url, TestPostgres.user(), TestPostgres.password())) {
            assertThat(Flyway.configure().dataSource(source).target("9").load().migrate().success)
                    .isTrue();
        }
        TestPostgres.execute(url, DATA_OF_VERSION_5);
        TestPostgres.execute(
                url,
                """
                insert into chat (id, owner, metadata, message_count, created_at, updated_at)
                values ('%1$s', 'anonymous', '{}', 1000, now(), now());
                insert into message (chat_id, seq, id, content, status, attempt, created_at, completed_at)
                select '%1$s', g, gen_random_uuid(), 'the Number ' || g || ' İs', 'COMPLETED', 1, now(), now()
                from generate_series(1, 1000) g;
                """
                        .formatted(LONG));

        try (TestLog log = TestLog.on(url)) {
            assertThat(log.search("number 777 IS")).containsExactly(LONG);
            assertThat(log.search("Only Said")).containsExactly(CHAT);
            assertThat(log.count("searched")).isZero();
            log.fillOnce();
            log.fillOnce();
            assertThat(log.count("searched")).isBetween(1, SearchRows.BATCH);
            assertThat(log.search("number 777 IS")).containsExactly(LONG);
            assertThat(log.search("number 7 IS")).containsExactly(LONG);

            log.fill();

            assertThat(log.count("searched")).isEqualTo(502);
            assertThat(log.count("unsearched")).as("the reply that runs").isOne();
            assertThat(log.count("pg_class where relname = 'message_text'")).isZero();
            assertThat(log.search("number 777 IS")).containsExactly(LONG);
            assertThat(log.search("Only Said")).containsExactly(CHAT);
            assertThat(log.search("GO ON")).containsExactly(CHAT);
            log.assertWorks();
        }
    }

    /** It has locked its chat, and is about to write its message. */
    @Test
    void turnDuringTheUpgrade_goesFirst() throws Exception {
        try (AgroalDataSource source =
                        TestPostgres.source(url, TestPostgres.user(), TestPostgres.password());
                Connection turn = source.getConnection();
                Statement statement = turn.createStatement()) {
            assertThat(Flyway.configure().dataSource(source).target("9").load().migrate().success)
                    .isTrue();
            TestPostgres.execute(url, DATA_OF_VERSION_5);
            turn.setAutoCommit(false);
            statement.execute("select 1 from chat for no key update");

            CompletableFuture<Boolean> upgrade =
                    CompletableFuture.supplyAsync(
                            () -> Flyway.configure().dataSource(source).load().migrate().success,
                            Thread::startVirtualThread); // others may hold all shared threads
            await().until(
                            () -> {
                                statement.execute("select 1 from pg_locks where not granted");
                                return statement.getResultSet().next();
                            });
            statement.execute("update message set content = 'now' where seq = 1");
            turn.commit();

            assertThat(upgrade.join()).isTrue();
            try (Connection upgraded = source.getConnection();
                    Statement show = upgraded.createStatement();
                    ResultSet bound = show.executeQuery("show lock_timeout")) {
                assertThat(bound.next()).isTrue();
                assertThat(bound.getString(1)).isEqualTo("0");
            }
        }
    }

    /**
     * An index on a large log takes longer than the time in which a server has to say something.
     */
    @Test
    void stepThatTakesLong_isNotBrokenOff() throws Exception {
        try (AgroalDataSource source =
                        TestPostgres.source(url, TestPostgres.user(), TestPostgres.password());
                Connection holder = source.getConnection();
                Statement statement = holder.createStatement()) {
            assertThat(Flyway.configure().dataSource(source).target("3").load().migrate().success)
                    .isTrue();
            holder.setAutoCommit(false);
            statement.execute("lock table message");

            CompletableFuture<TestLog> upgrade =
                    CompletableFuture.supplyAsync(
                            () -> TestLog.on(url + "?socketTimeout=1"), Thread::startVirtualThread);
            await().until(
                            () -> {
                                statement.execute("select pg_stat_clear_snapshot()");
                                statement.execute(
                                        """
                                        select 1 from pg_stat_activity where wait_event_type = 'Lock'
                                            and clock_timestamp() - query_start > interval '1.5 s'
                                        """);
                                return upgrade.isDone() || statement.getResultSet().next();
                            });
            holder.commit();

            try (TestLog log = upgrade.join()) {
                log.assertWorks();
            }
        }
    }

    /** Because turns wait behind an upgrade that waits. */
    @Test
    void upgrades_waitForLocksForAShortTimeOnly() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/main/resources/db/migration"))) {
            for (Path each : files.toList()) {
                String name = each.getFileName().toString();
                if (Integer.parseInt(name.substring(1, name.indexOf("__"))) > 9) {
                    assertThat(
                                    Files.readString(each)
                                            .lines()
                                            .filter(line -> !line.startsWith("--")))
                            .as(name)
                            .first()
                            .asString()
                            .startsWith("set local lock_timeout = '3s';");
                }
            }
        }
    }

    private static int attachments(TestLog log) {
        return log.database.statement(
                session ->
                        session.first("select count(*) from attachment", row -> row.getInt(1))
                                .orElseThrow());
    }

    @Test
    void roleThatMayNotMakeExtensions_usesTheOneThatIsThere() {
        TestPostgres.execute(
                url,
                "drop role if exists modest",
                "create role modest login password 'modest'",
                "create extension pg_trgm",
                "grant all on schema public to modest");

        try (TestLog log = TestLog.as("modest", "modest", url)) {
            log.assertWorks();
        }
    }

    @Test
    void roleThatMayNotMakeTheExtensionThatIsMissing_isToldSo() {
        TestPostgres.execute(
                url,
                "drop role if exists modest",
                "create role modest login password 'modest'",
                "grant all on schema public to modest");

        assertThatThrownBy(() -> TestLog.as("modest", "modest", url))
                .isInstanceOf(FlywayException.class)
                .hasMessageContaining("pg_trgm");
    }
}

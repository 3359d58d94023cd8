package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.Accepted;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.ChatRepository.CompletionQuery;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.FinishReason;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.NewChat;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Post;
import ai.konko.chat.SearchConfig.Switch;
import ai.konko.chat.Settings;
import ai.konko.chat.StartOptions;
import ai.konko.chat.TestLimits;
import ai.konko.chat.Turn;
import ai.konko.chat.WhenBusy;
import io.agroal.api.AgroalDataSource;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What PostgreSQL says (by EXPLAIN ANALYZE) of the statements that are run again and again, in a
 * chat of 100,000 messages and among 20,000 chats: they use an index, and read no more rows than
 * they would of few.
 */
class QueryPlanTest {
    private static final int MESSAGES = 100_000;
    private static final int CHATS = 20_000;

    /** More than any page, and far less than all. */
    private static final int FEW_ROWS = 250;

    private static final Pattern ROWS =
            Pattern.compile("actual (?:time=\\S+ )?rows=(\\d+)(?:\\.\\d+)? loops=(\\d+)");
    private static final UUID CHAT = UUID.fromString("01a20b86-8c89-7414-9000-000000000000");

    /** Six messages of eight million characters. */
    private static final UUID LONG = UUID.fromString("01a20b86-8c89-7414-9000-000000000001");

    private static AgroalDataSource source;
    private static Explained explained;
    private static ChatRepository repository;

    @BeforeAll
    static void fill() {
        source = TestPostgres.migrated(TestPostgres.newDatabase("plans"));
        explained = new Explained(source);
        Database database = new Database(() -> source, 20, 100);
        database.statement(
                session -> {
                    int _ = session.update("set statement_timeout = '5min'"); // for so many rows
                    session.update(
                            """
                            insert into chat (id, owner, title, metadata, message_count, created_at, updated_at)
                            select case when g = 0 then ?::uuid else gen_random_uuid() end,
                                case when g = 0 or g % 2 = 1 then 'anonymous' else 'other' end, 'chat ' || g, '{}', case when g = 0 then ? else 0 end, now(), now()
                            from generate_series(0, ?) g
                            """,
                            CHAT, MESSAGES, CHATS);
                    session.update(
                            """
                            insert into message (chat_id, seq, id, content, status, attempt, created_at, completed_at)
                            select ?, g, gen_random_uuid(), 'message number ' || g, 'COMPLETED', 1, now(), now()
                            from generate_series(1, ?) g
                            """,
                            CHAT,
                            MESSAGES);
                    session.update(
                            """
                            insert into message (chat_id, seq, id, content, status, attempt, created_at, completed_at)
                            select ?, g, gen_random_uuid(), repeat(' ', 8000000), 'COMPLETED', 1, now(), now()
                            from generate_series(1, 6) g
                            """,
                            LONG);
                    session.update(
                            """
                            insert into chat (id, owner, metadata, message_count, created_at, updated_at)
                            values (?, 'other', '{}', 6, now(), now())
                            """,
                            LONG);
                    return session.update("analyze");
                });
        SearchFiller filler = new SearchFiller(database, Switch.ON);
        boolean more = filler.fill();
        while (more) {
            more = filler.fill();
        }
        int _ =
                database.statement(
                        session -> session.update("vacuum analyze searched, unsearched"));
        AgroalDataSource sameButExplained = explained.source();
        Database explaining = new Database(() -> sameButExplained, 20, 100);
        UUID me = UUID.randomUUID();
        RunningReplies running = new RunningReplies(me);
        Replica replica =
                new Replica(
                        me,
                        explaining,
                        running,
                        Duration.ofSeconds(10),
                        true,
                        Duration.ofMillis(50),
                        ReplicaAddress.of(me, null));
        replica.renew();
        repository =
                new PostgresChatRepository(
                        TestLimits.WIDE.withMessagesPerChat(2 * MESSAGES),
                        new GrowingIds(Clock.systemUTC()),
                        explaining,
                        replica,
                        running);
    }

    @AfterAll
    static void disconnect() {
        source.close();
    }

    @BeforeEach
    void noPlansYet() {
        explained.plans().clear();
    }

    @Test
    void page_readsItsOwnRows() {
        assertThat(
                        repository
                                .messages(CHAT, new MessageQuery(100, Order.ASC, MESSAGES / 2))
                                .items())
                .hasSize(100);
        assertThat(repository.messages(CHAT, new MessageQuery(100, Order.DESC, null)).items())
                .hasSize(100);

        assertPlans("message_pkey");
    }

    @Test
    void context_readsItsOwnTurns() {
        assertThat(repository.context(CHAT, MESSAGES, 20, Long.MAX_VALUE)).hasSize(20);

        assertPlans("message_context", "message_pkey");
    }

    @Test
    void page_ofLongMessages_readsFew() {
        assertThat(repository.messages(LONG, new MessageQuery(100, Order.ASC, null)).items())
                .hasSize(1);
        assertThat(repository.messages(LONG, new MessageQuery(100, Order.DESC, null)).items())
                .hasSize(1);

        assertThat(explained.plans())
                .hasSize(2)
                .allSatisfy(plan -> assertThat(rows(plan)).isEqualTo(3));
    }

    @Test
    void context_ofLongReplies_readsTheNewest() {
        assertThat(repository.context(LONG, Integer.MAX_VALUE, 20, 1_000_000)).hasSize(1);

        assertThat(rows(explained.plans().getFirst())).isEqualTo(2);
    }

    /** The rows that a plan returns. */
    private static int rows(String plan) {
        Matcher rows = ROWS.matcher(plan);
        assertThat(rows.find()).isTrue();
        return Integer.parseInt(rows.group(1));
    }

    @Test
    void message_isFoundByItsId() {
        UUID id =
                repository
                        .messages(CHAT, new MessageQuery(1, Order.ASC, MESSAGES / 3))
                        .items()
                        .getFirst()
                        .id();
        explained.plans().clear();

        assertThat(repository.message(CHAT, id).seq()).isEqualTo(MESSAGES / 3 + 1);

        assertPlans("message_id");
    }

    @Test
    void turn_costsTheSameHoweverLongTheChat() {
        Post post = new Post("hello", WhenBusy.ENQUEUE, "key-" + UUID.randomUUID(), false);
        StartOptions start = new StartOptions("m", 20, 100_000);

        Accepted accepted = repository.accept(CHAT, post, start);
        assertThat(accepted.started()).isNotNull();
        Outcome end = Outcome.ended("hi", FinishReason.STOP, null);
        repository.finish(CHAT, accepted.turn().reply().id(), 1, end, start);

        assertThat(explained.plans()).hasSize(11);
        assertThat(repository.accept(CHAT, post).repeated()).isTrue();
        assertPlans("message_key", "message_pkey", "message_context", "chat_pkey");
    }

    @Test
    void callIds_readsNoOtherReplies() {
        assertThat(repository.callIds(CHAT)).isEmpty();

        assertPlans("message_calls");
    }

    @Test
    void messageCounts_readsNoMoreThanItsEnds() {
        assertThat(repository.messageCounts(CHAT).answeredThrough())
                .isGreaterThanOrEqualTo(MESSAGES);

        assertPlans("message_context");
    }

    @Test
    void list_readsItsOwnRowsWhereverItIs() {
        List<UUID> first =
                repository.chats(new ChatQuery(Owner.ANONYMOUS, 100, null, null)).items().stream()
                        .map(chat -> chat.id())
                        .toList();
        assertThat(
                        repository
                                .chats(new ChatQuery(Owner.ANONYMOUS, 100, first.getLast(), null))
                                .items())
                .hasSize(100);

        assertPlans("chat_owner");
    }

    @Test
    void completions_readNoOtherChats() {
        for (int i = 0; i < 3; i++) {
            UUID made =
                    repository
                            .create(new NewChat(Owner.ANONYMOUS, Settings.NONE, 2, null), List.of())
                            .id();
            Turn turn =
                    repository.accept(made, new Post("a", WhenBusy.ENQUEUE, null, false)).turn();
            repository.start(made, "m");
            repository.finish(
                    made, turn.reply().id(), 1, Outcome.ended("b", FinishReason.STOP, null));
        }
        explained.plans().clear();

        for (Order order : Order.values()) {
            CompletionQuery query =
                    new CompletionQuery(Owner.ANONYMOUS, 100, order, null, "m", Map.of());
            assertThat(repository.completions(query).items()).hasSize(3);
        }

        assertPlans("chat_completion");
    }

    @Test
    void search_ofARareText_usesTheTrigrams() {
        assertThat(
                        repository
                                .chats(new ChatQuery(Owner.ANONYMOUS, 100, null, "NUMBER 77777"))
                                .items())
                .hasSize(1);
        assertThat(repository.chats(new ChatQuery(Owner.ANONYMOUS, 100, null, "chat 7777")).items())
                .extracting(chat -> chat.settings().title())
                .containsExactly("chat 7777");

        assertPlans("searched_owner", "chat_title", "unsearched", "message_pkey");
    }

    @Test
    void searchInAChat_readsItsTurnsByTheirKey() {
        for (Order order : Order.values()) {
            assertThat(
                            repository
                                    .messages(
                                            CHAT, new MessageQuery(100, order, null, "NUMBER 777"))
                                    .items())
                    .hasSize(100);
        }

        assertPlans("searched_pkey", "message_pkey");
    }

    private static void assertPlans(String... indexes) {
        assertThat(explained.plans()).isNotEmpty();
        String all = String.join("\n", explained.plans());
        assertThat(all).contains(indexes);
        assertThat(all).doesNotContain("Seq Scan on message", "Seq Scan on chat");
        Matcher rows = ROWS.matcher(all);
        assertThat(rows.find()).isTrue();
        rows.reset()
                .results()
                .forEach(
                        each ->
                                assertThat(
                                                Integer.parseInt(each.group(1))
                                                        * Integer.parseInt(each.group(2)))
                                        .as(all)
                                        .isLessThan(FEW_ROWS));
    }
}

package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.Owner;
import ai.konko.chat.Page;
import io.agroal.api.AgroalDataSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * An owner with more chats than are looked through one by one, among those of others: its chats are
 * found period by period.
 */
@Timeout(60)
class SearchByOwnerTest {
    private static final int CHATS = 600;
    private static final Owner MINE = new Owner("mine");
    private static final Owner OTHER = new Owner("other");

    /** Of two days each, so some are in one period. */
    private static final String OVER_YEARS =
            "(lpad(to_hex(1600000000000 + g * 172800000::bigint), 12, '0') || '7000800000000000' || lpad(to_hex(g), 4, '0'))::uuid";

    /** As ids are that do not begin with the time, in the same order. */
    private static final String OVER_ALL_IDS =
            "(lpad(to_hex(g * 7000000::bigint), 8, '0') || '000070008000000000000000')::uuid";

    private String url;
    private TestLog log;

    @BeforeEach
    void aLog() {
        url = TestPostgres.newDatabase("owners");
        log = TestLog.on(url);
    }

    @AfterEach
    void close() {
        log.close();
    }

    /** Chats of one turn; every second one is the other owner's. */
    private void write(String id) {
        TestPostgres.execute(
                url,
                """
            insert into chat (id, owner, title, metadata, message_count, created_at, updated_at)
            select %1$s, case when g %% 2 = 0 then 'mine' else 'other' end, 'title' || g || 'e', '{}', 2, now(), now()
            from generate_series(0, %2$d) g;
            insert into message (chat_id, seq, id, content, status, attempt, created_at, completed_at)
            select c.id, s, gen_random_uuid(), case s when 1 then 'said' else 'word' || w || ' in' || w %% 10 || ' 日' || w %% 100 end,
                'COMPLETED', 1, now(), now()
            from chat c cross join lateral (select substr(c.title, 6, length(c.title) - 6)::int / 2) as n (w)
            cross join generate_series(1, 2) s;
            """
                        .formatted(id, CHATS - 1));
    }

    /** The numbers of the chats of the owner that are found, by pages. */
    private List<Integer> search(Owner owner, String text, int limit) {
        List<Integer> found = new ArrayList<>();
        UUID before = null;
        boolean more = true;
        while (more) {
            Page<Chat> page = log.repository.chats(new ChatQuery(owner, limit, before, text));
            page.items().forEach(each -> found.add(number(each)));
            more = page.more();
            before = more ? page.items().getLast().id() : null;
        }
        return found;
    }

    private static int number(Chat chat) {
        return Integer.parseInt(chat.settings().title().replaceAll("\\D", "")) / 2;
    }

    private static List<Integer> every(int step, int from) {
        return IntStream.iterate(CHATS / 2 - step + from, i -> i >= 0, i -> i - step)
                .boxed()
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"true, 3", "true, 50", "true, 100", "false, 7", "false, 100"})
    void search_findsAllOfAnOwner_newestFirst(boolean overYears, int limit) {
        write(overYears ? OVER_YEARS : OVER_ALL_IDS);
        log.fill();

        for (Owner owner : List.of(MINE, OTHER)) {
            assertThat(search(owner, "SAID", limit)).isEqualTo(every(1, 0));
            assertThat(search(owner, "in3", limit)).isEqualTo(every(10, 3));
            assertThat(search(owner, "日7", limit))
                    .as("too short for a trigram")
                    .isEqualTo(
                            IntStream.iterate(CHATS / 2 - 1, i -> i >= 0, i -> i - 1)
                                    .filter(i -> i % 100 == 7 || i % 100 / 10 == 7)
                                    .boxed()
                                    .toList());
            assertThat(search(owner, "word17 ", limit)).containsExactly(17);
            assertThat(search(owner, "word300", limit)).isEmpty();
        }
        assertThat(search(MINE, "title20e", limit)).containsExactly(10);
        assertThat(search(OTHER, "title20e", limit)).isEmpty();
    }

    @Test
    void turnThatIsNotTakenIn_isFoundAmongTheOthers() {
        write(OVER_YEARS);
        log.fill();
        TestPostgres.execute(
                url,
                """
                update message m set content = 'word299 in an old chat' from chat c
                where c.id = m.chat_id and m.seq = 2 and c.title = 'title20e'
                """);

        assertThat(search(MINE, "word299", 100)).containsExactly(299, 10);
        log.fill();
        assertThat(search(MINE, "word299", 100)).containsExactly(299, 10);
    }

    /** The version before had no owners in the table that is searched. */
    @Test
    void rowsOfBefore_areFoundAtOnce_andGivenTheirOwnersLittleByLittle() {
        log.close();
        url = TestPostgres.newDatabase("before");
        try (AgroalDataSource source =
                TestPostgres.source(url, TestPostgres.user(), TestPostgres.password())) {
            assertThat(Flyway.configure().dataSource(source).target("14").load().migrate().success)
                    .isTrue();
        }
        write(OVER_YEARS);
        TestPostgres.execute(
                url,
                """
                with t as (delete from unsearched returning *)
                insert into searched select m.chat_id, 1, string_agg(konko_folded(m.content), chr(894) order by m.seq)
                from t join message m using (chat_id) group by 1
                """);

        log = TestLog.on(url);

        assertThat(log.count("searched where owner is null")).isEqualTo(CHATS);
        assertFindsAll();
        boolean _ = log.fillOnce();
        assertThat(log.count("searched where owner is null")).isEqualTo(CHATS - SearchRows.BATCH);
        assertFindsAll();

        log.fill();

        assertThat(log.count("searched where owner is null")).isZero();
        assertThat(log.count("pg_class where relname = 'searched_text'")).isZero();
        assertThat(log.count("search_progress where unowned_chat is null")).isOne();
        assertFindsAll();
    }

    private void assertFindsAll() {
        assertThat(search(MINE, "in3", 10)).isEqualTo(every(10, 3));
        assertThat(search(OTHER, "word17 ", 10)).containsExactly(17);
    }
}

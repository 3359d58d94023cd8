package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Message;
import ai.konko.chat.RefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The store when its server crashes, freezes, or refuses. */
class DatabaseTest {
    /** As many as there are connections for what is not urgent. */
    private static final int SOME = 8;

    private String url;
    private TestLog log;

    @BeforeEach
    void aLog() {
        url = TestPostgres.newDatabase("troubled");
        log = TestLog.on(url);
    }

    @AfterEach
    void disconnect() {
        log.close();
    }

    /** The next writes of a chat's row fail with this state. */
    private void refuse(int times, String state) {
        TestPostgres.execute(
                url,
                "create sequence refusals",
                """
                    create or replace function refuse() returns trigger language plpgsql as $$
                    begin
                        if nextval('refusals') <= %d then
                            raise exception 'no' using errcode = '%s';
                        end if;
                        return new;
                    end
                    $$
                    """
                        .formatted(times, state),
                "create trigger refuse before insert or update on chat for each row execute"
                        + " function refuse()");
    }

    private void cutAll() {
        TestPostgres.execute(
                url,
                """
                select pg_terminate_backend(pid, 10000) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()
                """);
    }

    /** Several connections are there and idle after that. */
    private void useConnections() throws Exception {
        CyclicBarrier all = new CyclicBarrier(SOME);
        try (ExecutorService threads = Executors.newFixedThreadPool(SOME)) {
            List<Future<Integer>> uses = new ArrayList<>();
            for (int i = 0; i < SOME; i++) {
                uses.add(
                        threads.submit(
                                () ->
                                        log.database.statement(
                                                session -> {
                                                    meet(all);
                                                    return session.list("select 1", _ -> 1).size();
                                                })));
            }
            for (Future<Integer> each : uses) {
                assertThat(each.get()).isEqualTo(1);
            }
        }
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            int _ = barrier.await();
        } catch (Exception broken) {
            throw new IllegalStateException(broken);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"40001", "40P01"})
    void conflict_thatPasses_isRunAgain(String state) {
        UUID chat = log.chat("x");
        refuse(4, state);

        assertThat(log.post(chat, "hello").reply().seq()).isEqualTo(2);

        assertThat(log.messages(chat)).extracting(Message::seq).containsExactly(1, 2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "40001", "40P01", "53100", "53200", "53300", "57014", "58030", "55P03", "25006"
            })
    void troubleThatStays_isAnOutageAndNoFault(String state) {
        UUID chat = log.chat("x");
        refuse(1_000_000, state);

        assertThatThrownBy(() -> log.post(chat, "hello"))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused ->
                                assertThat(refused.code()).isEqualTo(ErrorCode.STORE_UNAVAILABLE));

        assertThat(log.messages(chat)).isEmpty();
    }

    @Test
    void aStateThatIsNobodysTrouble_isAFault() {
        UUID chat = log.chat("x");
        refuse(2, "22012"); // it is tried once more, because another one's post may be at fault

        assertThatThrownBy(() -> log.post(chat, "hello"))
                .isInstanceOf(Database.StoreException.class);
    }

    @Test
    void connectionsCut_readsAndWritesGoOnAtOnce() throws Exception {
        UUID chat = log.chat("x");
        for (int round = 1; round <= 3; round++) {
            useConnections();
            cutAll();

            assertThat(log.repository.chat(chat).id()).isEqualTo(chat);

            useConnections();
            cutAll();

            assertThat(log.post(chat, "hello").reply().seq()).isEqualTo(2 * round);
        }
    }

    @Test
    void connectionCutInATransaction_itIsRunAgainFromItsBeginning() {
        List<Integer> runs = new ArrayList<>();

        int changed =
                log.database.transaction(
                        session -> {
                            int done =
                                    session.update(
                                            "insert into replica values (gen_random_uuid(),"
                                                    + " now())");
                            runs.add(done);
                            if (runs.size() == 1) {
                                cutAll();
                            }
                            return session.list("select 1", _ -> 1).size();
                        });

        assertThat(changed).isEqualTo(1);
        assertThat(runs).hasSize(2);
        assertThat(
                        log.database.<Integer>statement(
                                session ->
                                        session.first(
                                                        "select count(*) from replica where"
                                                                + " lease_until <= now()",
                                                        row -> row.getInt(1))
                                                .orElseThrow()))
                .isEqualTo(1);
    }

    @Test
    void readOnly_isAnOutageAndOverWithoutARestart() {
        UUID chat = log.chat("x");
        String readOnly = "alter database troubled %s default_transaction_read_only %s";
        TestPostgres.execute(TestPostgres.server(), readOnly.formatted("set", "= on"));
        cutAll();

        assertThat(log.database.isWritable()).isFalse();
        assertThatThrownBy(() -> log.post(chat, "hello"))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused ->
                                assertThat(refused.code()).isEqualTo(ErrorCode.STORE_UNAVAILABLE));
        assertThat(log.repository.chat(chat).id()).isEqualTo(chat);

        TestPostgres.execute(TestPostgres.server(), readOnly.formatted("reset", ""));

        await().until(log.database::isWritable);
        assertThat(log.post(chat, "hello").reply().seq()).isEqualTo(2);
    }

    @Test
    void aRoleWithoutMoreConnections_isAnOutage() {
        TestPostgres.execute(
                url,
                "drop role if exists narrow",
                "create role narrow login password 'narrow' connection limit 0");
        try (var source = TestPostgres.source(url, "narrow", "narrow")) {
            Database narrow = new Database(() -> source, 20, 10);

            assertThatThrownBy(() -> narrow.statement(session -> session.list("select 1", _ -> 1)))
                    .isInstanceOf(RefusedException.class);
        }
    }

    @Test
    void aRoleThatIsNotLetInAnyMore_isAnOutage() {
        try (var source = TestPostgres.source(url, "nobody", "nothing")) {
            Database locked = new Database(() -> source, 20, 10);

            assertThatThrownBy(() -> locked.statement(session -> session.list("select 1", _ -> 1)))
                    .isInstanceOf(RefusedException.class);
        }
    }
}

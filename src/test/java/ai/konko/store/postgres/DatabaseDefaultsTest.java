package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.agroal.api.AgroalDataSource;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No default of a database changes what the log does. */
class DatabaseDefaultsTest {

    private static final List<String> OTHERS =
            List.of(
                    "default_transaction_deferrable = on",
                    "statement_timeout = '500ms'",
                    "lock_timeout = '1ms'",
                    "idle_in_transaction_session_timeout = '500ms'",
                    "gin_fuzzy_search_limit = 1",
                    "DateStyle = 'German, DMY'",
                    "TimeZone = 'Asia/Kathmandu'",
                    "IntervalStyle = 'sql_standard'",
                    "standard_conforming_strings = off",
                    "bytea_output = 'escape'",
                    "row_security = off",
                    "array_nulls = off",
                    "transform_null_equals = on",
                    "extra_float_digits = -15",
                    "plan_cache_mode = 'force_generic_plan'",
                    "enable_seqscan = off",
                    "client_encoding = 'LATIN1'");

    @ParameterizedTest
    @ValueSource(strings = {"serializable", "repeatable read"})
    void database_withTheseDefaults_worksAsAnyOther(String isolation) throws Exception {
        String url = TestPostgres.newDatabase("defaults");
        for (String each : OTHERS) {
            TestPostgres.execute(url, "alter database defaults set " + each);
        }
        TestPostgres.execute(
                url,
                "alter database defaults set default_transaction_isolation = '" + isolation + "'");
        try (TestLog log = TestLog.on(url)) {
            log.assertWorks();
            log.assertTakesPostsAtOnce();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"read committed", "serializable"})
    void session_hasItsOwnIsolationAndBounds(String isolation) {
        String url = TestPostgres.newDatabase("defaults");
        TestPostgres.execute(
                url,
                "alter database defaults set default_transaction_isolation = '" + isolation + "'",
                "alter database defaults set statement_timeout = 0",
                "alter database defaults set synchronous_commit = off");
        try (TestLog log = TestLog.on(url)) {
            assertThat(log.database.<String>transaction(DatabaseDefaultsTest::bounds))
                    .isEqualTo("read committed 5s 0 10s on");
            assertThat(log.database.<String>statement(DatabaseDefaultsTest::bounds))
                    .isEqualTo("read committed 5s 0 10s on");
        }
    }

    /** As behind a proxy whose server is away; what is first asked for comes from a trap here. */
    @Test
    @Timeout(60)
    void session_thatCannotBeSet_isAFailure() {
        String url = TestPostgres.newDatabase("unfit");
        TestPostgres.execute(
                url,
                "create schema trap",
                """
                create function trap.pg_backend_pid() returns int language plpgsql
                    as $$ begin raise exception 'gone' using errcode = '57P01'; end $$
                """,
                "alter database unfit set search_path = trap, pg_catalog");
        try (AgroalDataSource source =
                TestPostgres.source(url, TestPostgres.user(), TestPostgres.password())) {
            Sessions sessions = new Sessions(() -> source);

            assertThatThrownBy(sessions::open)
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            failed -> assertThat(failed.getSQLState()).isEqualTo("57P01"));
        }
    }

    static String bounds(Session session) throws SQLException {
        return session.first(
                        """
                        select concat_ws(' ', current_setting('transaction_isolation'),
                            current_setting('statement_timeout'), current_setting('lock_timeout'),
                            current_setting('idle_in_transaction_session_timeout'),
                            current_setting('synchronous_commit'))
                        """,
                        row -> row.getString(1))
                .orElseThrow();
    }
}

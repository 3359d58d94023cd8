package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.agroal.api.AgroalDataSource;
import io.quarkus.runtime.configuration.ConfigurationException;
import java.util.List;
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

package ai.konko.store.postgres;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.sql.SQLException;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.callback.Callback;
import org.flywaydb.core.api.callback.Context;
import org.flywaydb.core.api.callback.Event;
import org.flywaydb.core.api.configuration.Configuration;

/**
 * The tables, in the first schema of the connection's search path. Other applications may have
 * tables there too, and a Flyway history of their own.
 */
final class Schema {
    private static final String HISTORY = "konko_schema_history";

    /** Our history before 1.0, if it has our first entry: other applications use this name too. */
    private static final String EARLIER_HISTORY = "flyway_schema_history";

    /**
     * Lifts the bounds of time, because an index may take long, and Flyway keeps a transaction open
     * beside it. Adds the schema of the extension to the search path, because the index needs its
     * operators.
     */
    private static final String PREPARE =
            """
            select set_config('statement_timeout', '0', false),
                set_config('idle_in_transaction_session_timeout', '0', false), set_config('search_path',
                concat_ws(', ', current_setting('search_path'), (select quote_ident(n.nspname)
                    from pg_extension e join pg_namespace n on n.oid = e.extnamespace
                    where e.extname = 'pg_trgm')), false)
            """;

    private final Configuration configuration;

    Schema(Flyway flyway) {
        this.configuration = flyway.getConfiguration();
    }

    /**
     * Makes the tables, or brings them up to date. The connections that this takes from the pool
     * keep its settings, and must not be used for other work.
     *
     * @throws ConfigurationException if the tables can't be in this database
     */
    void migrate(Session session) throws SQLException {
        requireUtf8(session);
        requireSchema(session);
        var _ =
                Flyway.configure(configuration.getClassLoader())
                        .configuration(configuration)
                        .table(isEarlier(session) ? EARLIER_HISTORY : HISTORY)
                        .baselineOnMigrate(true)
                        .baselineVersion("0")
                        .lockRetryCount(-1) // another replica's step may take hours
                        .callbacks(new Unhurried())
                        .initSql(Sessions.isShared(session.connection()) ? "select 1" : PREPARE)
                        .load()
                        .migrate();
    }

    /** The driver's own bound of time is for a server that is silent, and an index takes longer. */
    private static final class Unhurried implements Callback {

        @Override
        public boolean supports(Event event, Context context) {
            return event == Event.BEFORE_EACH_MIGRATE;
        }

        @Override
        public boolean canHandleInTransaction(Event event, Context context) {
            return true;
        }

        @Override
        public void handle(Event event, Context context) {
            try {
                context.getConnection().setNetworkTimeout(Runnable::run, 0);
            } catch (SQLException failed) {
                throw new FlywayException("the connection's bound of time can't be lifted", failed);
            }
        }

        @Override
        public String getCallbackName() {
            return "unhurried";
        }
    }

    /** Because in any other encoding, some texts can't be stored. */
    private static void requireUtf8(Session session) throws SQLException {
        String encoding = value(session, "select current_setting('server_encoding')");
        if (!encoding.equals("UTF8")) {
            throw new ConfigurationException(
                    "The database that KONKO_DATABASE_URL names is encoded in %s, and must be in UTF8."
                            .formatted(encoding));
        }
    }

    private static void requireSchema(Session session) throws SQLException {
        if (value(session, "select coalesce(current_schema(), '')").isEmpty()) {
            throw new ConfigurationException(
                    "The database that KONKO_DATABASE_URL names has none of the schemas in its"
                            + " search path: make one, or name it by ?currentSchema= there.");
        }
    }

    private static boolean isEarlier(Session session) throws SQLException {
        String exists =
                "select (to_regclass(quote_ident(current_schema()) || '.%s') is not null)::text";
        return value(session, exists.formatted(EARLIER_HISTORY)).equals("true")
                && value(session, exists.formatted("pending")).equals("true")
                && session.first(
                                "select 1 from %s where script = 'V1__log.sql'"
                                        .formatted(EARLIER_HISTORY),
                                _ -> true)
                        .isPresent();
    }

    private static String value(Session session, String sql) throws SQLException {
        return session.first(sql, row -> row.getString(1)).orElse("");
    }
}

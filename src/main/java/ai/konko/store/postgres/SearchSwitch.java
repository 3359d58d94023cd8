package ai.konko.store.postgres;

import java.sql.SQLException;

/**
 * Switches what is in the database for the search on and off. While it is off, nothing takes note
 * of new turns.
 */
final class SearchSwitch {
    private static final String IS_OFF =
            """
            select 1 from pg_trigger
            where tgrelid = 'message'::regclass and tgname = 'konko_turn_added' and tgenabled = 'D'
            """;

    private SearchSwitch() {}

    /** After a time without search, all turns are to be taken in. */
    static void on(Session session) throws SQLException {
        lock(session);
        if (isOff(session)) {
            alterTriggers(session, "enable");
            SearchRows.beginAnew(session);
        }
    }

    static void off(Session session) throws SQLException {
        lock(session);
        if (!isOff(session)) {
            session.update("lock table message in access exclusive mode");
            alterTriggers(session, "disable");
            session.update("truncate searched, unsearched");
            session.update("drop index if exists message_text");
            SearchRows.beginAnew(session);
        }
    }

    private static void lock(Session session) throws SQLException {
        session.update("set local lock_timeout = '1s'");
        boolean _ =
                session.first("select 1 from search_progress for update", _ -> true).isPresent();
    }

    private static boolean isOff(Session session) throws SQLException {
        return session.first(IS_OFF, _ -> true).isPresent();
    }

    private static void alterTriggers(Session session, String action) throws SQLException {
        session.update(
                "alter table message %1$s trigger konko_turn_added, %1$s trigger konko_turn_changed"
                        .formatted(action));
    }
}

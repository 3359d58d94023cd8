package ai.konko.store.postgres;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.RefusedException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Removes chats that have not changed for long. */
final class IdleChats {
    /** How many chats one statement looks for. */
    private static final int ROWS = 500;

    private static final UUID LAST_ID = new UUID(-1, -1);

    private final Database database;
    private final SteadyTime steadyTime = new SteadyTime();

    IdleChats(Database database) {
        this.database = database;
    }

    /** See {@link ChatRepository#expire}. */
    int expire(Duration idle) {
        Instant now = database.statement(IdleChats::now);
        Instant before = steadyTime.at(now, System.nanoTime()).minus(idle);
        UUID first = GrowingIds.firstAt(Instant.EPOCH);
        return expire(before, first, GrowingIds.firstAt(before))
                + expire(before, GrowingIds.firstAt(now), LAST_ID);
    }

    /** By the database's clock. */
    private static Instant now(Session session) throws SQLException {
        return session.first("select clock_timestamp() as now", row -> Columns.instant(row, "now"))
                .orElseThrow();
    }

    /**
     * Looks for the chats by their ids, because these are indexed. Ids between the two ranges are
     * of chats that were made since then, or by a clock that was wrong; in time they come into the
     * first range.
     */
    private int expire(Instant before, UUID after, UUID until) {
        int expired = 0;
        UUID last = after;
        List<UUID> idle;
        do {
            UUID from = last;
            idle = database.statement(session -> idle(session, before, from, until));
            for (UUID each : idle) {
                expired += expire(each, before) ? 1 : 0;
                last = each;
            }
        } while (idle.size() == ROWS);
        return expired;
    }

    private static List<UUID> idle(Session session, Instant before, UUID after, UUID until)
            throws SQLException {
        return session.list(
                "select id from chat where id > ? and id < ? and updated_at <= ? order by id limit ?",
                row -> row.getObject(1, UUID.class),
                after,
                until,
                before,
                ROWS);
    }

    private boolean expire(UUID chatId, Instant before) {
        try {
            return database.transaction(
                    session -> {
                        ChatRows.Locked chat = ChatRows.lock(session, chatId);
                        if (chat.updatedAt().isAfter(before)
                                || !PendingRows.line(session, chatId).isEmpty()) {
                            return false;
                        }
                        ChatRows.delete(session, chat);
                        return true;
                    });
        } catch (RefusedException refused) {
            if (refused.code() == ErrorCode.CHAT_NOT_FOUND) {
                return false; // deleted meanwhile
            }
            throw refused;
        }
    }
}

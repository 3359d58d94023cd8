package ai.konko.store.postgres;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.RefusedException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Removes chats that have not changed for long. */
final class IdleChats {
    /** How many chats a sweep looks for at a time. */
    private static final int EXPIRED_AT_ONCE = 500;

    private static final UUID LAST_ID = new UUID(-1, -1);

    private final Database database;
    private final SteadyTime steadyTime = new SteadyTime();

    IdleChats(Database database) {
        this.database = database;
    }

    /** See {@link ChatRepository#expire}. */
    int expire(Duration idle) {
        Instant now = database.statement(ChatRows::now);
        Instant before = steadyTime.at(now, System.nanoTime()).minus(idle);
        UUID first = GrowingIds.firstAt(Instant.EPOCH);
        return expire(before, first, GrowingIds.firstAt(before))
                + expire(before, GrowingIds.firstAt(now), LAST_ID);
    }

    /**
     * By their ids, which are indexed. Those between the two ranges are of chats that were made
     * since, or by a clock that was wrong; time brings them into the first one.
     */
    private int expire(Instant before, UUID after, UUID until) {
        int expired = 0;
        UUID last = after;
        List<UUID> idle;
        do {
            UUID from = last;
            idle =
                    database.statement(
                            session ->
                                    ChatRows.idle(session, before, from, until, EXPIRED_AT_ONCE));
            for (UUID each : idle) {
                expired += expire(each, before) ? 1 : 0;
                last = each;
            }
        } while (idle.size() == EXPIRED_AT_ONCE);
        return expired;
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
                        ChatRows.delete(session, chatId);
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

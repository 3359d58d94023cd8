package ai.konko.store.postgres;

import ai.konko.chat.GrowingIds;
import ai.konko.chat.RepeatableRequest;
import ai.konko.chat.RepeatableRequest.Made;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Finds what requests have added that may be repeated, and keeps it for those with a key. */
final class RequestRows {
    /** How many messages of a chat a repeat without a key is looked for in. */
    private static final int NEWEST = 128;

    /** By how much the clocks of replicas may differ, which chats have their ids from. */
    private static final Duration SKEW = Duration.ofMinutes(1);

    /** How many keys one statement forgets. */
    private static final int BATCH = 1000;

    private RequestRows() {}

    /** What the log keeps of a request with the chat or the message that it adds. */
    static @Nullable UUID digest(@Nullable RepeatableRequest request) {
        return request == null ? null : request.digest();
    }

    /**
     * Waits for a transaction that claims the same key.
     *
     * @return false if the key is taken
     */
    static boolean claim(Session session, RepeatableRequest request, Made made)
            throws SQLException {
        return session.update(
                        """
                        insert into request_key (key, body, chat_id, seq) values (?, ?, ?, ?)
                        on conflict (key) do nothing
                        """,
                        request.keyDigest(),
                        request.digest(),
                        made.chatId(),
                        made.seq())
                > 0;
    }

    static Optional<Made> keyed(Session session, RepeatableRequest request) throws SQLException {
        return session.first(
                "select body, chat_id, seq from request_key where key = ?",
                row -> {
                    request.requireSame(row.getObject("body", UUID.class));
                    return new Made(row.getObject("chat_id", UUID.class), row.getInt("seq"));
                },
                request.keyDigest());
    }

    /** Only what requests like this one have posted: posts of the native API say more of a key. */
    static Optional<Made> keyed(Session session, RepeatableRequest request, UUID chatId)
            throws SQLException {
        return session.first(
                """
                select seq + 1 as seq, request from message
                where chat_id = ? and idempotency_key = ? and request is not null
                """,
                row -> {
                    request.requireSame(row.getObject("request", UUID.class));
                    return new Made(chatId, row.getInt("seq"));
                },
                chatId,
                request.key());
    }

    /** What a request without a key has added, and when. */
    record Sent(Made made, Instant at) {}

    /** The newest turn of the chat that the same request has added. */
    static Optional<Sent> retried(Session session, RepeatableRequest request, UUID chatId)
            throws SQLException {
        return session.first(
                """
                select seq + 1 as seq, created_at
                from (select seq, request, created_at from message where chat_id = ? order by seq desc limit ?) m
                where request = ? and created_at > now() - ? * interval '1 s'
                order by seq desc limit 1
                """,
                row -> sent(chatId, row),
                chatId,
                NEWEST,
                request.digest(),
                RepeatableRequest.RETRIED_WITHIN.toSeconds());
    }

    /** The newest chat that the same request has made. */
    static Optional<Sent> retried(Session session, RepeatableRequest request) throws SQLException {
        Instant now = now(session);
        Duration ago = RepeatableRequest.RETRIED_WITHIN.plus(SKEW);
        return session.first(
                """
                select c.id, c.created_at, coalesce((select max(m.seq) + 1 from message m
                    where m.chat_id = c.id and m.request = c.request), 0) as seq
                from chat c
                where c.owner = ? and c.id > ? and c.request = ? and c.created_at > now() - ? * interval '1 s'
                order by c.id desc limit 1
                """,
                row -> sent(row.getObject("id", UUID.class), row),
                request.owner().name(),
                GrowingIds.firstAt(now.minus(ago)),
                request.digest(),
                RepeatableRequest.RETRIED_WITHIN.toSeconds());
    }

    private static Sent sent(UUID chatId, ResultSet row) throws SQLException {
        return new Sent(new Made(chatId, row.getInt("seq")), Columns.instant(row, "created_at"));
    }

    private static Instant now(Session session) throws SQLException {
        return session.first("select clock_timestamp() as now", row -> Columns.instant(row, "now"))
                .orElseThrow();
    }

    /**
     * Forgets some of the keys that are older. Replicas that do so at once do not wait for each
     * other.
     *
     * @return how many; less than {@link #BATCH} at the end
     */
    static int forget(Session session, Duration age) throws SQLException {
        return session.update(
                """
                delete from request_key where key in (
                    select key from request_key where made_at <= now() - ? * interval '1 ms'
                    order by made_at limit ? for update skip locked)
                """,
                age.toMillis(),
                BATCH);
    }

    static boolean isWhole(int forgotten) {
        return forgotten == BATCH;
    }
}

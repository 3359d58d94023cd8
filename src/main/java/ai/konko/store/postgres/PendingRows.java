package ai.konko.store.postgres;

import ai.konko.chat.Message;
import ai.konko.chat.Unfinished;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Replies that are not over, as rows. */
final class PendingRows {
    private static final String SELECT =
            """
            select chat_id, seq, reply_id, attempt, streamed, model, run, owner, cancel
            from pending where\s""";

    private static final String ABANDONED_AFTER = "interval '2 s'";

    /**
     * A reply at the head of its line that nobody has started is abandoned after this time. One
     * whose time is still to come is from before the clock went back.
     */
    private static final String ABANDONED =
            """
            select p.chat_id from pending p
            where not exists (select 1 from pending h
                    where h.chat_id = p.chat_id and h.seq < p.seq)
                and (p.run > 0 or p.since not between now() - %1$s and now() + %1$s)
                and p.owner is distinct from ?
                and not exists (select 1 from replica r
                    where r.id = p.owner and r.lease_until > now())
                and (p.owner is null or ?)
            limit ?
            """
                    .formatted(ABANDONED_AFTER);

    private PendingRows() {}

    /**
     * A reply that is not over.
     *
     * @param model the one to ask, if its turn names one or it was started before
     * @param run the number of its last run in this attempt; 0 if it was not started
     * @param owner the replica that runs it; null if it waits, or was handed over
     * @param cancel whether a client has cancelled it while it ran
     */
    record Pending(
            UUID chatId,
            int seq,
            UUID replyId,
            int attempt,
            boolean streamed,
            @Nullable String model,
            int run,
            @Nullable UUID owner,
            boolean cancel)
            implements Unfinished {

        @Override
        public boolean waits() {
            return run == 0;
        }

        boolean isRun(int ofAttempt, int number, UUID replica) {
            return attempt == ofAttempt && run == number && (waits() || replica.equals(owner));
        }

        boolean isOf(ReplyRun started) {
            return started.isOf(replyId, attempt) && started.number == run;
        }
    }

    /** The lines of these chats, each oldest first. */
    static Query<Pending> lines(UUID[] chats) {
        return new Query<>(
                SELECT + "chat_id = any(?) order by chat_id, seq", PendingRows::of, (Object) chats);
    }

    /** Oldest first; only the first can run. */
    static List<Pending> line(Session session, UUID chatId) throws SQLException {
        return session.list(SELECT + "chat_id = ? order by seq", PendingRows::of, chatId);
    }

    static Optional<Pending> find(Session session, UUID chatId, UUID replyId) throws SQLException {
        return session.first(
                SELECT + "chat_id = ? and reply_id = ?", PendingRows::of, chatId, replyId);
    }

    static void insert(Session session, Message reply, boolean streamed) throws SQLException {
        session.update(
                """
                insert into pending (chat_id, seq, reply_id, attempt, streamed, model, since)
                values (?, ?, ?, ?, ?, ?, now())
                """,
                reply.chatId(),
                reply.seq(),
                reply.id(),
                reply.attempt(),
                streamed,
                reply.namedModel());
    }

    /** Those that this replica runs, as far as the log knows. */
    static List<Pending> ownedBy(Session session, UUID replica) throws SQLException {
        return session.list(SELECT + "owner = ?", PendingRows::of, replica);
    }

    /**
     * @param settled whether replies whose owner has no lease are abandoned too
     * @return chats whose first unfinished reply nobody runs
     */
    static List<UUID> abandoned(Session session, UUID replica, boolean settled, int most)
            throws SQLException {
        return session.list(ABANDONED, row -> row.getObject(1, UUID.class), replica, settled, most);
    }

    /** From now on any replica may run what this one ran. */
    static int disown(Session session, UUID replica) throws SQLException {
        return session.update("update pending set owner = null where owner = ?", replica);
    }

    /** Makes the next run this replica's, and removes what earlier runs wrote. */
    static void startRun(Session session, Pending pending, UUID replica, String model)
            throws SQLException {
        session.update(
                "update pending set run = run + 1, owner = ?, model = ?, items = null where chat_id = ? and seq = ?",
                replica,
                model,
                pending.chatId(),
                pending.seq());
        if (!pending.waits()) {
            session.update(
                    "delete from piece where chat_id = ? and seq = ?",
                    pending.chatId(),
                    pending.seq());
        }
    }

    static void requestCancel(Session session, Pending pending) throws SQLException {
        session.update(
                "update pending set cancel = true where chat_id = ? and seq = ?",
                pending.chatId(),
                pending.seq());
    }

    private static Pending of(ResultSet row) throws SQLException {
        return new Pending(
                row.getObject("chat_id", UUID.class),
                row.getInt("seq"),
                row.getObject("reply_id", UUID.class),
                row.getInt("attempt"),
                row.getBoolean("streamed"),
                row.getString("model"),
                row.getInt("run"),
                row.getObject("owner", UUID.class),
                row.getBoolean("cancel"));
    }
}

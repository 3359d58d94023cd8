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
            from pending where chat_id = ?
            """;

    private PendingRows() {}

    /**
     * A reply that is not over.
     *
     * @param model the one to ask, where its turn has one or it was started before
     * @param run how often it was started in this attempt
     * @param owner the replica that runs it; absent where it waits, or was handed over
     * @param cancel whether somebody wants it cancelled
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

        /** What its next run will write. */
        Draft draft() {
            return new Draft(chatId, replyId, seq, attempt, run + 1);
        }
    }

    /** Oldest first; only the first can run. */
    static List<Pending> line(Session session, UUID chatId) throws SQLException {
        return session.list(SELECT + "order by seq", PendingRows::of, chatId);
    }

    static Optional<Pending> find(Session session, UUID chatId, UUID replyId) throws SQLException {
        return session.first(SELECT + "and reply_id = ?", PendingRows::of, chatId, replyId);
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

    /** Its next run is this replica's; what earlier runs wrote is gone. */
    static void run(Session session, Pending pending, UUID replica, String model)
            throws SQLException {
        session.update(
                "update pending set run = run + 1, owner = ?, model = ? where chat_id = ? and seq = ?",
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

    static void wantCancelled(Session session, Pending pending) throws SQLException {
        session.update(
                "update pending set cancel = true where chat_id = ? and seq = ?",
                pending.chatId(),
                pending.seq());
    }

    static void delete(Session session, Pending pending) throws SQLException {
        session.update(
                "delete from pending where chat_id = ? and seq = ?",
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

package ai.konko.store.postgres;

import ai.konko.chat.Failure;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Post;
import ai.konko.chat.Turn;
import ai.konko.chat.WhenBusy;
import ai.konko.store.postgres.PendingRows.Pending;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Writes turns: into the log, to their end, and back in line. */
final class TurnRows {
    private static final String INSERT =
            """
            insert into message (chat_id, seq, id, content, status, attempt, created_at, completed_at,
                idempotency_key, when_busy, model, finish_reason, failure_code, failure_message, failure_status, options)
            values (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, null, null, null, null, null, null),
                (?, ?, ?, ?, ?, 1, ?, ?, null, null, ?, ?, ?, ?, ?, ?::json)
            """;

    private static final String END =
            """
            with gone as (delete from piece where chat_id = ? and seq = ?),
                ended as (
                    update message set content = ?, status = ?, completed_at = ?, model = ?, finish_reason = ?,
                        input_tokens = ?, output_tokens = ?,
                        failure_code = ?, failure_message = ?, failure_retry_s = ?, failure_status = ?
                    where chat_id = ? and seq = ?)
            update chat set updated_at = greatest(updated_at, ?),
                input_tokens = case when ?::bigint is null then input_tokens
                    else coalesce(input_tokens, 0) + ?::bigint end,
                output_tokens = case when ?::bigint is null then output_tokens
                    else coalesce(output_tokens, 0) + ?::bigint end
            where id = ?
            """;

    private TurnRows() {}

    /** What an idempotency key stands for. */
    record Keyed(int replySeq, WhenBusy whenBusy) {}

    static Optional<Keyed> keyed(Session session, UUID chatId, String key) throws SQLException {
        return session.first(
                "select seq + 1, when_busy from message where chat_id = ? and idempotency_key = ?",
                row -> new Keyed(row.getInt(1), WhenBusy.valueOf(row.getString(2))),
                chatId,
                key);
    }

    /**
     * @param post whose turn it is; null if the turn was over when it was taken in
     */
    static void insert(Session session, Turn turn, @Nullable Post post) throws SQLException {
        Message message = turn.message();
        Message reply = turn.reply();
        Failure failure = reply.failure();
        session.update(
                INSERT,
                message.chatId(),
                message.seq(),
                message.id(),
                message.content(),
                message.status(),
                message.createdAt(),
                message.completedAt(),
                post == null ? null : post.idempotencyKey(),
                post == null ? null : post.whenBusy(),
                reply.chatId(),
                reply.seq(),
                reply.id(),
                reply.content(),
                reply.status().terminal() ? reply.status() : null,
                reply.createdAt(),
                reply.completedAt(),
                reply.model(),
                reply.finishReason(),
                failure == null ? null : failure.code(),
                failure == null ? null : failure.message(),
                failure == null ? null : failure.providerStatus(),
                Columns.json(reply.options()));
    }

    /** Ends a reply, and counts what it has used. */
    static void end(Session session, ChatRows.Locked chat, Pending pending, Outcome outcome)
            throws SQLException {
        Instant now = chat.timeOfChange();
        PendingRows.delete(session, pending);
        update(session, pending, outcome, now);
        UsageRows.add(session, pending.chatId(), pending.model(), outcome, now);
    }

    private static void update(Session session, Pending pending, Outcome outcome, Instant now)
            throws SQLException {
        Long input = outcome.usage() == null ? null : outcome.usage().inputTokens();
        Long output = outcome.usage() == null ? null : outcome.usage().outputTokens();
        Failure failure = outcome.failure();
        Duration retryAfter = failure == null ? null : failure.retryAfter();
        session.update(
                END,
                pending.chatId(),
                pending.seq(),
                outcome.content(),
                outcome.status(),
                now,
                pending.model(),
                outcome.finishReason(),
                input,
                output,
                failure == null ? null : failure.code(),
                failure == null ? null : failure.message(),
                retryAfter == null ? null : (int) retryAfter.toSeconds(),
                failure == null ? null : failure.providerStatus(),
                pending.chatId(),
                pending.seq(),
                now,
                input,
                input,
                output,
                output,
                pending.chatId());
    }

    /** Makes a reply that was over as it was when it was accepted. */
    static void requeue(Session session, Message queued) throws SQLException {
        session.update(
                """
                update message set content = '', status = null, attempt = ?, completed_at = null,
                    model = null, finish_reason = null, input_tokens = null, output_tokens = null,
                    failure_code = null, failure_message = null, failure_retry_s = null, failure_status = null
                where chat_id = ? and seq = ?
                """,
                queued.attempt(),
                queued.chatId(),
                queued.seq());
    }
}

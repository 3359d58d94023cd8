package ai.konko.store.postgres;

import ai.konko.chat.Failure;
import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Post;
import ai.konko.chat.Turn;
import ai.konko.chat.Usage;
import ai.konko.chat.WhenBusy;
import ai.konko.store.postgres.PendingRows.Pending;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Writes turns: into the log, to their end, and back in line. */
final class TurnRows {
    private static final String INSERT =
            """
            insert into message (chat_id, seq, id, content, status, attempt, created_at, completed_at,
                items, items_length, idempotency_key, when_busy, call_ids, model, finish_reason, failure_code,
                failure_message, failure_status, options)
            values (?, ?, ?, ?, ?, 1, ?, ?, ?::json, ?, ?, ?, null, null, null, null, null, null, null),
                (?, ?, ?, ?, ?, 1, ?, ?, ?::json, ?, null, null, ?, ?, ?, ?, ?, ?, ?::json)
            """;

    private static final String END =
            """
            with gone as (delete from piece where chat_id = ? and seq = ?),
                ended as (
                    update message set content = ?, items = ?::json, items_length = ?, call_ids = ?,
                        status = ?, completed_at = ?, model = ?, finish_reason = ?,
                        input_tokens = ?, output_tokens = ?, cached_tokens = ?, reasoning_tokens = ?,
                        failure_code = ?, failure_message = ?, failure_retry_s = ?, failure_status = ?
                    where chat_id = ? and seq = ?)
            update chat set updated_at = greatest(updated_at, ?), waiting = ?,
                input_tokens = coalesce(input_tokens + used.input, used.input, input_tokens),
                output_tokens = coalesce(output_tokens + used.output, used.output, output_tokens),
                cached_tokens = coalesce(cached_tokens + used.cached, used.cached, cached_tokens),
                reasoning_tokens = coalesce(reasoning_tokens + used.reasoning, used.reasoning, reasoning_tokens)
            from (values (?::bigint, ?::bigint, ?::bigint, ?::bigint)) as used (input, output, cached, reasoning)
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
                Columns.json(message.items()),
                Columns.length(message.items()),
                post == null ? null : post.idempotencyKey(),
                post == null ? null : post.whenBusy(),
                reply.chatId(),
                reply.seq(),
                reply.id(),
                reply.content(),
                reply.status().terminal() ? reply.status() : null,
                reply.createdAt(),
                reply.completedAt(),
                Columns.json(reply.items()),
                Columns.length(reply.items()),
                Columns.callIds(reply.items()),
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
        boolean last = pending.seq() == chat.end().seq();
        List<Item> items = Items.ended(outcome, last, now);
        boolean waits = last ? Items.wait(items) : chat.waiting();
        update(session, pending, outcome, items, waits, now);
        UsageRows.add(session, pending.chatId(), pending.model(), outcome, now);
    }

    private static void update(
            Session session,
            Pending pending,
            Outcome outcome,
            List<Item> items,
            boolean waits,
            Instant now)
            throws SQLException {
        Usage usage = outcome.usage();
        Long input = usage == null ? null : usage.inputTokens();
        Long output = usage == null ? null : usage.outputTokens();
        Long cached = usage == null ? null : usage.cachedInputTokens();
        Long reasoning = usage == null ? null : usage.reasoningTokens();
        Failure failure = outcome.failure();
        Duration retryAfter = failure == null ? null : failure.retryAfter();
        session.update(
                END,
                pending.chatId(),
                pending.seq(),
                outcome.content(),
                Columns.json(items),
                Columns.length(items),
                Columns.callIds(items),
                outcome.status(),
                now,
                pending.model(),
                outcome.finishReason(),
                input,
                output,
                cached,
                reasoning,
                failure == null ? null : failure.code(),
                failure == null ? null : failure.message(),
                retryAfter == null ? null : (int) retryAfter.toSeconds(),
                failure == null ? null : failure.providerStatus(),
                pending.chatId(),
                pending.seq(),
                now,
                waits,
                input,
                output,
                cached,
                reasoning,
                pending.chatId());
    }

    /** Writes what has become of the calls of a reply that is over. */
    static void updateItems(Session session, Message reply) throws SQLException {
        session.update(
                "update message set items = ?::json, items_length = ? where chat_id = ? and seq = ?",
                Columns.json(reply.items()),
                Columns.length(reply.items()),
                reply.chatId(),
                reply.seq());
    }

    /** Writes what is left of a message. */
    static void updateErased(Session session, Message message) throws SQLException {
        session.update(
                """
                update message set content = ?, items = ?::json, items_length = ?, call_ids = ?, options = ?::json
                where chat_id = ? and seq = ?
                """,
                message.content(),
                Columns.json(message.items()),
                Columns.length(message.items()),
                Columns.callIds(message.items()),
                Columns.json(message.options()),
                message.chatId(),
                message.seq());
    }

    /** Makes a reply that was over as it was when it was accepted. */
    static void requeue(Session session, Message queued) throws SQLException {
        session.update(
                """
                update message set content = '', items = null, items_length = null, call_ids = null, options = ?::json,
                    status = null, attempt = ?, completed_at = null, model = null, finish_reason = null,
                    input_tokens = null, output_tokens = null, cached_tokens = null, reasoning_tokens = null,
                    failure_code = null, failure_message = null, failure_retry_s = null, failure_status = null
                where chat_id = ? and seq = ?
                """,
                Columns.json(queued.options()),
                queued.attempt(),
                queued.chatId(),
                queued.seq());
    }
}

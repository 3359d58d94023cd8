package ai.konko.store.postgres;

import ai.konko.chat.DailyUsage;
import ai.konko.chat.Failure;
import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Post;
import ai.konko.chat.RepeatableRequest;
import ai.konko.chat.Turn;
import ai.konko.chat.Usage;
import ai.konko.chat.WhenBusy;
import ai.konko.store.postgres.PendingRows.Pending;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Writes turns: into the log, to their end, and back in line. */
final class TurnRows {
    /** Turns that were over when they were taken in. */
    private static final String INSERT =
            """
            insert into message (chat_id, seq, id, content, status, attempt, created_at, completed_at,
                items, items_length, call_ids, model, finish_reason, failure_code, failure_message, failure_status, options,
                request)
            values (?, ?, ?, ?, ?, 1, ?, ?, ?::json, ?, null, null, null, null, null, null, null, ?::uuid),
                (?, ?, ?, ?, ?, 1, ?, ?, ?::json, ?, ?, ?, ?, ?, ?, ?, ?::json, null)
            """;

    /** New turns, each the last of its chat. */
    private static final String ACCEPT =
            """
            with accepted as (
                    select chat_id, seq, id, content, items::json, items_length, key, when_busy,
                        reply_id, options::json, streamed, asked, run, owner, at::timestamptz, request
                    from unnest(?::uuid[], ?::int[], ?::uuid[], ?::text[], ?::text[], ?::int[], ?::text[], ?::text[],
                            ?::uuid[], ?::text[], ?::bool[], ?::text[], ?::int[], ?::uuid[], ?::text[], ?::uuid[])
                        as a (chat_id, seq, id, content, items, items_length, key, when_busy,
                            reply_id, options, streamed, asked, run, owner, at, request)),
                messages as (
                    insert into message (chat_id, seq, id, content, status, attempt, created_at, completed_at,
                        items, items_length, idempotency_key, when_busy, options, request)
                    select chat_id, seq, id, content, 'COMPLETED', 1, at, at,
                        items, items_length, key, when_busy, null, request from accepted
                    union all select chat_id, seq + 1, reply_id, '', null, 1, at, null,
                        null, null, null, null, options, null from accepted),
                line as (
                    insert into pending (chat_id, seq, reply_id, attempt, streamed, model, run, owner, since)
                    select chat_id, seq + 1, reply_id, 1, streamed, asked, run, owner, now() from accepted)
            update chat c set message_count = a.seq + 1, last_id = a.reply_id, waiting = false, updated_at = a.at
            from accepted a where c.id = a.chat_id
            """;

    /**
     * Takes replies out of line. A flush locks them in the same order. It may be under way, so this
     * waits for it, and what it writes is found by the statement that comes next.
     */
    private static final String LEAVE =
            """
            delete from pending p using (
                    select q.chat_id, q.seq from unnest(?::uuid[], ?::int[]) as e (chat_id, seq)
                    join pending q on q.chat_id = e.chat_id and q.seq = e.seq
                    order by q.chat_id, q.seq for update of q) as l
            where p.chat_id = l.chat_id and p.seq = l.seq
            """;

    /** Ends of replies, of different chats, that have left their lines. */
    private static final String END =
            """
            with ended as (
                    select chat_id, seq, content, items::json, items_length,
                        case when calls is not null then array(select json_array_elements_text(calls::json)) end as call_ids,
                        status, at::timestamptz, model, reason, input, output, cached, reasoning, code, message, retry_s,
                        provider_status, waits, asked, day::date, window_from
                    from unnest(?::uuid[], ?::int[], ?::text[], ?::text[], ?::int[], ?::text[], ?::text[], ?::text[],
                            ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::text[],
                            ?::int[], ?::int[], ?::bool[], ?::text[], ?::text[], ?::int[])
                        as e (chat_id, seq, content, items, items_length, calls, status, at, model, reason,
                            input, output, cached, reasoning, code, message, retry_s, provider_status, waits, asked, day,
                            window_from)),
                pieces as (delete from piece p using ended e where p.chat_id = e.chat_id and p.seq = e.seq),
                used as (%s),
                replies as (
                    update message m set content = e.content, items = e.items, items_length = e.items_length,
                        call_ids = e.call_ids, status = e.status, completed_at = e.at, model = e.model,
                        finish_reason = e.reason, input_tokens = e.input, output_tokens = e.output,
                        cached_tokens = e.cached, reasoning_tokens = e.reasoning, failure_code = e.code,
                        failure_message = e.message, failure_retry_s = e.retry_s, failure_status = e.provider_status,
                        window_from = e.window_from
                    from ended e where m.chat_id = e.chat_id and m.seq = e.seq)
            update chat c set updated_at = greatest(updated_at, e.at), waiting = e.waits,
                input_tokens = coalesce(input_tokens + e.input, e.input, input_tokens),
                output_tokens = coalesce(output_tokens + e.output, e.output, output_tokens),
                cached_tokens = coalesce(cached_tokens + e.cached, e.cached, cached_tokens),
                reasoning_tokens = coalesce(reasoning_tokens + e.reasoning, e.reasoning, reasoning_tokens)
            from ended e where c.id = e.chat_id
            """
                    .formatted(UsageRows.adding("ended"));

    private TurnRows() {}

    /** What an idempotency key of a chat stands for. */
    record Keyed(UUID chatId, int replySeq, WhenBusy whenBusy) {}

    /**
     * @param keys those of these chats that are looked for, in the chats' order; null for none
     */
    static Query<Keyed> keyed(UUID[] chats, @Nullable String[] keys) {
        return new Query<>(
                """
                select m.chat_id, m.seq + 1, m.when_busy from unnest(?::uuid[], ?::text[]) as k (chat_id, key)
                join message m on m.chat_id = k.chat_id and m.idempotency_key = k.key
                """,
                row ->
                        new Keyed(
                                row.getObject(1, UUID.class),
                                row.getInt(2),
                                WhenBusy.valueOf(row.getString(3))),
                chats,
                keys);
    }

    /**
     * A turn that is new, at its chat's end.
     *
     * @param run the one that is started with it; null if it waits in line
     */
    record NewTurn(Turn turn, Post post, @Nullable ReplyRun run) {
        private Message message() {
            return turn.message();
        }

        private Message reply() {
            return turn.reply();
        }
    }

    /**
     * Adds turns to different chats.
     *
     * @param owner the replica that runs what is started
     */
    static Query<?> accepting(List<NewTurn> turns, UUID owner) {
        return Query.command(
                ACCEPT,
                column(turns, each -> each.message().chatId(), UUID[]::new),
                column(turns, each -> each.message().seq(), Integer[]::new),
                column(turns, each -> each.message().id(), UUID[]::new),
                column(turns, each -> each.message().content(), String[]::new),
                column(turns, each -> Columns.json(each.message().items()), String[]::new),
                column(turns, each -> Columns.length(each.message().items()), Integer[]::new),
                column(turns, each -> each.post.idempotencyKey(), String[]::new),
                column(turns, each -> each.post.whenBusy().name(), String[]::new),
                column(turns, each -> each.reply().id(), UUID[]::new),
                column(turns, each -> Columns.json(each.reply().options()), String[]::new),
                column(turns, each -> each.post.streamed(), Boolean[]::new),
                column(
                        turns,
                        each ->
                                each.run == null
                                        ? each.reply().namedModel()
                                        : each.run.reply.model(),
                        String[]::new),
                column(turns, each -> each.run == null ? 0 : each.run.number, Integer[]::new),
                column(turns, each -> each.run == null ? null : owner, UUID[]::new),
                column(turns, each -> each.message().createdAt().toString(), String[]::new),
                column(turns, each -> RequestRows.digest(each.post.request()), UUID[]::new));
    }

    private static <T, V extends @Nullable Object> V[] column(
            List<T> rows, Function<T, V> value, IntFunction<V[]> array) {
        return rows.stream().map(value).toArray(array);
    }

    /**
     * Adds a turn that was over when it was taken in.
     *
     * @param request that has added it, if that may be repeated
     */
    static void insert(Session session, Turn turn, @Nullable RepeatableRequest request)
            throws SQLException {
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
                RequestRows.digest(request),
                reply.chatId(),
                reply.seq(),
                reply.id(),
                reply.content(),
                reply.status(),
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

    /**
     * The end of a reply.
     *
     * @param last whether it is its chat's last
     * @param items those of the outcome, as they are once the reply is over
     * @param waits whether the chat waits for outputs then
     */
    record End(
            Pending pending,
            Outcome outcome,
            boolean last,
            List<Item> items,
            boolean waits,
            Instant now) {
        static End of(ChatRows.Locked chat, Pending pending, Outcome outcome) {
            Instant now = chat.timeOfChange();
            boolean last = pending.seq() == chat.end().seq();
            List<Item> items = Items.ended(outcome, last, now);
            boolean waits = last ? Items.wait(items) : chat.waiting();
            Outcome kept = outcome.under(chat.settings().memory());
            return new End(pending, kept, last, items, waits, now);
        }

        /** The reply as it is then. */
        Message ended(Message running) {
            return running.ended(outcome, last, now);
        }

        private @Nullable Long tokens(Function<Usage, @Nullable Long> kind) {
            return outcome.usage() == null ? null : kind.apply(outcome.usage());
        }

        private <T> @Nullable T failure(Function<Failure, @Nullable T> part) {
            return outcome.failure() == null ? null : part.apply(outcome.failure());
        }

        private @Nullable Integer retrySeconds() {
            Duration after = failure(Failure::retryAfter);
            return after == null ? null : (int) after.toSeconds();
        }

        private @Nullable Integer windowFrom() {
            return outcome.windowFrom() == 0 ? null : outcome.windowFrom();
        }

        private @Nullable String callIds() {
            String[] ids = Columns.callIds(items);
            return ids == null ? null : Columns.json(ids);
        }
    }

    /** Ends a reply, and counts what it has used. */
    static void end(Session session, ChatRows.Locked chat, Pending pending, Outcome outcome)
            throws SQLException {
        session.run(ending(List.of(End.of(chat, pending, outcome))));
    }

    /** The same of replies of different chats. */
    static List<Query<?>> ending(List<End> ends) {
        UUID[] chats = column(ends, each -> each.pending.chatId(), UUID[]::new);
        Integer[] places = column(ends, each -> each.pending.seq(), Integer[]::new);
        return List.of(Query.command(LEAVE, chats, places), ended(ends, chats, places));
    }

    private static Query<?> ended(List<End> ends, UUID[] chats, Integer[] places) {
        return Query.command(
                END,
                chats,
                places,
                column(ends, each -> each.outcome.content(), String[]::new),
                column(ends, each -> Columns.json(each.items), String[]::new),
                column(ends, each -> Columns.length(each.items), Integer[]::new),
                column(ends, End::callIds, String[]::new),
                column(ends, each -> each.outcome.status().name(), String[]::new),
                column(ends, each -> each.now.toString(), String[]::new),
                column(ends, each -> each.pending.model(), String[]::new),
                column(ends, each -> name(each.outcome.finishReason()), String[]::new),
                column(ends, each -> each.tokens(Usage::inputTokens), Long[]::new),
                column(ends, each -> each.tokens(Usage::outputTokens), Long[]::new),
                column(ends, each -> each.tokens(Usage::cachedInputTokens), Long[]::new),
                column(ends, each -> each.tokens(Usage::reasoningTokens), Long[]::new),
                column(ends, each -> name(each.failure(Failure::code)), String[]::new),
                column(ends, each -> each.failure(Failure::message), String[]::new),
                column(ends, End::retrySeconds, Integer[]::new),
                column(ends, each -> each.failure(Failure::providerStatus), Integer[]::new),
                column(ends, End::waits, Boolean[]::new),
                column(
                        ends,
                        each -> each.outcome.countsAsUse() ? each.pending.model() : null,
                        String[]::new),
                column(ends, each -> DailyUsage.dayOf(each.now).toString(), String[]::new),
                column(ends, End::windowFrom, Integer[]::new));
    }

    private static @Nullable String name(@Nullable Enum<?> value) {
        return value == null ? null : value.name();
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

    /** As if no turn of the chat had cut its window. */
    static void forgetCuts(Session session, UUID chatId) throws SQLException {
        session.update(
                "update message set window_from = null where chat_id = ? and window_from is not null",
                chatId);
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
                "delete from piece where chat_id = ? and seq = ?", queued.chatId(), queued.seq());
        session.update(
                """
                update message set content = '', items = null, items_length = null, call_ids = null, options = ?::json,
                    status = null, attempt = ?, completed_at = null, model = null, finish_reason = null,
                    input_tokens = null, output_tokens = null, cached_tokens = null, reasoning_tokens = null,
                    failure_code = null, failure_message = null, failure_retry_s = null, failure_status = null,
                    window_from = null
                where chat_id = ? and seq = ?
                """,
                Columns.json(queued.options()),
                queued.attempt(),
                queued.chatId(),
                queued.seq());
    }
}

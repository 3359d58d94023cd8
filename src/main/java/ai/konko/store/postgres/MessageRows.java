package ai.konko.store.postgres;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Message;
import ai.konko.chat.Options;
import ai.konko.chat.Outcome;
import ai.konko.chat.Role;
import ai.konko.chat.Status;
import ai.konko.chat.Turn;
import ai.konko.chat.Usage;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Messages as rows. */
@RegisterForReflection(targets = Options.class)
final class MessageRows {
    private static final ObjectMapper JSON =
            JsonMapper.builder()
                    .defaultPropertyInclusion(
                            JsonInclude.Value.construct(
                                    JsonInclude.Include.NON_DEFAULT, JsonInclude.Include.ALWAYS))
                    .withConfigOverride(
                            String.class, // empty instructions stand for none of the chat's
                            config ->
                                    config.setInclude(
                                            JsonInclude.Value.construct(
                                                    JsonInclude.Include.NON_NULL,
                                                    JsonInclude.Include.ALWAYS)))
                    .build();

    /** To be followed by a condition on {@code m}. */
    private static final String SELECT =
            """
            select m.chat_id, m.seq, m.id, m.content, m.status, m.attempt, m.created_at, m.completed_at,
                coalesce(m.model, p.model) as model, m.finish_reason, m.input_tokens, m.output_tokens,
                m.failure_code, m.failure_message, m.failure_retry_s, m.failure_status,
                m.options, p.run,
                case when p.run > 0 then
                    (select string_agg(t.text, '' order by t.start) from piece t
                     where t.chat_id = p.chat_id and t.seq = p.seq and t.run = p.run) end as running
            from message m left join pending p on p.chat_id = m.chat_id and p.seq = m.seq
            """;

    private MessageRows() {}

    /** Those of one chat for which {@code condition} holds. */
    static List<Message> list(
            Session session,
            Drafts drafts,
            UUID chatId,
            String condition,
            @Nullable Object... parameters)
            throws SQLException {
        Draft draft = drafts.find(chatId);
        Draft.Tail tail = draft == null ? null : draft.tail(); // before the rest is read
        return session.list(
                SELECT + "where m.chat_id = ? and " + condition,
                row -> {
                    Message message = of(row);
                    return draft != null
                                    && tail != null
                                    && message.status() == Status.IN_PROGRESS
                                    && draft.is(message.id(), message.attempt())
                                    && draft.run == row.getInt("run")
                            ? Draft.complete(message, tail)
                            : message;
                },
                prefixed(chatId, parameters));
    }

    static Optional<Message> find(Session session, Drafts drafts, UUID chatId, UUID id)
            throws SQLException {
        return list(session, drafts, chatId, "m.id = ?", id).stream().findFirst();
    }

    static Turn turnOf(Session session, Drafts drafts, UUID chatId, int replySeq)
            throws SQLException {
        List<Message> both =
                list(
                        session,
                        drafts,
                        chatId,
                        "m.seq in (?, ?) order by m.seq",
                        replySeq - 1,
                        replySeq);
        return new Turn(both.get(0), both.get(1));
    }

    /** The replies that are not over, oldest first. */
    static List<Message> unfinished(Session session, Drafts drafts, UUID chatId)
            throws SQLException {
        return list(session, drafts, chatId, "p.seq is not null order by m.seq");
    }

    static void insert(Session session, Turn turn, @Nullable String key, Enum<?> whenBusy)
            throws SQLException {
        Message message = turn.message();
        Message reply = turn.reply();
        session.update(
                """
                insert into message (chat_id, seq, id, content, status, attempt, created_at, completed_at,
                    idempotency_key, when_busy, options)
                values (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, null), (?, ?, ?, '', null, 1, ?, null, null, null, ?::json)
                """,
                message.chatId(),
                message.seq(),
                message.id(),
                message.content(),
                message.status(),
                message.createdAt(),
                message.completedAt(),
                key,
                whenBusy,
                reply.chatId(),
                reply.seq(),
                reply.id(),
                reply.createdAt(),
                written(reply.options()));
    }

    /** A turn that is over. */
    static void insertPast(Session session, Turn turn) throws SQLException {
        Message message = turn.message();
        Message reply = turn.reply();
        Failure failure = reply.failure();
        session.update(
                """
                insert into message (chat_id, seq, id, content, status, attempt, created_at, completed_at, model,
                    finish_reason, failure_code, failure_message, failure_status, options)
                values (?, ?, ?, ?, ?, 1, ?, ?, null, null, null, null, null, null),
                    (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?::json)
                """,
                message.chatId(),
                message.seq(),
                message.id(),
                message.content(),
                message.status(),
                message.createdAt(),
                message.completedAt(),
                reply.chatId(),
                reply.seq(),
                reply.id(),
                reply.content(),
                reply.status(),
                reply.createdAt(),
                reply.completedAt(),
                reply.model(),
                reply.finishReason(),
                failure == null ? null : failure.code(),
                failure == null ? null : failure.message(),
                failure == null ? null : failure.providerStatus(),
                written(reply.options()));
    }

    private static @Nullable String written(@Nullable Options options) {
        try {
            return options == null ? null : JSON.writeValueAsString(options);
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("options can't be written as JSON", unwritable);
        }
    }

    private static @Nullable Options options(ResultSet row) throws SQLException {
        String json = row.getString("options");
        try {
            return json == null ? null : JSON.readValue(json, Options.class);
        } catch (JsonProcessingException unreadable) {
            throw new IllegalStateException("the store has unreadable JSON");
        }
    }

    /** Ends a reply, which the caller has taken out of pending, and counts what it has used. */
    static void end(
            Session session,
            UUID chatId,
            int seq,
            @Nullable String model,
            Outcome outcome,
            Instant now)
            throws SQLException {
        Usage usage = outcome.usage();
        Failure failure = outcome.failure();
        session.update(
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
                """,
                chatId,
                seq,
                outcome.content(),
                outcome.status(),
                now,
                model,
                outcome.finishReason(),
                usage == null ? null : usage.inputTokens(),
                usage == null ? null : usage.outputTokens(),
                failure == null ? null : failure.code(),
                failure == null ? null : failure.message(),
                failure == null || failure.retryAfter() == null
                        ? null
                        : (int) failure.retryAfter().toSeconds(),
                failure == null ? null : failure.providerStatus(),
                chatId,
                seq,
                now,
                usage == null ? null : usage.inputTokens(),
                usage == null ? null : usage.inputTokens(),
                usage == null ? null : usage.outputTokens(),
                usage == null ? null : usage.outputTokens(),
                chatId);
    }

    /** Puts a reply that is over back to where it was when it was accepted, for a new attempt. */
    static void requeue(Session session, Message reply) throws SQLException {
        session.update(
                """
                update message set content = '', status = null, attempt = attempt + 1, completed_at = null,
                    model = null, finish_reason = null, input_tokens = null, output_tokens = null,
                    failure_code = null, failure_message = null, failure_retry_s = null, failure_status = null
                where chat_id = ? and seq = ?
                """,
                reply.chatId(),
                reply.seq());
    }

    static Message of(ResultSet row) throws SQLException {
        int seq = row.getInt("seq");
        String status = row.getString("status");
        int run = row.getInt("run");
        boolean waits = run == 0;
        String code = row.getString("failure_code");
        String reason = row.getString("finish_reason");
        String running = row.getString("running");
        return new Message(
                row.getObject("id", UUID.class),
                row.getObject("chat_id", UUID.class),
                seq,
                seq % 2 == 1 ? Role.USER : Role.ASSISTANT,
                status == null ? (running == null ? "" : running) : row.getString("content"),
                status != null
                        ? Status.valueOf(status)
                        : waits ? Status.QUEUED : Status.IN_PROGRESS,
                row.getInt("attempt"),
                instant(row, "created_at"),
                status == null ? null : instant(row, "completed_at"),
                status == null && waits ? null : row.getString("model"),
                reason == null ? null : FinishReason.valueOf(reason),
                usage(row),
                code == null
                        ? null
                        : new Failure(
                                ErrorCode.valueOf(code),
                                row.getString("failure_message"),
                                seconds(row, "failure_retry_s"),
                                row.getObject("failure_status", Integer.class)),
                options(row));
    }

    static @Nullable Usage usage(ResultSet row) throws SQLException {
        long input = row.getLong("input_tokens");
        return row.wasNull() ? null : new Usage(input, row.getLong("output_tokens"));
    }

    static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    private static @Nullable Duration seconds(ResultSet row, String column) throws SQLException {
        int seconds = row.getInt(column);
        return row.wasNull() ? null : Duration.ofSeconds(seconds);
    }

    private static @Nullable Object[] prefixed(Object first, @Nullable Object[] rest) {
        @Nullable Object[] all = new Object[rest.length + 1];
        all[0] = first;
        System.arraycopy(rest, 0, all, 1, rest.length);
        return all;
    }
}

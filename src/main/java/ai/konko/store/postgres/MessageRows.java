package ai.konko.store.postgres;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Message;
import ai.konko.chat.Options;
import ai.konko.chat.Page;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Role;
import ai.konko.chat.Status;
import ai.konko.chat.Turn;
import com.fasterxml.jackson.core.type.TypeReference;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads messages; those that this process runs have their newest text. */
final class MessageRows {
    private static final TypeReference<Options> OPTIONS = new TypeReference<>() {};

    /** Messages of more bytes have more characters than a page: UTF-8 takes three at most each. */
    private static final long MOST_PAGE_BYTES = 3L * Page.MOST_CHARACTERS;

    /**
     * To be followed by a condition on {@code m}. It reads the chat too, see {@link
     * DeletedMessages}.
     */
    private static final String SELECT =
            """
            select m.chat_id, m.seq, m.id, m.content, m.status, m.attempt, m.created_at, m.completed_at,
                coalesce(m.model, p.model) as model, m.finish_reason, m.input_tokens, m.output_tokens,
                m.cached_tokens, m.reasoning_tokens, coalesce(m.items, p.items) as items, m.failure_code, m.failure_message, m.failure_retry_s, m.failure_status,
                m.options, p.run,
                case when p.run > 0 then
                    (select string_agg(t.text, '' order by t.start) from piece t
                     where t.chat_id = p.chat_id and t.seq = p.seq and t.run = p.run) end as running
            from message m join chat c on c.id = m.chat_id
            left join pending p on p.chat_id = m.chat_id and p.seq = m.seq
            """;

    /**
     * The seqs of a page's messages, of which it is given one more than the page has: this shows
     * that there are more. It looks at lengths alone, because PostgreSQL knows them without reading
     * the texts. Of items it counts as many bytes as their characters may take.
     */
    static final String SEQS =
            """
            from (
                select seq, sum(octet_length(content) + 3::bigint * coalesce(items_length, 0)) over (
                    order by seq %1$s rows between unbounded preceding and 2 preceding)
                from (%2$s) as page) as sums (seq, earlier)
            where coalesce(earlier, 0) <= ?
            """;

    private static final String PAGE =
            "m.seq %1$s ? and m.seq %2$s= (select %3$s(seq) "
                    + SEQS.formatted(
                            "%4$s",
                            """
                            select seq, content, items_length from message
                            where chat_id = ? and seq %1$s ? order by seq %4$s limit ?
                            """)
                    + ") order by m.seq %4$s";

    private static final String FORWARD = PAGE.formatted(">", "<", "max", "asc");
    private static final String BACKWARD = PAGE.formatted("<", ">", "min", "desc");

    private final RunningReplies running;

    MessageRows(RunningReplies running) {
        this.running = running;
    }

    /** Those of one chat for which {@code condition} holds. */
    private List<Message> list(Session session, UUID chatId, String condition, Object... parameters)
            throws SQLException {
        ReplyRun run = running.find(chatId);
        ReplyRun.Tail tail = run == null ? null : run.tail(); // before the rest is read
        List<Object> all = new ArrayList<>(List.of(chatId));
        all.addAll(List.of(parameters));
        return session.list(
                SELECT + "where m.chat_id = ? and " + condition,
                row -> {
                    Message message = of(row);
                    return run != null
                                    && tail != null
                                    && message.status() == Status.IN_PROGRESS
                                    && run.isOf(message.id(), message.attempt())
                                    && run.number == row.getInt("run")
                            ? ReplyRun.complete(message, tail)
                            : message;
                },
                all.toArray());
    }

    /**
     * @throws RefusedException if there is no such message, or no such chat
     */
    Message get(Session session, UUID chatId, UUID id) throws SQLException {
        List<Message> found = requireChat(session, chatId, list(session, chatId, "m.id = ?", id));
        if (found.isEmpty()) {
            throw RefusedException.messageNotFound();
        }
        return found.getFirst();
    }

    Message reply(Session session, UUID chatId, UUID id) throws SQLException {
        return get(session, chatId, id).requireReply();
    }

    Page<Message> page(Session session, UUID chatId, MessageQuery query) throws SQLException {
        boolean forward = query.order() == Order.ASC;
        int start = forward ? 0 : Integer.MAX_VALUE;
        int after = query.after() == null ? start : query.after();
        int limit = query.limit() + 1;
        String text = query.text();
        List<Message> found;
        if (text == null) {
            String condition = forward ? FORWARD : BACKWARD;
            found = list(session, chatId, condition, after, chatId, after, limit, MOST_PAGE_BYTES);
        } else {
            found =
                    list(
                            session,
                            chatId,
                            FoundMessages.condition(query.order()),
                            FoundMessages.parameters(chatId, after, text, limit, MOST_PAGE_BYTES));
        }
        return Page.of(requireChat(session, chatId, found), query.limit());
    }

    /** See {@link ChatRepository#context}. */
    List<Turn> context(Session session, UUID chatId, int beforeSeq, int maxTurns, long mostBytes)
            throws SQLException {
        List<Message> messages =
                list(session, chatId, ContextRows.NEWEST, chatId, beforeSeq, maxTurns, mostBytes);
        return requireChat(session, chatId, turns(messages));
    }

    /** If nothing is found, the chat may be gone. */
    static <T> List<T> requireChat(Session session, UUID chatId, List<T> found)
            throws SQLException {
        if (found.isEmpty()) {
            ChatRows.require(session, chatId);
        }
        return found;
    }

    /** When the message at this place was made; null if there is none. */
    static @Nullable Instant createdAt(Session session, UUID chatId, int seq) throws SQLException {
        return session.first(
                        "select created_at from message where chat_id = ? and seq = ?",
                        row -> Columns.instant(row, "created_at"),
                        chatId,
                        seq)
                .orElse(null);
    }

    Turn turnOf(Session session, UUID chatId, int replySeq) throws SQLException {
        String condition = "m.seq in (?, ?) order by m.seq";
        List<Message> both = list(session, chatId, condition, replySeq - 1, replySeq);
        return new Turn(both.get(0), both.get(1));
    }

    /** The turn of a message, and those right before and after it. */
    List<Turn> around(Session session, UUID chatId, int seq) throws SQLException {
        int reply = seq + seq % 2;
        String condition = "m.seq between ? and ? order by m.seq";
        return turns(list(session, chatId, condition, reply - 3, reply + 2));
    }

    private static List<Turn> turns(List<Message> messages) {
        List<Turn> turns = new ArrayList<>();
        for (int i = 0; i < messages.size(); i += 2) {
            turns.add(new Turn(messages.get(i), messages.get(i + 1)));
        }
        return List.copyOf(turns);
    }

    /** The replies that are not over, oldest first. */
    List<Message> unfinished(Session session, UUID chatId) throws SQLException {
        return list(session, chatId, "p.seq is not null order by m.seq");
    }

    private static Message of(ResultSet row) throws SQLException {
        int seq = row.getInt("seq");
        String status = row.getString("status");
        int run = row.getInt("run");
        boolean waits = run == 0;
        String code = row.getString("failure_code");
        String reason = row.getString("finish_reason");
        String running = row.getString("running");
        String options = row.getString("options");
        return new Message(
                row.getObject("id", UUID.class),
                row.getObject("chat_id", UUID.class),
                seq,
                seq % 2 == 1 ? Role.USER : Role.ASSISTANT,
                status == null ? (running == null ? "" : running) : row.getString("content"),
                Columns.items(row, "items"),
                status != null
                        ? Status.valueOf(status)
                        : waits ? Status.QUEUED : Status.IN_PROGRESS,
                row.getInt("attempt"),
                Columns.instant(row, "created_at"),
                status == null ? null : Columns.instant(row, "completed_at"),
                status == null && waits ? null : row.getString("model"),
                reason == null ? null : FinishReason.valueOf(reason),
                Columns.usage(row),
                code == null
                        ? null
                        : new Failure(
                                ErrorCode.valueOf(code),
                                row.getString("failure_message"),
                                Columns.seconds(row, "failure_retry_s"),
                                row.getObject("failure_status", Integer.class)),
                options == null ? null : Columns.read(options, OPTIONS));
    }
}

package ai.konko.store.postgres;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.Item;
import ai.konko.chat.Message;
import ai.konko.chat.StartOptions;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads what the next turn has to know of those that are over. */
final class ContextRows {
    /** {@link Message#isAnswer} as a condition: only replies that are over have a content here. */
    private static final String IS_ANSWER =
            "a.seq % 2 = 0 and (a.content <> '' or a.call_ids is not null)";

    /** {@link Message#isContext} as a condition; the index {@code message_context} has the same. */
    private static final String IS_CONTEXT =
            """
            a.seq % 2 = 0 and (a.content <> '' or a.call_ids is not null
                or (a.status is not null and a.options ->> 'unanswered' = 'true'))
            """;

    /** The newest turns of the chat {@code :chat} that are context, as a condition on {@code m}. */
    private static final String NEWEST_OF =
            """
            m.seq = any (array(
                select s from (
                    select seq, sum(bytes) over (
                        order by seq desc rows between unbounded preceding and 1 preceding), max(cut) over ()
                    from (
                        select a.seq, octet_length(a.content) + coalesce(a.items_length, 0), a.window_from
                        from message a where a.chat_id = :chat and a.seq < ? and %s
                        order by a.seq desc limit ?) as answers (seq, bytes, cut)) as newest (seq, newer, cut),
                lateral (values (newest.seq - 1), (newest.seq)) as both_of_it (s)
                where coalesce(newest.newer, 0) <= ?:window))
            """
                    .formatted(IS_CONTEXT);

    /** Those of one chat, in order. */
    static final String NEWEST =
            NEWEST_OF.replace(":chat", "?").replace(":window", "") + "order by m.seq\n";

    /**
     * Those that are in the window: of the cuts among them, the newest is the one that begins last.
     */
    private static final String IN_WINDOW =
            NEWEST_OF.replace(":window", " and newest.seq > coalesce(newest.cut, 0)");

    private static final String SAID =
            "select m.chat_id, m.seq, m.attempt, m.content, m.items from message m where m.chat_id = :chat and ";

    /** It reads the chat too, see {@link DeletedMessages}. */
    private static final String OF_ONE =
            SAID.replace("message m", "message m join chat c on c.id = m.chat_id")
                            .replace(":chat", "?")
                    + IN_WINDOW.replace(":chat", "?")
                    + "order by m.seq\n";

    private static final String OF_IDLE =
            """
            select m.* from (
                select id from unnest(?::uuid[], ?::text[]) as a (id, known)
                where not exists (select from pending p where p.chat_id = a.id)
                    and not exists (select from chat k where k.id = a.id and k.xmin::text = a.known)
                offset 0) as c, lateral (
            """
                    + (SAID + IN_WINDOW).replace(":chat", "c.id")
                    + ") as m order by m.chat_id, m.seq";

    private ContextRows() {}

    /** What the model is sent of a message. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares them
    record Said(UUID chatId, int seq, int attempt, byte[] text, List<Item> items) {
        private static Said of(ResultSet row) throws SQLException {
            return new Said(
                    row.getObject("chat_id", UUID.class),
                    row.getInt("seq"),
                    row.getInt("attempt"),
                    row.getString("content").getBytes(StandardCharsets.UTF_8),
                    Columns.items(row, "items"));
        }

        private ContextTurn with(Said reply) {
            return new ContextTurn(
                    reply.seq,
                    reply.attempt,
                    ContextTurn.joined(text, text.length, reply.text),
                    text.length,
                    items,
                    reply.items);
        }
    }

    /** See {@link ChatRepository#recall}. */
    static List<ContextTurn> recall(
            Session session, UUID chatId, int beforeSeq, int maxTurns, long mostBytes)
            throws SQLException {
        List<Said> said =
                session.list(OF_ONE, Said::of, chatId, chatId, beforeSeq, maxTurns, mostBytes);
        return MessageRows.requireChat(session, chatId, turns(said));
    }

    /**
     * The same of chats with nothing in line, to be sorted {@linkplain #byChat by chat}.
     *
     * @param known of each chat the version that is known already, see {@link ChatRows.Locked}:
     *     nothing is read of it; null for none
     * @param context how many of each
     */
    static Query<Said> ofIdle(UUID[] chats, @Nullable String[] known, StartOptions context) {
        return new Query<>(
                OF_IDLE,
                Said::of,
                chats,
                known,
                Integer.MAX_VALUE,
                context.maxTurns(),
                context.mostBytes());
    }

    static Map<UUID, List<ContextTurn>> byChat(List<Said> said) {
        Map<UUID, List<Said>> sorted = new HashMap<>();
        for (Said each : said) {
            sorted.computeIfAbsent(each.chatId, _ -> new ArrayList<>()).add(each);
        }
        Map<UUID, List<ContextTurn>> turns = new HashMap<>();
        sorted.forEach((chat, messages) -> turns.put(chat, turns(messages)));
        return turns;
    }

    private static List<ContextTurn> turns(List<Said> said) {
        List<ContextTurn> turns = new ArrayList<>(said.size() / 2);
        for (int i = 0; i < said.size(); i += 2) {
            turns.add(said.get(i).with(said.get(i + 1)));
        }
        return List.copyOf(turns);
    }

    /**
     * @return the seq of the last reply that {@linkplain Message#isAnswer is an answer}; 0 if there
     *     is none
     */
    static int answeredThrough(Session session, UUID chatId) throws SQLException {
        return session.first(
                        "select a.seq from message a where a.chat_id = ? and %s order by a.seq desc limit 1"
                                .formatted(IS_ANSWER),
                        row -> row.getInt(1),
                        chatId)
                .orElse(0);
    }

    /** The ids of all calls of the chat's replies that are over and before this seq. */
    static Set<String> callIds(Session session, UUID chatId, int before) throws SQLException {
        return Set.copyOf(
                session.list(
                        """
                        select distinct unnest(call_ids) from message
                        where chat_id = ? and seq < ? and call_ids is not null
                        """,
                        row -> row.getString(1),
                        chatId,
                        before));
    }
}

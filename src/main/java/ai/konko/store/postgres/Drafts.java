package ai.konko.store.postgres;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The replies that this process runs, at most one of each chat. Their text is taken in without
 * waiting, and flushed to the database from time to time.
 *
 * <p>One flush carries the text of many replies, to save round trips. They have nothing to do with
 * each other, and each is only taken if its reply is still this process' own.
 */
final class Drafts {
    /** How many replies' text one statement carries. */
    private static final int ROWS = 500;

    private static final String FLUSH =
            """
            insert into piece (chat_id, seq, run, start, text)
            select t.chat_id, t.seq, t.run, t.start, t.text
            from unnest(?::uuid[], ?::int[], ?::int[], ?::int[], ?::int[], ?::text[])
                as t (chat_id, seq, attempt, run, start, text)
            join pending p on p.chat_id = t.chat_id and p.seq = t.seq
                and p.attempt = t.attempt and p.run = t.run and p.owner = ?
            order by t.chat_id
            for key share of p
            on conflict (chat_id, seq, run, start) do update set text = excluded.text
            """;

    private final UUID me;
    private final Map<UUID, Draft> byChat = new ConcurrentHashMap<>();

    Drafts(UUID me) {
        this.me = me;
    }

    void put(Draft draft) {
        byChat.put(draft.chatId, draft);
    }

    void remove(Draft draft) {
        byChat.remove(draft.chatId, draft);
    }

    @Nullable Draft find(UUID chatId) {
        return byChat.get(chatId);
    }

    @Nullable Draft find(UUID chatId, UUID replyId, int attempt) {
        Draft draft = byChat.get(chatId);
        return draft != null && draft.is(replyId, attempt) ? draft : null;
    }

    List<Draft> all() {
        return List.copyOf(byChat.values());
    }

    /** From now on this process runs nothing. */
    void forget() {
        byChat.clear();
    }

    /**
     * Flushes what there is.
     *
     * @param flushed is told the chats whose text was flushed
     */
    void flush(Database database, Consumer<UUID> flushed) {
        List<Draft> drafts = new ArrayList<>();
        List<Draft.Tail> tails = new ArrayList<>();
        for (Draft draft : byChat.values()) {
            Draft.Tail tail = draft.whole();
            if (!tail.text().isEmpty() && draft.confirmed) {
                drafts.add(draft);
                tails.add(tail);
            }
        }
        for (int from = 0; from < drafts.size(); from += ROWS) {
            int to = Math.min(drafts.size(), from + ROWS);
            List<Draft> some = drafts.subList(from, to);
            List<Draft.Tail> theirs = tails.subList(from, to);
            int _ = database.urgent(session -> insert(session, some, theirs));
            for (int i = 0; i < some.size(); i++) {
                some.get(i).flushed(theirs.get(i));
                flushed.accept(some.get(i).chatId);
            }
        }
    }

    private int insert(Session session, List<Draft> drafts, List<Draft.Tail> tails)
            throws SQLException {
        return session.update(
                FLUSH,
                drafts.stream().map(draft -> draft.chatId).toArray(UUID[]::new),
                drafts.stream().map(draft -> draft.seq).toArray(Integer[]::new),
                drafts.stream().map(draft -> draft.attempt).toArray(Integer[]::new),
                drafts.stream().map(draft -> draft.run).toArray(Integer[]::new),
                tails.stream().map(Draft.Tail::start).toArray(Integer[]::new),
                tails.stream().map(Draft.Tail::text).toArray(String[]::new),
                me);
    }
}

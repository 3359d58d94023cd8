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
 * The replies that this process runs, at most one of each chat. Their text is added without
 * waiting, and flushed to the database from time to time.
 *
 * <p>One flush carries the text of many replies, to save round trips. Each stands for itself: the
 * database takes its text only if the reply is still run by this process.
 */
final class RunningReplies {
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
    private final Map<UUID, ReplyRun> byChat = new ConcurrentHashMap<>();

    RunningReplies(UUID me) {
        this.me = me;
    }

    void put(ReplyRun run) {
        byChat.put(run.chatId, run);
    }

    void remove(@Nullable ReplyRun run) {
        if (run != null) {
            byChat.remove(run.chatId, run);
        }
    }

    @Nullable ReplyRun find(UUID chatId) {
        return byChat.get(chatId);
    }

    @Nullable ReplyRun find(UUID chatId, UUID replyId, int attempt) {
        ReplyRun run = byChat.get(chatId);
        return run != null && run.isOf(replyId, attempt) ? run : null;
    }

    /** Those whose start is committed. */
    List<ReplyRun> confirmed() {
        return byChat.values().stream().filter(run -> run.confirmed).toList();
    }

    /** From now on this process runs nothing. */
    void clear() {
        byChat.clear();
    }

    /**
     * Writes the text that the database does not have yet.
     *
     * @param flushed takes the chats whose text was written
     */
    void flush(Database database, Consumer<UUID> flushed) {
        List<ReplyRun> runs = new ArrayList<>();
        List<ReplyRun.Tail> tails = new ArrayList<>();
        for (ReplyRun run : byChat.values()) {
            ReplyRun.Tail tail = run.wholeCharacters();
            if (!tail.text().isEmpty() && run.confirmed) {
                runs.add(run);
                tails.add(tail);
            }
        }
        for (int from = 0; from < runs.size(); from += ROWS) {
            int to = Math.min(runs.size(), from + ROWS);
            List<ReplyRun> some = runs.subList(from, to);
            List<ReplyRun.Tail> theirs = tails.subList(from, to);
            int _ = database.urgent(session -> insert(session, some, theirs));
            for (int i = 0; i < some.size(); i++) {
                some.get(i).flushed(theirs.get(i));
                flushed.accept(some.get(i).chatId);
            }
        }
    }

    private int insert(Session session, List<ReplyRun> runs, List<ReplyRun.Tail> tails)
            throws SQLException {
        return session.update(
                FLUSH,
                runs.stream().map(run -> run.chatId).toArray(UUID[]::new),
                runs.stream().map(run -> run.seq).toArray(Integer[]::new),
                runs.stream().map(run -> run.attempt).toArray(Integer[]::new),
                runs.stream().map(run -> run.number).toArray(Integer[]::new),
                tails.stream().map(ReplyRun.Tail::start).toArray(Integer[]::new),
                tails.stream().map(ReplyRun.Tail::text).toArray(String[]::new),
                me);
    }
}

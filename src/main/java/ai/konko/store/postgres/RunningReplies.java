package ai.konko.store.postgres;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The replies that this process runs, at most one of each chat. Their text is added without
 * waiting, and flushed to the database from time to time.
 *
 * <p>One flush carries what is new of many replies, to save round trips. Each stands for itself:
 * the database takes it only if the reply is still run by this process.
 */
final class RunningReplies {
    /** How many replies one statement carries the news of. */
    private static final int ROWS = 500;

    /** Locks the replies in the order in which they also leave their lines. */
    private static final String FLUSH =
            """
            with news as (
                    select * from unnest(?::uuid[], ?::int[], ?::int[], ?::int[], ?::int[], ?::text[], ?::text[])
                        as n (chat_id, seq, attempt, run, start, text, items)),
                mine as materialized (
                    select n.chat_id, n.seq, n.run, n.start, n.text, n.items from news n
                    join pending p on p.chat_id = n.chat_id and p.seq = n.seq
                        and p.attempt = n.attempt and p.run = n.run and p.owner = ?
                    order by p.chat_id, p.seq
                    for no key update of p),
                with_items as (
                    update pending p set items = m.items::json from mine m
                    where p.chat_id = m.chat_id and p.seq = m.seq and m.items is not null)
            insert into piece (chat_id, seq, run, start, text)
            select chat_id, seq, run, start, text from mine where text <> ''
            on conflict (chat_id, seq, run, start) do update set text = excluded.text
            """;

    private final UUID me;
    private final Map<UUID, ReplyRun> byChat = new ConcurrentHashMap<>();

    /** Those that are being started: the database may have them already, or may never have. */
    private final Set<ReplyRun> starting = ConcurrentHashMap.newKeySet();

    RunningReplies(UUID me) {
        this.me = me;
    }

    /** Comes before the commit of the start, because then nobody must take the reply for lost. */
    void start(ReplyRun run) {
        starting.add(run);
    }

    /** The start is committed. */
    void started(ReplyRun run) {
        byChat.put(run.chatId, run);
        starting.remove(run);
    }

    void remove(@Nullable ReplyRun run) {
        if (run != null) {
            starting.remove(run);
            byChat.remove(run.chatId, run);
        }
    }

    /** That of the chat whose start is committed. */
    @Nullable ReplyRun find(UUID chatId) {
        return byChat.get(chatId);
    }

    @Nullable ReplyRun find(UUID chatId, UUID replyId, int attempt) {
        ReplyRun run = byChat.get(chatId);
        return run != null && run.isOf(replyId, attempt) ? run : null;
    }

    /** Whether this process runs the reply, or starts it. */
    boolean has(UUID chatId, UUID replyId, int attempt) {
        return starting.stream().anyMatch(each -> each.isOf(replyId, attempt))
                || find(chatId, replyId, attempt) != null;
    }

    /** Those whose start is committed. */
    List<ReplyRun> confirmed() {
        return List.copyOf(byChat.values());
    }

    /** From now on this process runs nothing. */
    void clear() {
        byChat.clear();
        starting.clear();
    }

    /** What is new of a reply. */
    private record News(ReplyRun run, ReplyRun.Tail tail) {}

    /**
     * Writes the text and the items that the database does not have yet.
     *
     * @param flushed takes the chats of these replies
     */
    void flush(Database database, Consumer<UUID> flushed) {
        List<News> all = new ArrayList<>();
        for (ReplyRun run : byChat.values()) {
            ReplyRun.Tail tail = run.unflushed();
            if (!tail.isEmpty()) {
                all.add(new News(run, tail));
            }
        }
        for (int from = 0; from < all.size(); from += ROWS) {
            List<News> some = all.subList(from, Math.min(all.size(), from + ROWS));
            int _ = database.urgent(session -> write(session, some));
            for (News each : some) {
                each.run.flushed(each.tail);
                flushed.accept(each.run.chatId);
            }
        }
    }

    private int write(Session session, List<News> all) throws SQLException {
        return session.update(
                FLUSH,
                all.stream().map(each -> each.run.chatId).toArray(UUID[]::new),
                all.stream().map(each -> each.run.seq).toArray(Integer[]::new),
                all.stream().map(each -> each.run.attempt).toArray(Integer[]::new),
                all.stream().map(each -> each.run.number).toArray(Integer[]::new),
                all.stream().map(each -> each.tail.start()).toArray(Integer[]::new),
                all.stream().map(each -> each.tail.text()).toArray(String[]::new),
                all.stream().map(each -> Columns.json(each.tail.items())).toArray(String[]::new),
                me);
    }
}

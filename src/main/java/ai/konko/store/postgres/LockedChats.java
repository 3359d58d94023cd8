package ai.konko.store.postgres;

import ai.konko.chat.ContextTurn;
import ai.konko.chat.RefusedException;
import ai.konko.chat.StartOptions;
import ai.konko.store.postgres.ContextRows.Said;
import ai.konko.store.postgres.PendingRows.Pending;
import ai.konko.store.postgres.TurnRows.Keyed;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Chats whose rows a transaction has locked, with what it has to know to decide what comes next in
 * each. That takes one round trip, however many they are.
 *
 * <p>All but the rows themselves is read by statements that come after the one that locks, because
 * a statement that waits for a lock sees other tables as they were before.
 */
final class LockedChats {
    /**
     * Few rows of each table are needed, and each by its key. Else, while a table is small, the
     * planner would read all of it, and go on so for as long as the plan lasts.
     */
    private static final String BY_KEY =
            """
            select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
                set_config('enable_mergejoin', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)
            """;

    private final Map<UUID, ChatRows.Locked> chats = new HashMap<>();
    private final Map<UUID, List<Pending>> lines = new HashMap<>();
    private final Map<UUID, Keyed> keyed = new HashMap<>();
    private @Nullable Map<UUID, List<ContextTurn>> contexts;

    private LockedChats() {}

    /**
     * The chat, if there is one. If somebody else has locked it, this waits.
     *
     * @param key see {@link #ofSome}
     * @param context see {@link #ofSome}
     */
    static LockedChats ofOne(
            Session session, UUID chatId, @Nullable String key, @Nullable StartOptions context)
            throws SQLException {
        return of(session, true, new UUID[] {chatId}, new @Nullable String[] {key}, context);
    }

    /**
     * Those of these chats that there are and nobody else has locked.
     *
     * @param ids each once
     * @param keys the idempotency key that is looked for in each; null for none
     * @param context how much of it is read of chats with nothing in line; null for none
     */
    static LockedChats ofSome(
            Session session, UUID[] ids, @Nullable String[] keys, @Nullable StartOptions context)
            throws SQLException {
        return of(session, false, ids, keys, context);
    }

    private static LockedChats of(
            Session session,
            boolean wait,
            UUID[] ids,
            @Nullable String[] keys,
            @Nullable StartOptions context)
            throws SQLException {
        Query<ChatRows.Locked> locked = ChatRows.locking(ids, wait);
        Query<Pending> waiting = PendingRows.lines(ids);
        List<Query<?>> all = new ArrayList<>(List.of(Query.command(BY_KEY), locked, waiting));
        Query<Keyed> known = TurnRows.keyed(ids, keys);
        if (hasAny(keys)) {
            all.add(known);
        }
        Query<Said> said =
                context == null || context.maxTurns() == 0
                        ? null
                        : ContextRows.ofIdle(ids, context);
        if (said != null) {
            all.add(said);
        }
        session.run(all);
        LockedChats found = new LockedChats();
        locked.rows().forEach(each -> found.chats.put(each.end().chatId(), each));
        waiting.rows().forEach(found::addToLine);
        known.rows().forEach(each -> found.keyed.put(each.chatId(), each));
        found.contexts = said == null ? null : ContextRows.byChat(said.rows());
        return found;
    }

    private static boolean hasAny(@Nullable String[] keys) {
        for (String each : keys) {
            if (each != null) {
                return true;
            }
        }
        return false;
    }

    private void addToLine(Pending reply) {
        lines.computeIfAbsent(reply.chatId(), _ -> new ArrayList<>()).add(reply);
    }

    /**
     * @return null if there is no such chat, or somebody else has locked it
     */
    ChatRows.@Nullable Locked chat(UUID chatId) {
        return chats.get(chatId);
    }

    /**
     * @throws RefusedException if there is no such chat
     */
    ChatRows.Locked require(UUID chatId) {
        ChatRows.Locked chat = chats.get(chatId);
        if (chat == null) {
            throw RefusedException.chatNotFound();
        }
        return chat;
    }

    /** The chat's replies that are not over, oldest first. */
    List<Pending> line(UUID chatId) {
        return lines.getOrDefault(chatId, List.of());
    }

    /** What the key stands for that was looked for; null if the chat does not have it. */
    @Nullable Keyed keyed(UUID chatId) {
        return keyed.get(chatId);
    }

    /** The chat's newest turns; null if they were not read. */
    @Nullable List<ContextTurn> context(UUID chatId) {
        return contexts == null ? null : contexts.getOrDefault(chatId, List.of());
    }
}

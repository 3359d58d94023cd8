package ai.konko.store.postgres;

import ai.konko.chat.ContextTurn;
import ai.konko.chat.RefusedException;
import ai.konko.chat.StartOptions;
import ai.konko.store.postgres.ContextRows.Said;
import ai.konko.store.postgres.KnownContexts.Known;
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
            select pg_current_xact_id()::xid::text, set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
                set_config('enable_mergejoin', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)
            """;

    private final Map<UUID, ChatRows.Locked> chats = new HashMap<>();
    private final Map<UUID, List<Pending>> lines = new HashMap<>();
    private final Map<UUID, Keyed> keyed = new HashMap<>();
    private final Map<UUID, Known> known = new HashMap<>();
    private @Nullable Map<UUID, List<ContextTurn>> read;
    private String transaction = "";

    private LockedChats() {}

    /**
     * The chat, if there is one. If somebody else has locked it, this waits.
     *
     * @param key see {@link #ofSome}
     * @param context see {@link #ofSome}
     */
    static LockedChats ofOne(
            Session session,
            UUID chatId,
            @Nullable String key,
            @Nullable StartOptions context,
            KnownContexts contexts)
            throws SQLException {
        return of(
                session,
                true,
                new UUID[] {chatId},
                new @Nullable String[] {key},
                context,
                contexts);
    }

    /**
     * Those of these chats that there are and nobody else has locked.
     *
     * @param ids each once
     * @param keys the idempotency key that is looked for in each; null for none
     * @param context how much of it is read of chats with nothing in line; null for none
     */
    static LockedChats ofSome(
            Session session,
            UUID[] ids,
            @Nullable String[] keys,
            @Nullable StartOptions context,
            KnownContexts contexts)
            throws SQLException {
        return of(session, false, ids, keys, context, contexts);
    }

    private static LockedChats of(
            Session session,
            boolean wait,
            UUID[] ids,
            @Nullable String[] keys,
            @Nullable StartOptions context,
            KnownContexts contexts)
            throws SQLException {
        LockedChats found = new LockedChats();
        Query<String> transaction = new Query<>(BY_KEY, row -> row.getString(1));
        Query<ChatRows.Locked> locked = ChatRows.locking(ids, wait);
        Query<Pending> waiting = PendingRows.lines(ids);
        List<Query<?>> all = new ArrayList<>(List.of(transaction, locked, waiting));
        Query<Keyed> keyed = TurnRows.keyed(ids, keys);
        if (hasAny(keys)) {
            all.add(keyed);
        }
        Query<Said> said =
                context == null || context.maxTurns() == 0
                        ? null
                        : ContextRows.ofIdle(ids, found.versions(ids, context, contexts), context);
        if (said != null) {
            all.add(said);
        }
        session.run(all);
        found.transaction = transaction.rows().getFirst();
        locked.rows().forEach(each -> found.chats.put(each.end().chatId(), each));
        waiting.rows().forEach(found::addToLine);
        keyed.rows().forEach(each -> found.keyed.put(each.chatId(), each));
        found.read = said == null ? null : ContextRows.byChat(said.rows());
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

    /** For each chat the version whose context is known; null for none. */
    private @Nullable String[] versions(UUID[] ids, StartOptions context, KnownContexts contexts) {
        @Nullable String[] versions = new @Nullable String[ids.length];
        for (int i = 0; i < ids.length; i++) {
            Known its = contexts.of(ids[i], context);
            if (its != null) {
                known.put(ids[i], its);
                versions[i] = its.version();
            }
        }
        return versions;
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

    /** The newest turns of a chat with nothing in line; null if they were not read. */
    @Nullable List<ContextTurn> context(UUID chatId) {
        if (read == null) {
            return null;
        }
        Known its = known.get(chatId);
        ChatRows.Locked chat = require(chatId);
        if (its == null || !its.version().equals(chat.version())) {
            return read.getOrDefault(chatId, List.of());
        }
        return its.is(chat) ? its.turns() : null;
    }

    /** The version of what this transaction changes, see {@link ChatRows.Locked}. */
    String transaction() {
        return transaction;
    }
}

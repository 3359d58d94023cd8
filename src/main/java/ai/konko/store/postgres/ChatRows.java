package ai.konko.store.postgres;

import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.Highlights;
import ai.konko.chat.LogEnd;
import ai.konko.chat.Memory;
import ai.konko.chat.Message;
import ai.konko.chat.NewChat;
import ai.konko.chat.Owner;
import ai.konko.chat.Page;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Settings;
import com.fasterxml.jackson.core.type.TypeReference;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Chats as rows. */
final class ChatRows {
    private static final TypeReference<LinkedHashMap<String, String>> STRINGS =
            new TypeReference<>() {};
    private static final TypeReference<Highlights> HIGHLIGHTS = new TypeReference<>() {};

    /** To be followed by a condition on {@code c}, or a join. */
    static final String SELECT =
            """
            select c.id, c.title, c.instructions, c.model, c.metadata, c.parameters, c.memory, c.waiting,
                c.message_count, c.input_tokens, c.output_tokens, c.cached_tokens, c.reasoning_tokens,
                c.completion, c.created_at, c.updated_at,
                exists (select 1 from pending p where p.chat_id = c.id) as busy
            from chat c
            """;

    /**
     * An owner's chats before one, as a condition on {@code c}. It comes with the order that only
     * the index on both has: with {@code owner = ?} the planner could read the chats of all owners
     * by their key.
     */
    static final String OF_OWNER = "(c.owner, c.id) < (?, ?) and c.owner >= ?";

    static final String NEWEST_FIRST = " order by c.owner desc, c.id desc limit ";

    /** Comes after all chats. */
    static final UUID LAST_ID = new UUID(-1, -1);

    /**
     * The limit of a list is told in such steps, not by a parameter, which the planner takes for a
     * tenth of all rows: so it would make a new plan for each list if an owner has many chats.
     */
    private static final int STEP = 8;

    private static final String LOCK =
            """
            select id, title, instructions, model, metadata, parameters, memory, waiting, message_count,
                last_id, updated_at, clock_timestamp() as now, xmin::text as version, summarized
            from chat where id %s for no key update
            """;

    private ChatRows() {}

    /**
     * A chat's row, locked until the transaction is over.
     *
     * @param waiting see {@link Chat}
     * @param timeOfChange see {@link Chat#timeOfChange}; by the database's clock
     * @param version the transaction that has changed the row last
     * @param summarized see {@link ai.konko.chat.Started}
     */
    record Locked(
            LogEnd end,
            boolean waiting,
            Settings settings,
            Instant updatedAt,
            Instant timeOfChange,
            String version,
            int summarized) {}

    /**
     * Comes first in each transaction that changes a chat.
     *
     * @throws RefusedException if there is no such chat
     */
    static Locked lock(Session session, UUID chatId) throws SQLException {
        return session.first(LOCK.formatted("= ?"), ChatRows::locked, chatId)
                .orElseThrow(RefusedException::chatNotFound);
    }

    /**
     * Locks those of these chats that there are.
     *
     * @param wait whether those that somebody else has locked are waited for; else they are left
     */
    static Query<Locked> locking(UUID[] chats, boolean wait) {
        return new Query<>(
                LOCK.formatted("= any(?)") + (wait ? "" : " skip locked"),
                ChatRows::locked,
                (Object) chats);
    }

    private static Locked locked(ResultSet row) throws SQLException {
        UUID chatId = row.getObject("id", UUID.class);
        UUID lastId = row.getObject("last_id", UUID.class);
        Instant updatedAt = Columns.instant(row, "updated_at");
        return new Locked(
                new LogEnd(chatId, row.getInt("message_count"), lastId),
                row.getBoolean("waiting"),
                settings(row),
                updatedAt,
                Chat.timeOfChange(updatedAt, Columns.instant(row, "now")),
                row.getString("version"),
                row.getInt("summarized"));
    }

    /** The id of the owner's chat that was created last. */
    static Optional<UUID> newest(Session session, Owner owner) throws SQLException {
        return session.first(
                "select id from chat where owner = ? order by id desc limit 1",
                row -> row.getObject(1, UUID.class),
                owner.name());
    }

    static Chat insert(Session session, UUID id, NewChat wanted) throws SQLException {
        Settings settings = wanted.settings();
        Integer completion = wanted.completion();
        return session.first(
                        """
                        insert into chat (id, owner, title, instructions, model, metadata, parameters, memory, completion, request,
                            created_at, updated_at)
                        select ?, ?, ?, ?, ?, ?::json, ?::json, ?::json, ?::integer, ?::uuid, t.now, t.now from date_trunc('milliseconds', now()) as t (now)
                        returning created_at
                        """,
                        row -> Columns.instant(row, "created_at"),
                        id,
                        wanted.owner().name(),
                        settings.title(),
                        settings.instructions(),
                        settings.model(),
                        Columns.json(settings.metadata()),
                        Columns.jsonOrNull(settings.parameters()),
                        Columns.jsonOrNull(settings.memory().values()),
                        completion,
                        RequestRows.digest(wanted.request()))
                .map(now -> new Chat(id, settings, false, false, 0, null, completion, now, now))
                .orElseThrow();
    }

    static void update(Session session, UUID id, Settings settings, Instant now)
            throws SQLException {
        session.update(
                """
                update chat set title = ?, instructions = ?, model = ?, metadata = ?::json, parameters = ?::json,
                    memory = ?::json, updated_at = ?
                where id = ?
                """,
                settings.title(),
                settings.instructions(),
                settings.model(),
                Columns.json(settings.metadata()),
                Columns.jsonOrNull(settings.parameters()),
                Columns.jsonOrNull(settings.memory().values()),
                now,
                id);
    }

    /** Makes this message, which is new, the chat's last. */
    static void endWith(Session session, Message last) throws SQLException {
        session.update(
                "update chat set message_count = ?, last_id = ?, waiting = ?, updated_at = ? where id = ?",
                last.seq(),
                last.id(),
                last.waits(),
                last.createdAt(),
                last.chatId());
    }

    /** The calls of the chat's last reply have ended without outputs. */
    static void waitNoMore(Session session, UUID id, Instant now) throws SQLException {
        session.update("update chat set waiting = false, updated_at = ? where id = ?", now, id);
    }

    /** Removes highlights that have taken the reply in, because it runs again. */
    static void requeue(Session session, Message reply, Instant now) throws SQLException {
        session.update(
                """
                update chat set updated_at = ?, highlights = case
                    when (highlights ->> 'through')::int < ? then highlights
                    when (highlights ->> 'erasures')::int > 0 then json_build_object('points', json_build_array(),
                        'asked', 0, 'by', 'EXTRACT', 'through', 0, 'erasures', highlights -> 'erasures') end
                where id = ?
                """,
                now,
                reply.seq(),
                reply.chatId());
    }

    /**
     * Takes note that something of the chat was erased.
     *
     * @param waits whether calls of the last reply wait now
     */
    static void erased(Session session, Locked chat, boolean waits) throws SQLException {
        UUID id = chat.end().chatId();
        Highlights kept = highlights(session, id).orElse(null);
        session.update(
                "update chat set updated_at = ?, waiting = ?, highlights = ?::json where id = ?",
                chat.timeOfChange(),
                waits,
                Columns.json(Highlights.afterErasure(kept)),
                id);
    }

    /**
     * Removes the chat and all that belongs to it except its usage. Attachments go with its row.
     * Gigabytes of them take seconds, so the bound of other statements does not hold.
     */
    static void delete(Session session, Locked chat) throws SQLException {
        UUID id = chat.end().chatId();
        UsageRows.detach(session, id);
        session.update("delete from pending where chat_id = ?", id);
        session.update("delete from piece where chat_id = ?", id);
        int _ =
                session.slowly(
                        slow -> {
                            DeletedMessages.remove(slow, id, chat.end().seq());
                            return slow.update("delete from chat where id = ?", id);
                        });
    }

    static Chat get(Session session, UUID id) throws SQLException {
        return session.first(SELECT + "where c.id = ?", ChatRows::of, id)
                .orElseThrow(RefusedException::chatNotFound);
    }

    static Owner owner(Session session, UUID id) throws SQLException {
        return session.first(
                        "select owner from chat where id = ?",
                        row -> new Owner(row.getString(1)),
                        id)
                .orElseThrow(RefusedException::chatNotFound);
    }

    static void require(Session session, UUID id) throws SQLException {
        boolean _ =
                session.first("select 1 from chat where id = ?", _ -> true, id)
                        .orElseThrow(RefusedException::chatNotFound);
    }

    /** The newest first: an owner's chats have growing ids. */
    static Page<Chat> list(Session session, ChatQuery query) throws SQLException {
        if (query.text() != null) {
            return SearchedChats.page(session, query);
        }
        String owner = query.owner().name();
        UUID before = query.before() == null ? LAST_ID : query.before();
        int rows = (query.limit() + STEP) / STEP * STEP; // one more than the limit, or some
        return Page.of(
                session.list(
                        SELECT + "where " + OF_OWNER + NEWEST_FIRST + rows,
                        ChatRows::of,
                        owner,
                        before,
                        owner),
                query.limit());
    }

    static Optional<Highlights> highlights(Session session, UUID id) throws SQLException {
        return session.first(
                        "select highlights from chat where id = ?",
                        row -> Optional.ofNullable(row.getString("highlights")),
                        id)
                .orElseThrow(RefusedException::chatNotFound)
                .map(json -> Columns.read(json, HIGHLIGHTS));
    }

    static boolean keep(Session session, UUID id, Highlights highlights) throws SQLException {
        String sql = "update chat set highlights = ?::json where id = ?";
        return session.update(sql, Columns.json(highlights), id) > 0;
    }

    static Chat of(ResultSet row) throws SQLException {
        return new Chat(
                row.getObject("id", UUID.class),
                settings(row),
                row.getBoolean("busy"),
                row.getBoolean("waiting"),
                row.getInt("message_count"),
                Columns.usage(row),
                row.getObject("completion", Integer.class),
                Columns.instant(row, "created_at"),
                Columns.instant(row, "updated_at"));
    }

    private static Settings settings(ResultSet row) throws SQLException {
        String metadata = row.getString("metadata");
        Map<String, String> entries =
                "{}".equals(metadata) ? Map.of() : Columns.read(metadata, STRINGS);
        return new Settings(
                row.getString("title"),
                row.getString("instructions"),
                row.getString("model"),
                entries,
                Columns.values(row, "parameters"),
                Memory.of(Columns.values(row, "memory")));
    }
}

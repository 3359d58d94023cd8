package ai.konko.store.postgres;

import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.Highlights;
import ai.konko.chat.LogEnd;
import ai.konko.chat.Message;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Settings;
import com.fasterxml.jackson.core.type.TypeReference;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Chats as rows. */
final class ChatRows {
    private static final TypeReference<LinkedHashMap<String, String>> STRINGS =
            new TypeReference<>() {};
    private static final TypeReference<Highlights> HIGHLIGHTS = new TypeReference<>() {};

    private static final String SELECT =
            """
            select c.id, c.title, c.instructions, c.model, c.metadata, c.message_count, c.input_tokens,
                c.output_tokens, c.created_at, c.updated_at,
                exists (select 1 from pending p where p.chat_id = c.id) as busy
            from chat c
            """;

    /** Whether a text contains another one, as the search compares them. */
    private static final String LIKE = "konko_folded(%s) like konko_folded(?)";

    private ChatRows() {}

    /**
     * A chat's row, locked until the transaction is over.
     *
     * @param now by the database's clock
     */
    record Locked(LogEnd end, Settings settings, Instant updatedAt, Instant now) {

        /** Now, or when the chat changed last, if the database's clock has gone back since. */
        Instant later() {
            return now.isBefore(updatedAt) ? updatedAt : now;
        }
    }

    /**
     * Everybody who changes a chat goes through here first.
     *
     * @throws RefusedException if there is no such chat
     */
    static Locked lock(Session session, UUID chatId) throws SQLException {
        return session.first(
                        """
                        select title, instructions, model, metadata, message_count, last_id, updated_at,
                            date_trunc('milliseconds', clock_timestamp()) as now
                        from chat where id = ? for no key update
                        """,
                        row ->
                                new Locked(
                                        new LogEnd(
                                                chatId,
                                                row.getInt("message_count"),
                                                row.getObject("last_id", UUID.class)),
                                        settings(row),
                                        MessageRows.instant(row, "updated_at"),
                                        MessageRows.instant(row, "now")),
                        chatId)
                .orElseThrow(RefusedException::chatNotFound);
    }

    /**
     * @return the id of the owner's chat that was created last
     */
    static Optional<UUID> newest(Session session, Owner owner) throws SQLException {
        return session.first(
                "select id from chat where owner = ? order by id desc limit 1",
                row -> row.getObject(1, UUID.class),
                owner.name());
    }

    static Chat insert(Session session, UUID id, Owner owner, Settings settings)
            throws SQLException {
        return session.first(
                        """
                        insert into chat (id, owner, title, instructions, model, metadata, created_at, updated_at)
                        select ?, ?, ?, ?, ?, ?::json, t.now, t.now from date_trunc('milliseconds', now()) as t (now)
                        returning created_at
                        """,
                        row -> MessageRows.instant(row, "created_at"),
                        id,
                        owner.name(),
                        settings.title(),
                        settings.instructions(),
                        settings.model(),
                        JsonColumn.written(settings.metadata()))
                .map(now -> new Chat(id, settings, false, 0, null, now, now))
                .orElseThrow();
    }

    /** By the database's clock. */
    static Instant now(Session session) throws SQLException {
        return session.first(
                        "select clock_timestamp() as now", row -> MessageRows.instant(row, "now"))
                .orElseThrow();
    }

    static void update(Session session, UUID id, Settings settings, Instant now)
            throws SQLException {
        session.update(
                """
                update chat set title = ?, instructions = ?, model = ?, metadata = ?::json, updated_at = ?
                where id = ?
                """,
                settings.title(),
                settings.instructions(),
                settings.model(),
                JsonColumn.written(settings.metadata()),
                now,
                id);
    }

    /** The chat ends with this message now, which was just made. */
    static void endsWith(Session session, Message last) throws SQLException {
        session.update(
                "update chat set message_count = ?, last_id = ?, updated_at = ? where id = ?",
                last.seq(),
                last.id(),
                last.createdAt(),
                last.chatId());
    }

    /** A reply runs again, so highlights that have taken it in are gone. */
    static void runsAgain(Session session, Message reply, Instant now) throws SQLException {
        session.update(
                """
                update chat set updated_at = ?, highlights = case
                    when (highlights ->> 'through')::int >= ? then null else highlights end
                where id = ?
                """,
                now,
                reply.seq(),
                reply.chatId());
    }

    /** Removes the chat and all that belongs to it, but not what it has used. */
    static void delete(Session session, UUID id) throws SQLException {
        UsageRows.detach(session, id);
        session.update("delete from pending where chat_id = ?", id);
        session.update("delete from piece where chat_id = ?", id);
        session.update("delete from message where chat_id = ?", id);
        session.update("delete from chat where id = ?", id);
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

    /**
     * Some chats that have not changed since {@code before}, those with the least ids first.
     *
     * @param after only ids greater than this one
     * @param until only ids less than this one
     */
    static List<UUID> idle(Session session, Instant before, UUID after, UUID until, int most)
            throws SQLException {
        return session.list(
                """
                select id from chat where id > ? and id < ? and updated_at <= ? order by id limit ?
                """,
                row -> row.getObject(1, UUID.class),
                after,
                until,
                before,
                most);
    }

    static void require(Session session, UUID id) throws SQLException {
        boolean _ =
                session.first("select 1 from chat where id = ?", _ -> true, id)
                        .orElseThrow(RefusedException::chatNotFound);
    }

    /** One more than the query's limit, if there is one. An owner's chats have growing ids. */
    static List<Chat> list(Session session, ChatQuery query) throws SQLException {
        List<String> conditions = new ArrayList<>(List.of("c.owner = ?"));
        List<Object> parameters = new ArrayList<>(List.of(query.owner().name()));
        if (query.before() != null) {
            conditions.add("c.id < ?");
            parameters.add(query.before());
        }
        if (query.text() != null) {
            String pattern = containing(query.text());
            conditions.add(
                    """
                    c.id in (select h.id from chat h where %s
                        union select m.chat_id from message m where %s)
                    """
                            .formatted(LIKE.formatted("h.title"), LIKE.formatted("m.content")));
            parameters.add(pattern);
            parameters.add(pattern);
        }
        parameters.add(query.limit() + 1);
        return session.list(
                SELECT
                        + "where "
                        + String.join(" and ", conditions)
                        + " order by c.id desc limit ?",
                ChatRows::of,
                parameters.toArray());
    }

    private static String containing(String text) {
        return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
    }

    static Optional<Highlights> highlights(Session session, UUID id) throws SQLException {
        return session.first(
                        "select highlights from chat where id = ?",
                        row -> Optional.ofNullable(row.getString("highlights")),
                        id)
                .orElseThrow(RefusedException::chatNotFound)
                .map(json -> JsonColumn.read(json, HIGHLIGHTS));
    }

    static void keep(Session session, UUID id, Highlights highlights) throws SQLException {
        session.update(
                "update chat set highlights = ?::json where id = ?",
                JsonColumn.written(highlights),
                id);
    }

    private static Chat of(ResultSet row) throws SQLException {
        return new Chat(
                row.getObject("id", UUID.class),
                settings(row),
                row.getBoolean("busy"),
                row.getInt("message_count"),
                MessageRows.usage(row),
                MessageRows.instant(row, "created_at"),
                MessageRows.instant(row, "updated_at"));
    }

    private static Settings settings(ResultSet row) throws SQLException {
        String metadata = row.getString("metadata");
        Map<String, String> entries =
                "{}".equals(metadata) ? Map.of() : JsonColumn.read(metadata, STRINGS);
        return new Settings(
                row.getString("title"),
                row.getString("instructions"),
                row.getString("model"),
                entries);
    }
}

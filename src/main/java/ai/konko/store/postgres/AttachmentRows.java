package ai.konko.store.postgres;

import ai.konko.chat.Admission;
import ai.konko.chat.Attached;
import ai.konko.chat.Attachment;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.RefusedException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Attachments as rows. */
final class AttachmentRows {
    private AttachmentRows() {}

    /**
     * Keeps those that the chat does not have. The chat's row is locked.
     *
     * @throws RefusedException if there is no room for them
     */
    static void keep(
            Session session, UUID chatId, Map<String, Attachment> brought, ChatLimits limits)
            throws SQLException {
        if (brought.isEmpty()) {
            return;
        }
        Set<String> kept =
                Set.copyOf(
                        session.list(
                                "select encode(digest, 'hex') from attachment where chat_id = ?",
                                row -> row.getString(1),
                                chatId));
        Set<String> fresh = new HashSet<>(brought.keySet());
        fresh.removeAll(kept);
        if (!fresh.isEmpty()) {
            Admission.requireRoomForAttachments(kept.size(), fresh.size(), limits);
        }
        for (Attachment each : brought.values()) {
            if (fresh.contains(each.as().id())) {
                insert(session, chatId, each);
            }
        }
    }

    private static void insert(Session session, UUID chatId, Attachment attachment)
            throws SQLException {
        session.update(
                """
                insert into attachment (chat_id, digest, media_type, name, bytes)
                values (?, decode(?, 'hex'), ?, ?, ?)
                """,
                chatId,
                attachment.as().id(),
                attachment.as().mediaType(),
                attachment.as().name(),
                attachment.bytes());
    }

    /**
     * Gives a chat attachments of another one, which may have lost some of them.
     *
     * @throws RefusedException if it has
     */
    static void copy(Session session, UUID from, UUID to, Set<String> ids) throws SQLException {
        int copied =
                session.update(
                        """
                        insert into attachment (chat_id, digest, media_type, name, bytes)
                        select ?, digest, media_type, name, bytes from attachment
                        where chat_id = ? and digest in (select decode(id, 'hex') from unnest(?) as wanted (id))
                        """,
                        to,
                        from,
                        ids.toArray(String[]::new));
        if (copied < ids.size()) {
            throw RefusedException.attachmentNotFound();
        }
    }

    static Attachment get(Session session, UUID chatId, String id) throws SQLException {
        return found(
                session,
                chatId,
                session.first(
                        """
                        select media_type, name, octet_length(bytes) as size, bytes from attachment
                        where chat_id = ? and digest = decode(?, 'hex')
                        """,
                        row -> new Attachment(as(id, row), row.getBytes("bytes")),
                        chatId,
                        id));
    }

    /** The database knows how many bytes there are without reading them. */
    static Attached attached(Session session, UUID chatId, String id) throws SQLException {
        return found(
                session,
                chatId,
                session.first(
                        """
                        select media_type, name, octet_length(bytes) as size from attachment
                        where chat_id = ? and digest = decode(?, 'hex')
                        """,
                        row -> as(id, row),
                        chatId,
                        id));
    }

    private static <T> T found(Session session, UUID chatId, Optional<T> found)
            throws SQLException {
        if (found.isEmpty()) {
            ChatRows.require(session, chatId);
        }
        return found.orElseThrow(RefusedException::attachmentNotFound);
    }

    private static Attached as(String id, ResultSet row) throws SQLException {
        return new Attached(
                id, row.getString("media_type"), row.getString("name"), row.getInt("size"));
    }

    static Map<String, byte[]> bytes(Session session, UUID chatId, Set<String> ids)
            throws SQLException {
        Map<String, byte[]> found = new HashMap<>();
        for (Map.Entry<String, byte[]> each :
                session.list(
                        """
                        select encode(digest, 'hex'), bytes from attachment
                        where chat_id = ? and digest in (select decode(id, 'hex') from unnest(?) as wanted (id))
                        """,
                        row -> Map.entry(row.getString(1), row.getBytes(2)),
                        chatId,
                        ids.toArray(String[]::new))) {
            found.put(each.getKey(), each.getValue());
        }
        if (found.isEmpty()) {
            ChatRows.require(session, chatId);
        }
        return found;
    }

    /** Drops those of these that no message names any more. */
    static void drop(Session session, UUID chatId, Set<String> ids) throws SQLException {
        if (ids.isEmpty()) {
            return;
        }
        session.update(
                """
                delete from attachment a
                where a.chat_id = ? and a.digest in (select decode(id, 'hex') from unnest(?) as gone (id))
                    and not exists (
                        select 1 from message m, json_array_elements(m.items) as i (item)
                        where m.chat_id = a.chat_id and i.item -> 'attached' ->> 'id' = encode(a.digest, 'hex'))
                """,
                chatId,
                ids.toArray(String[]::new));
    }
}

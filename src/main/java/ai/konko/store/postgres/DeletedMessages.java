package ai.konko.store.postgres;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * Removes the messages of long chats after the chats are deleted, some at a time, because gigabytes
 * of text would take longer than one statement may, and turns beside it would notice. A message
 * whose chat is gone is read by nobody.
 */
final class DeletedMessages {
    /** A chat with more messages is a long one. */
    static final int ROWS = 1000;

    /** What is removed together has so many bytes at most, unless it is one message alone. */
    private static final long MOST_BYTES = 10_000_000;

    /** The size is that on the disk, which is known without reading the text. */
    private static final String REMOVE_SOME =
            """
            delete from message where chat_id = ? and seq in (
                select sized.seq from (
                    select m.seq, sum(pg_column_size(m.content) + coalesce(pg_column_size(m.items), 0)
                            + coalesce(pg_column_size(m.options), 0))
                        over (order by m.seq rows between unbounded preceding and 1 preceding) as before
                    from message m where m.chat_id = ? order by m.seq limit ?) as sized
                where coalesce(sized.before, 0) < ?)
            """;

    /** So that the disk and other transactions get their turn. */
    private static final Duration PAUSE = Duration.ofMillis(50);

    private DeletedMessages() {}

    /** The chat is deleted in this transaction; its messages now, or later if they are many. */
    static void remove(Session session, UUID chatId, int count) throws SQLException {
        if (count <= ROWS) {
            session.update("delete from message where chat_id = ?", chatId);
        } else {
            session.update("insert into removal (chat_id) values (?)", chatId);
        }
    }

    /** Goes on until nothing is left that another replica is not at. */
    static void removeAll(Database database) throws InterruptedException {
        while (database.transaction(DeletedMessages::removeSome)) {
            Thread.sleep(PAUSE);
        }
    }

    /** Whether there may be more. */
    static boolean removeSome(Session session) throws SQLException {
        Optional<UUID> chat =
                session.first(
                        "select chat_id from removal limit 1 for update skip locked",
                        row -> row.getObject(1, UUID.class));
        if (chat.isPresent() && removeSome(session, chat.get()) == 0) {
            SearchRows.drop(session, chat.get());
            session.update("delete from removal where chat_id = ?", chat.get());
        }
        return chat.isPresent();
    }

    private static int removeSome(Session session, UUID chatId) throws SQLException {
        return session.update(REMOVE_SOME, chatId, chatId, ROWS, MOST_BYTES);
    }
}

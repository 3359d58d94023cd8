package ai.konko.store.postgres;

import ai.konko.store.postgres.SearchRows.Batch;
import ai.konko.store.postgres.SearchRows.Place;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Gives rows of the table that the search looks in the number of their owner, if they are from
 * before there were such numbers: see {@code V16__search_by_owner.sql}.
 */
final class SearchOwners {
    private static final String NEXT =
            "select unowned_chat, unowned_seq from search_progress where unowned_chat is not null";

    /** The length of a text is known without reading it. */
    private static final String UNOWNED =
            """
            select chat_id, seq, octet_length(text) from searched
            where (chat_id, seq) >= (?, ?) order by chat_id, seq limit ?
            """;

    private static final String GIVE =
            """
            update searched s set owner = konko_owner_number(c.owner)
            from unnest(?, ?) as t (chat_id, seq) join chat c on c.id = t.chat_id
            where s.chat_id = t.chat_id and s.seq = t.seq and s.owner is null
            """;

    private SearchOwners() {}

    /** From where on rows have no owner yet; nothing if all have. */
    static Query<Place> next() {
        return new Query<>(NEXT, Place::of);
    }

    /**
     * Goes on among the rows of before.
     *
     * @return whether there may be more
     */
    static boolean goOn(Session session) throws SQLException {
        Optional<Place> next = session.first(NEXT, Place::of);
        if (next.isEmpty()) {
            return false;
        }
        Batch batch =
                Batch.some(
                        session, UNOWNED, next.get().chatId(), next.get().seq(), SearchRows.BATCH);
        if (batch.turns().isEmpty()) {
            if (SearchRows.dropIndex(session, "searched_text")) {
                continueAt(session, null, null);
            }
            return false;
        }
        session.update(GIVE, Place.chats(batch.turns()), Place.seqs(batch.turns()));
        Place last = batch.turns().getLast();
        continueAt(session, last.chatId(), last.seq() + 1);
        return true;
    }

    private static void continueAt(Session session, @Nullable UUID chatId, @Nullable Integer seq)
            throws SQLException {
        session.update(
                "update search_progress set unowned_chat = ?, unowned_seq = ? where one",
                chatId,
                seq);
    }
}

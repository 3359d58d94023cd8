package ai.konko.store.postgres;

import static java.util.stream.Collectors.partitioningBy;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the search looks in, as rows: see {@code V10__search_beside.sql}. */
final class SearchRows {
    /** How many turns are taken in together. */
    static final int BATCH = 200;

    /** The turns of a batch have so many bytes at most, unless it is one turn alone. */
    private static final long MOST_BYTES = 1_000_000;

    /** Turns that are over, and those whose chat is gone; and how many bytes they have. */
    private static final String OVER =
            """
            select u.chat_id, u.seq, m.bytes from unsearched u cross join lateral (
                select count(*), count(m.status), sum(octet_length(m.content)) from message m
                where m.chat_id = u.chat_id and m.seq between u.seq and u.seq + 1) as m (all_of_it, over, bytes)
            where m.all_of_it = 0 or m.over = 2
            limit ? for update of u skip locked
            """;

    /** A reply may have been retried before its row was locked: it stays. */
    private static final String TAKE_IN =
            """
            with turn as (
                delete from unsearched u using unnest(?, ?) as t (chat_id, seq)
                where u.chat_id = t.chat_id and u.seq = t.seq and (
                    select count(*) from message m
                    where m.chat_id = u.chat_id and m.seq between u.seq and u.seq + 1
                        and m.status is null) = 0
                returning u.chat_id, u.seq)
            insert into searched (chat_id, seq, text)
            select t.chat_id, t.seq, string_agg(m.folded, chr(894) order by m.seq)
            from turn t cross join lateral (
                select m.seq, konko_folded(m.content) as folded from message m
                where m.chat_id = t.chat_id and m.seq between t.seq and t.seq + 1 and m.content <> ''
                limit 2) as m
            group by t.chat_id, t.seq
            on conflict (chat_id, seq) do update set text = excluded.text
            """;

    private static final String NEXT =
            "select next_chat, next_seq from search_progress where next_chat is not null";

    private static final String DROP_GONE =
            """
            delete from unsearched u using unnest(?, ?) as t (chat_id, seq)
            where u.chat_id = t.chat_id and u.seq = t.seq
                and (select count(*) from chat c where c.id = u.chat_id) = 0
            """;

    private SearchRows() {}

    /**
     * A turn.
     *
     * @param seq of what was said
     */
    record Place(UUID chatId, int seq) {
        static final Place FIRST = new Place(new UUID(0, 0), 0);

        static Place of(ResultSet row) throws SQLException {
            return new Place(row.getObject(1, UUID.class), row.getInt(2));
        }

        static UUID[] chats(List<Place> places) {
            return places.stream().map(Place::chatId).toArray(UUID[]::new);
        }

        static Integer[] seqs(List<Place> places) {
            return places.stream().map(Place::seq).toArray(Integer[]::new);
        }
    }

    /**
     * Turns that are worked on together.
     *
     * @param more whether there may be more
     */
    record Batch(List<Place> turns, boolean more) {

        /**
         * @param sql finds places, and their bytes; its last parameter says how many
         */
        static Batch some(Session session, String sql, Object... parameters) throws SQLException {
            List<Place> turns = new ArrayList<>();
            long[] bytes = {0};
            List<Place> all =
                    session.list(
                            sql,
                            row -> {
                                Place place = Place.of(row);
                                bytes[0] += row.getLong(3);
                                if (turns.isEmpty() || bytes[0] <= MOST_BYTES) {
                                    turns.add(place);
                                }
                                return place;
                            },
                            parameters);
            return new Batch(turns, all.size() == BATCH || turns.size() < all.size());
        }
    }

    /** From where on turns of before the table are still to come; nothing if all are in. */
    static Query<Place> next() {
        return new Query<>(NEXT, Place::of);
    }

    /**
     * Comes first in each batch.
     *
     * @return whether this replica is the one that fills the table
     */
    static boolean isFiller(Session session, UUID replica) throws SQLException {
        return session.update(
                        """
                        update search_progress set filler = ?, filler_until = now() + interval '10 s'
                        where filler = ? or filler_until < now()
                        """,
                        replica,
                        replica)
                > 0;
    }

    /**
     * Takes turns in that are over. Their rows in unsearched are locked first and their texts read
     * after that: see the trigger {@code konko_turn_changed}.
     *
     * @return whether there may be more
     */
    static boolean takeIn(Session session) throws SQLException {
        Batch batch = Batch.some(session, OVER, BATCH);
        return takeIn(session, batch.turns) && batch.more;
    }

    /**
     * Those of chats that are gone are dropped, and those of chats that are being deleted left: no
     * text comes into the table after its chat's deletion has looked there.
     *
     * @return whether any is not left
     */
    static boolean takeIn(Session session, List<Place> turns) throws SQLException {
        if (turns.isEmpty()) {
            return false;
        }
        Set<UUID> there =
                Set.copyOf(
                        session.list(
                                "select id from chat where id = any(?) for key share skip locked",
                                row -> row.getObject(1, UUID.class),
                                (Object) Place.chats(turns)));
        Map<Boolean, List<Place>> parts =
                turns.stream().collect(partitioningBy(each -> there.contains(each.chatId())));
        List<Place> kept = parts.getOrDefault(true, List.of());
        List<Place> others = parts.getOrDefault(false, List.of());
        if (!kept.isEmpty()) {
            session.update(TAKE_IN, Place.chats(kept), Place.seqs(kept));
        }
        int gone =
                others.isEmpty()
                        ? 0
                        : session.update(DROP_GONE, Place.chats(others), Place.seqs(others));
        return gone > 0 || !kept.isEmpty();
    }

    /** The removal of a deleted chat's messages is over: what came in beside its deletion goes. */
    static void drop(Session session, UUID chatId) throws SQLException {
        session.update("delete from unsearched where chat_id = ?", chatId);
        session.update("delete from searched where chat_id = ?", chatId);
    }

    /**
     * Goes on among turns of before the table: notes that they are to be taken in, unless their
     * chat is deleted and they are still to be removed.
     *
     * @return whether there may be more
     */
    static boolean goOn(Session session) throws SQLException {
        Optional<Place> next = session.first(NEXT, Place::of);
        if (next.isEmpty()) {
            return false;
        }
        List<Place> turns =
                session.list(
                        """
                        select chat_id, seq from message
                        where (chat_id, seq) >= (?, ?) and seq % 2 = 1 order by chat_id, seq limit ?
                        """,
                        Place::of, next.get().chatId(), next.get().seq(), BATCH);
        if (turns.isEmpty()) {
            if (dropIndex(session, "message_text")) {
                continueAt(session, null, null);
            }
            return false;
        }
        session.update(
                """
                insert into unsearched (chat_id, seq) select t.chat_id, t.seq from unnest(?, ?) as t (chat_id, seq)
                where (select count(*) from chat c where c.id = t.chat_id) > 0
                on conflict do nothing
                """,
                Place.chats(turns),
                Place.seqs(turns));
        continueAt(session, turns.getLast().chatId(), turns.getLast().seq() + 1);
        return true;
    }

    private static void continueAt(Session session, @Nullable UUID chatId, @Nullable Integer seq)
            throws SQLException {
        session.update(
                "update search_progress set next_chat = ?, next_seq = ? where one", chatId, seq);
    }

    /**
     * Turns wait meanwhile, so it gives up soon, and is tried again later.
     *
     * @return whether the index is gone
     */
    static boolean dropIndex(Session session, String name) throws SQLException {
        session.update(
                """
                do $$ begin
                    set local lock_timeout = '100ms';
                    drop index if exists %s;
                exception when lock_not_available then null;
                end $$
                """
                        .formatted(name));
        return session.first("select to_regclass(?)", row -> row.getString(1) == null, name)
                .orElseThrow();
    }

    /** All turns are to be taken in once more. */
    static void beginAnew(Session session) throws SQLException {
        continueAt(session, Place.FIRST.chatId(), Place.FIRST.seq());
    }
}

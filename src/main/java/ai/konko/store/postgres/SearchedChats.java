package ai.konko.store.postgres;

import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.Page;
import ai.konko.store.postgres.SearchRows.Place;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The chats of an owner that have a text, the newest first. The newest few are looked through one
 * by one: a text that many chats have fills the page there. Only for the rest the trigrams are
 * used, because they give what is found in the chats of all owners before anything is sorted out,
 * and that grows with the log.
 */
final class SearchedChats {
    /** How many chats are looked through, and how many messages they have together. */
    private static final int CHATS = 100;

    private static final int MESSAGES = 1000;

    /** The last chat that is looked through, if any is, and whether there are more after it. */
    private static final String NEWEST =
            """
            select l.id, exists (select from chat o where (o.owner, o.id) < (?, coalesce(l.id, ?)) and o.owner >= ?) as more
            from (values (1)) as one left join lateral (
                select n.id from (
                    select c.id, sum(c.message_count) over (order by c.owner desc, c.id desc) as messages
                    from chat c where %s%s?) as n
                where n.messages <= ? order by n.id limit 1) as l on true
            """
                    .formatted(ChatRows.OF_OWNER, ChatRows.NEWEST_FIRST);

    /**
     * Those of the newest that have the text. Turns that are not in the table yet are looked
     * through themselves, as in all conditions here. The counts keep the planner from looking for
     * the text in whole tables. Within a chat it would do so too, if the text were written as the
     * trigrams have it, or without the order of the key. The text is folded once, not for each row.
     */
    private static final String AMONG_THE_NEWEST =
            """
            c.id >= ? and (konko_folded(c.title) like (select konko_folded(?))
                or (select count(*) from (select from searched s
                    where s.chat_id = c.id and s.text || '' like (select konko_folded(?))
                    order by s.seq limit 1) as f) > 0
                or (select count(*) from (select from unsearched u where u.chat_id = c.id and (
                    select count(*) from message m
                    where m.chat_id = u.chat_id and m.seq between u.seq and u.seq + 1
                        and konko_folded(m.content) like konko_folded(?)) in (1, 2) limit 1) as f) > 0)
            """;

    /** Those that have it, by the trigrams. */
    private static final String FOUND =
            """
            select h.id from chat h where konko_folded(h.title) like konko_folded(?)
            union select s.chat_id from searched s where s.text like konko_folded(?)
            union select u.chat_id from unsearched u where (
                select count(*) from message m
                where m.chat_id = u.chat_id and m.seq between u.seq and u.seq + 1
                    and konko_folded(m.content) like konko_folded(?)) in (1, 2)
            """;

    /** And those in turns of before that table, from a place on. */
    private static final String FOUND_BEFORE =
            """
            union select m.chat_id from message m
                where konko_folded(m.content) like konko_folded(?) and (m.chat_id, m.seq) >= (?, ?)
            """;

    private final Session session;
    private final String owner;
    private final String pattern;

    private SearchedChats(Session session, String owner, String pattern) {
        this.session = session;
        this.owner = owner;
        this.pattern = pattern;
    }

    /**
     * The newest chats, which are looked through.
     *
     * @param last null if there is none, or the first one is too long
     * @param more whether there are chats after them
     */
    private record Newest(@Nullable UUID last, boolean more) {}

    static Page<Chat> page(Session session, ChatQuery query) throws SQLException {
        String text = Objects.requireNonNull(query.text());
        SearchedChats chats = new SearchedChats(session, query.owner().name(), containing(text));
        UUID before = query.before() == null ? ChatRows.LAST_ID : query.before();
        return Page.of(chats.before(before, query.limit() + 1), query.limit());
    }

    private static String containing(String text) {
        return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
    }

    private List<Chat> before(UUID before, int limit) throws SQLException {
        Query<Place> next = SearchRows.next();
        Query<Newest> newest =
                new Query<>(
                        NEWEST,
                        row -> new Newest(row.getObject(1, UUID.class), row.getBoolean(2)),
                        owner,
                        before,
                        owner,
                        owner,
                        before,
                        owner,
                        CHATS,
                        MESSAGES);
        session.run(List.of(next, newest));
        if (!next.rows().isEmpty()) {
            Place place = next.rows().getFirst();
            return found(
                    "c.id = any(array(" + FOUND + FOUND_BEFORE + "))",
                    before,
                    limit,
                    pattern,
                    pattern,
                    pattern,
                    pattern,
                    place.chatId(),
                    place.seq());
        }
        UUID last = newest.rows().getFirst().last;
        List<Chat> found = new ArrayList<>();
        if (last != null) {
            found.addAll(found(AMONG_THE_NEWEST, before, limit, last, pattern, pattern, pattern));
        }
        if (found.size() < limit && newest.rows().getFirst().more) {
            found.addAll(
                    found(
                            "c.id = any(array(" + FOUND + "))",
                            last == null ? before : last,
                            limit - found.size(),
                            pattern,
                            pattern,
                            pattern));
        }
        return found;
    }

    private List<Chat> found(String condition, UUID before, int limit, Object... parameters)
            throws SQLException {
        List<Object> all = new ArrayList<>(List.of(owner, before, owner));
        all.addAll(List.of(parameters));
        all.add(limit);
        return session.list(
                ChatRows.SELECT
                        + "where "
                        + ChatRows.OF_OWNER
                        + " and "
                        + condition
                        + ChatRows.NEWEST_FIRST
                        + "?",
                ChatRows::of,
                all.toArray());
    }
}

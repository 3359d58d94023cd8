package ai.konko.store.postgres;

import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.Page;
import ai.konko.store.postgres.SearchRows.Place;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The chats of an owner that have a text, the newest first. The newest few are looked through one
 * by one: a text that many chats have fills the page there. Only for the rest the trigrams are
 * used, for one stretch of {@link SearchPeriods} after the other until the page is full, because
 * they give all that may have the text before anything is sorted out.
 */
final class SearchedChats {
    /** How many chats are looked through, and how many messages they have together. */
    private static final int CHATS = 100;

    private static final int MESSAGES = 1000;

    /**
     * The last chat that is looked through, if any is, and whether there are more after it; the
     * newest chat, and the oldest.
     */
    private static final String NEWEST =
            """
            select l.id, exists (select from chat o where (o.owner, o.id) < (?, coalesce(l.id, ?)) and o.owner >= ?) as more,
                (select c.id from chat c where %1$s%2$s1) as newest,
                (select o.id from chat o where (o.owner, o.id) >= (?, ?) and o.owner <= ? order by o.owner, o.id limit 1) as oldest
            from (values (1)) as one left join lateral (
                select n.id from (
                    select c.id, sum(c.message_count) over (order by c.owner desc, c.id desc) as messages
                    from chat c where %1$s%2$s?) as n
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

    /** Those of all owners that have it in their title, or in a turn that is not in the table. */
    private static final String BESIDE_THE_TABLE =
            """
            select h.id from chat h where konko_folded(h.title) like konko_folded(?)
            union select u.chat_id from unsearched u where (
                select count(*) from message m
                where m.chat_id = u.chat_id and m.seq between u.seq and u.seq + 1
                    and konko_folded(m.content) like konko_folded(?)) in (1, 2)
            """;

    private static final String BESIDE = "c.id = any(array(" + BESIDE_THE_TABLE + "))";

    /** Those that have it in the table, while its rows are not all known by their owner. */
    private static final String OF_ALL_OWNERS =
            """
            union select s.chat_id from searched s where s.text like konko_folded(?)
            """;

    /**
     * Those in the table, of some periods, that have it. The period 0 is for all of them. To be
     * followed by a condition on the text.
     */
    private static final String IN_PERIODS =
            """
            union select s.chat_id from searched s
                where s.owner is not null
                    and konko_search_marks(s.owner, s.chat_id) && array(
                        select konko_owner_number(?) # p.period from generate_series(?::integer, ?::integer) as p (period))
                    and s.text\
            """;

    /** And those in turns of before that table, from a place on. */
    private static final String FOUND_BEFORE =
            """
            union select m.chat_id from message m
                where konko_folded(m.content) like konko_folded(?) and (m.chat_id, m.seq) >= (?, ?)
            """;

    /** A text without so many letters or digits beside each other has no trigram. */
    private static final Pattern TRIGRAM = Pattern.compile("[\\p{L}\\p{N}]{3}");

    private final Session session;
    private final String owner;
    private final String pattern;
    private final String inPeriods;

    private SearchedChats(Session session, String owner, String text) {
        this.session = session;
        this.owner = owner;
        this.pattern = containing(text);
        this.inPeriods =
                IN_PERIODS
                        + (TRIGRAM.matcher(text).find() ? "" : " || ''")
                        + " like konko_folded(?)\n";
    }

    /**
     * The newest chats, which are looked through.
     *
     * @param last null if there is none, or the first one is too long
     * @param more whether there are chats after them
     * @param newest null if there is none
     * @param oldest of all the owner's chats; null if there is none
     */
    private record Newest(
            @Nullable UUID last, boolean more, @Nullable UUID newest, @Nullable UUID oldest) {

        static Newest of(ResultSet row) throws SQLException {
            return new Newest(
                    row.getObject(1, UUID.class),
                    row.getBoolean(2),
                    row.getObject(3, UUID.class),
                    row.getObject(4, UUID.class));
        }

        /**
         * What comes after them.
         *
         * @param found how many chats were found among them
         */
        SearchPeriods after(int found) {
            int begin = SearchPeriods.of(Objects.requireNonNull(newest));
            int end = SearchPeriods.of(Objects.requireNonNull(oldest));
            return last == null
                    ? new SearchPeriods(begin, end, 0, 0)
                    : new SearchPeriods(
                            SearchPeriods.of(last), end, begin - SearchPeriods.of(last) + 1, found);
        }
    }

    static Page<Chat> page(Session session, ChatQuery query) throws SQLException {
        String text = Objects.requireNonNull(query.text());
        SearchedChats chats = new SearchedChats(session, query.owner().name(), text);
        UUID before = query.before() == null ? ChatRows.LAST_ID : query.before();
        return Page.of(chats.before(before, query.limit() + 1), query.limit());
    }

    private static String containing(String text) {
        return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
    }

    private List<Chat> before(UUID before, int limit) throws SQLException {
        Query<Place> next = SearchRows.next();
        Query<Place> unowned = SearchOwners.next();
        Query<Newest> query = newest(before);
        session.run(List.of(next, unowned, query));
        boolean byOwner = unowned.rows().isEmpty();
        if (!next.rows().isEmpty()) {
            return all(before, limit, byOwner, next.rows().getFirst());
        }
        Newest newest = query.rows().getFirst();
        UUID last = newest.last;
        List<Chat> found = new ArrayList<>();
        if (last != null) {
            found.addAll(found(AMONG_THE_NEWEST, before, limit, last, pattern, pattern, pattern));
        }
        if (found.size() < limit && newest.more) {
            int missing = limit - found.size();
            UUID rest = last == null ? before : last;
            found.addAll(
                    byOwner
                            ? inPeriods(rest, missing, newest.after(found.size()))
                            : all(rest, missing, false, null));
        }
        return found;
    }

    private Query<Newest> newest(UUID before) {
        return new Query<>(
                NEWEST,
                Newest::of,
                owner,
                before,
                owner,
                owner,
                before,
                owner,
                owner,
                SearchPeriods.firstId(0),
                owner,
                owner,
                before,
                owner,
                CHATS,
                MESSAGES);
    }

    /** Period by period. What is beside the table is looked through once. */
    private List<Chat> inPeriods(UUID before, int limit, SearchPeriods all) throws SQLException {
        UUID[] beside =
                found(BESIDE, before, limit, pattern, pattern).stream()
                        .map(Chat::id)
                        .toArray(UUID[]::new);
        List<Chat> found = new ArrayList<>();
        UUID end = before;
        SearchPeriods periods = all;
        while (found.size() < limit && !periods.areOver()) {
            int missing = limit - found.size();
            int from = periods.firstOf(periods.next(missing));
            List<Chat> some =
                    found(
                            "c.id >= ? and c.id = any(array(select unnest(?) " + inPeriods + "))",
                            end,
                            missing,
                            SearchPeriods.firstId(from),
                            beside,
                            owner,
                            periods.areMany(from) ? 0 : from,
                            periods.areMany(from) ? 0 : periods.last(),
                            pattern);
            found.addAll(some);
            end = SearchPeriods.firstId(from);
            periods = periods.before(from, some.size());
        }
        return found;
    }

    /**
     * At once.
     *
     * @param place from where on turns of before the table are to be looked through, if any are
     */
    private List<Chat> all(UUID before, int limit, boolean byOwner, @Nullable Place place)
            throws SQLException {
        String table = byOwner ? inPeriods : OF_ALL_OWNERS;
        List<Object> parameters = new ArrayList<>(List.of(pattern, pattern));
        if (byOwner) {
            parameters.addAll(List.of(owner, 0, 0));
        }
        parameters.add(pattern);
        if (place != null) {
            parameters.addAll(List.of(pattern, place.chatId(), place.seq()));
        }
        return found(
                "c.id = any(array("
                        + BESIDE_THE_TABLE
                        + table
                        + (place == null ? "" : FOUND_BEFORE)
                        + "))",
                before,
                limit,
                parameters.toArray());
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

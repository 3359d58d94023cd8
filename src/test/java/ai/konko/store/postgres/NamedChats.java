package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.store.postgres.Recorded.Run;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.assertj.core.api.SoftAssertions;

/**
 * Whether each statement names the chat that it is about, or the chats that it is about together,
 * in an array; as a database needs it that keeps chats apart: see the decision record on sharding.
 * PostgreSQL itself reads the statements.
 */
final class NamedChats {
    /** The statements that are about more than one chat, by their methods, and why they may be. */
    static final Map<String, String> ABOUT_MORE =
            Map.ofEntries(
                    Map.entry("ChatRows.newest", "an owner's chats, by an index, one row"),
                    Map.entry("ChatRows.list", "an owner's chats, a page"),
                    Map.entry("SearchedChats.before", "an owner's chats, few rows by an index"),
                    Map.entry("SearchedChats.found", "an owner's chats, by their text"),
                    Map.entry("CompletionRows.list", "an owner's chats, a page"),
                    Map.entry("UsageRows.list", "an owner's usage, by days"),
                    Map.entry("UsageRows.detach", "moves rows to an id that nobody knows"),
                    Map.entry("IdleChats.idle", "reads ids; each chat is removed by itself"),
                    Map.entry("DeletedMessages.removeSome", "any chat that is deleted; few rows"),
                    Map.entry("SearchRows.some", "each row stands for itself"),
                    Map.entry("SearchRows.goOn", "each row stands for itself"),
                    Map.entry("RequestRows.retried", "an owner's chats of two minutes"),
                    Map.entry("AttachmentRows.copy", "copies from a chat into a new one"),
                    Map.entry("PendingRows.ownedBy", "what a replica runs; few rows"),
                    Map.entry("PendingRows.abandoned", "what nobody runs; few rows"),
                    Map.entry("PendingRows.disown", "each row stands for itself"));

    /** The tables whose rows belong to no chat, and why. */
    static final Map<String, String> WITHOUT_CHAT =
            Map.of(
                    "replica", "one row for each process; on every node",
                    "request_key", "there is no chat yet: see the decision record on keys",
                    "search_progress", "one row; on every node");

    private static final Pattern PLANNED =
            Pattern.compile("(?is)\\s*(?:select|insert|update|delete|merge|with|values)\\b.*");

    private final Connection connection;
    private final Map<String, String> keys = new TreeMap<>();
    private final Set<String> found = new TreeSet<>();
    private final List<String> failures = new ArrayList<>();

    /**
     * @param url a database with our tables
     */
    NamedChats(String url) throws SQLException {
        connection =
                DriverManager.getConnection(
                        "jdbc:" + url + "?preferQueryMode=simple",
                        TestPostgres.user(),
                        TestPostgres.password());
        try (Statement statement = connection.createStatement()) {
            // So that each table is read by its conditions, as if it were large.
            statement.execute("set enable_seqscan = off; set random_page_cost = 0");
            ResultSet rows =
                    statement.executeQuery(
                            """
                            select c.relname, a.attname from pg_class c
                            join pg_index i on i.indrelid = c.oid and i.indisprimary
                            join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
                            where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
                                and c.relname not like '%schema_history'
                            """);
            while (rows.next()) {
                keys.put(rows.getString(1), rows.getString(2));
            }
        }
    }

    /** Each table has its chat as the first column of its key. */
    void assertTables() {
        assertThat(keys).containsEntry("chat", "id");
        assertThat(keys)
                .allSatisfy(
                        (table, key) ->
                                assertThat(key.equals("chat_id") || table.equals("chat"))
                                        .as("the key of %s begins with %s", table, key)
                                        .isNotEqualTo(WITHOUT_CHAT.containsKey(table)));
    }

    /** Each statement of the store was run, and names its chat, or is on the list. */
    void assertStatements(Collection<Run> runs) throws Exception {
        keys.keySet().removeAll(WITHOUT_CHAT.keySet());
        Map<String, List<Run>> bySql = runs.stream().collect(Collectors.groupingBy(Run::sql));
        for (Map.Entry<String, List<Run>> each : bySql.entrySet()) {
            if (PLANNED.matcher(each.getKey()).matches()) {
                check(each.getKey(), each.getValue());
            }
        }
        connection.close();
        SoftAssertions all = new SoftAssertions();
        all.assertThat(failures).as("statements that do not name their one chat").isEmpty();
        all.assertThat(found).as("what is about more chats").isEqualTo(ABOUT_MORE.keySet());
        all.assertThat(unread(bySql.keySet())).as("SQL that no test has run").isEmpty();
        all.assertAll();
    }

    private List<String> unread(Set<String> statements) throws Exception {
        String all =
                statements.stream()
                        .map(SqlConstants::withSingleSpaces)
                        .collect(Collectors.joining("\n"));
        List<String> constants = SqlConstants.of(Session.class.getPackage(), keys.keySet());
        assertThat(constants).isNotEmpty();
        return constants.stream().filter(each -> !all.contains(each)).toList();
    }

    private void check(String sql, List<Run> runs) throws Exception {
        String origin = runs.getFirst().origin();
        Set<String> unnamed = new TreeSet<>();
        boolean differ = false;
        try {
            ChatsOfAPlan chats =
                    new ChatsOfAPlan(plan(numbered(sql, runs.getFirst().parameters())), keys);
            Set<Integer> numbers = chats.parameters();
            unnamed.addAll(chats.unnamed());
            differ = runs.stream().anyMatch(each -> differ(each.parameters(), numbers));
        } catch (SQLException unreadable) {
            failures.add("%s %s: %s".formatted(origin, unreadable.getMessage(), sql));
        }
        if (!unnamed.isEmpty() || differ) {
            found.add(origin);
            if (!ABOUT_MORE.containsKey(origin)) {
                String reason = differ ? "names several chats" : "has no chat for " + unnamed;
                failures.add("%s %s: %s".formatted(origin, reason, sql));
            }
        }
    }

    private static boolean differ(Map<Integer, Object> given, Set<Integer> numbers) {
        return numbers.stream().map(given::get).distinct().count() > 1;
    }

    private JsonNode plan(String sql) throws Exception {
        try (Statement statement = connection.createStatement();
                ResultSet plan =
                        statement.executeQuery(
                                "explain (generic_plan, verbose, format json) " + sql)) {
            assertThat(plan.next()).isTrue();
            return new ObjectMapper().readTree(plan.getString(1)).path(0).path("Plan");
        }
    }

    /** With $1, $2 … in place of JDBC's question marks; arrays with the types they were given. */
    private static String numbered(String sql, Map<Integer, Object> given) {
        StringBuilder numbered = new StringBuilder();
        boolean quoted = false;
        int count = 0;
        for (int i = 0; i < sql.length(); i++) {
            char each = sql.charAt(i);
            quoted ^= each == '\'';
            if (each == '?' && !quoted) {
                numbered.append('$').append(++count);
                numbered.append(given.get(count) instanceof String type ? "::" + type : "");
            } else {
                numbered.append(each);
            }
        }
        return numbered.toString();
    }
}

package ai.konko.store.postgres;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which parameters of a statement name the chats that it touches, read from PostgreSQL's plan of
 * it. What the plan says to be equal is put together: columns with columns, and with parameters.
 * PostgreSQL has derived by then what follows from the statement's conditions, wherever they stand.
 */
final class ChatsOfAPlan {
    private static final List<String> CONDITIONS =
            List.of(
                    "Index Cond",
                    "Recheck Cond",
                    "Filter",
                    "Join Filter",
                    "Hash Cond",
                    "Merge Cond");

    private static final Pattern TERM = Pattern.compile("(?:(?:\\w+|\"[^\"]+\")\\.)?\\w+|\\$\\d+");
    private static final Pattern CAST =
            Pattern.compile("\\(?([^()]+?)\\)?::\\w+(?: \\w+)*(?:\\[\\])?");
    private static final Pattern PARAMETER = Pattern.compile("\\$(\\d+)");
    private static final Pattern ANY = Pattern.compile("ANY \\(.*\\$\\d+.*\\)");

    /** The column that names the chat, of each table that has one. */
    private final Map<String, String> keys;

    /** The aliases and columns that name a chat, in this plan. */
    private final Set<String> chats = new TreeSet<>();

    /** The terms that are elements of arrays, for statements that are about some chats together. */
    private final Set<String> elements = new TreeSet<>();

    /** Each term, and one that it is equal to. */
    private final Map<String, String> equal = new HashMap<>();

    private final Map<String, JsonNode> subplans = new HashMap<>();

    ChatsOfAPlan(JsonNode plan, Map<String, String> keys) {
        this.keys = keys;
        nameSubplans(plan);
        read(plan);
    }

    /** The parts of the statement that name no chat; empty if all do. */
    Set<String> unnamed() {
        Set<String> unnamed = new TreeSet<>(chats);
        unnamed.removeIf(
                each ->
                        !parameters(each).isEmpty()
                                || isElement(each)
                                || each.startsWith("\"*VALUES*\""));
        return unnamed;
    }

    /** The numbers of the parameters that name chats. */
    Set<Integer> parameters() {
        Set<Integer> all = new TreeSet<>();
        chats.forEach(each -> all.addAll(parameters(each)));
        return all;
    }

    private Set<Integer> parameters(String term) {
        Set<Integer> found = new TreeSet<>();
        for (String each : new ArrayList<>(equal.keySet())) {
            Matcher parameter = PARAMETER.matcher(each);
            if (parameter.matches() && root(each).equals(root(term))) {
                found.add(Integer.valueOf(parameter.group(1)));
            }
        }
        return found;
    }

    private boolean isElement(String term) {
        return elements.stream().anyMatch(each -> root(each).equals(root(term)));
    }

    private void nameSubplans(JsonNode node) {
        if (node.path("Subplan Name").asText().startsWith("CTE ")) {
            subplans.put(node.get("Subplan Name").asText().substring(4), node);
        }
        node.path("Plans").forEach(this::nameSubplans);
    }

    private void read(JsonNode node) {
        String type = node.path("Node Type").asText();
        String alias = node.path("Alias").asText();
        String key = keys.get(node.path("Relation Name").asText());
        if (key != null && type.endsWith("Scan")) {
            chats.add(alias + "." + key);
        }
        if (key != null && node.path("Operation").asText().equals("Insert")) {
            readInsert(node);
        }
        if (type.equals("Function Scan")) {
            node.path("Output").forEach(each -> elements.add(term(each.asText())));
        }
        if (type.equals("CTE Scan")) {
            passOn(alias, subplans.get(node.path("CTE Name").asText()));
        }
        if (type.equals("Subquery Scan")) {
            passOn(alias, node.path("Plans").path(0));
        }
        for (String each : CONDITIONS) {
            readCondition(node.path(each).asText());
        }
        node.path("Plans").forEach(this::read);
    }

    /** The chat is the first column of each table. */
    private void readInsert(JsonNode insert) {
        for (JsonNode each : insert.path("Plans")) {
            if (each.path("Parent Relationship").asText().equals("Outer")) {
                readInserted(each);
            }
        }
    }

    /** What puts other plans together has no output of its own. */
    private void readInserted(JsonNode plan) {
        if (plan.has("Output")) {
            String first = term(plan.path("Output").path(0).asText());
            chats.add(first);
            join(first, first);
        } else {
            plan.path("Plans").forEach(this::readInserted);
        }
    }

    /** What is read of a subquery has the names that it has within. */
    private void passOn(String alias, JsonNode within) {
        String quoted = alias.matches("\\w+") ? alias : '"' + alias + '"';
        for (JsonNode each : within.path("Output")) {
            String term = term(each.asText());
            join(quoted + "." + term.substring(term.lastIndexOf('.') + 1), term);
        }
    }

    private void readCondition(String condition) {
        for (String each : conjuncts(condition)) {
            String[] sides = each.split(" = ", -1);
            if (sides.length == 2) {
                String left = term(sides[0]);
                String right = term(sides[1]);
                if (ANY.matcher(right).matches()) {
                    elements.add(left);
                } else if (TERM.matcher(left).matches() && TERM.matcher(right).matches()) {
                    join(left, right);
                }
            }
        }
    }

    private static List<String> conjuncts(String condition) {
        String bare = bare(condition);
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < bare.length(); i++) {
            depth += bare.charAt(i) == '(' ? 1 : bare.charAt(i) == ')' ? -1 : 0;
            if (depth == 0 && bare.startsWith(" AND ", i)) {
                parts.add(bare.substring(start, i));
                start = i + 5;
            }
        }
        parts.add(bare.substring(start));
        return parts.size() == 1
                ? parts
                : parts.stream().flatMap(each -> conjuncts(each).stream()).toList();
    }

    /** Without the parentheses around it. */
    private static String bare(String condition) {
        String bare = condition.strip();
        while (bare.startsWith("(") && closing(bare) == bare.length() - 1) {
            bare = bare.substring(1, bare.length() - 1).strip();
        }
        return bare;
    }

    private static int closing(String text) {
        int depth = 0;
        for (int i = 0; i < text.length(); i++) {
            depth += text.charAt(i) == '(' ? 1 : text.charAt(i) == ')' ? -1 : 0;
            if (depth == 0) {
                return i;
            }
        }
        return -1;
    }

    private static String term(String expression) {
        String bare = bare(expression);
        Matcher cast = CAST.matcher(bare);
        return cast.matches() ? cast.group(1) : bare;
    }

    private void join(String one, String other) {
        String root = root(one);
        equal.put(root, root(other));
    }

    private String root(String term) {
        String next = equal.computeIfAbsent(term, _ -> term);
        return next.equals(term) ? term : root(next);
    }
}

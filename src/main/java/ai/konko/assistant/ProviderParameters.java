package ai.konko.assistant;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rule of which parameters a turn's call has, by the provider's own names for them. */
public final class ProviderParameters {
    private static final String TOOLS = "tools";
    private static final String CHOICE = "tool_choice";
    private static final String PARALLEL = "parallel_tool_calls";

    private ProviderParameters() {}

    /**
     * The chat's, and in their place the turn's of the same name. Providers refuse a choice where
     * there is nothing to choose from.
     */
    public static Map<String, Object> of(Map<String, Object> chats, Map<String, Object> turns) {
        if (chats.isEmpty() && !turns.containsKey(CHOICE) && !turns.containsKey(TOOLS)) {
            return without(turns, PARALLEL);
        }
        Map<String, Object> all = new LinkedHashMap<>(chats);
        all.putAll(turns);
        if (!haveTools(all)) {
            all.keySet().removeAll(List.of(TOOLS, CHOICE, PARALLEL));
        } else if (namesNone(all.get(CHOICE), all)) {
            all.remove(CHOICE);
        }
        return all;
    }

    private static Map<String, Object> without(Map<String, Object> all, String name) {
        if (!all.containsKey(name)) {
            return all;
        }
        Map<String, Object> others = new LinkedHashMap<>(all);
        others.remove(name);
        return others;
    }

    static boolean haveTools(Map<String, Object> parameters) {
        return parameters.get(TOOLS) instanceof List<?> tools && !tools.isEmpty();
    }

    /** Whether it names a tool that there is not. */
    private static boolean namesNone(@Nullable Object choice, Map<String, Object> all) {
        Object name = name(choice);
        return name != null
                && all.get(TOOLS) instanceof List<?> tools
                && tools.stream().noneMatch(tool -> name.equals(name(tool)));
    }

    private static @Nullable Object name(@Nullable Object functionOf) {
        return functionOf instanceof Map<?, ?> map && map.get("function") instanceof Map<?, ?> named
                ? named.get("name")
                : null;
    }
}

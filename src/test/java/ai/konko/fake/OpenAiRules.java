package ai.konko.fake;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What OpenAI refuses in a request for a chat completion, and what some other providers refuse
 * beside that: arguments of calls that are no JSON object.
 */
final class OpenAiRules {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
    private static final Set<String> ROLES =
            Set.of("system", "developer", "user", "assistant", "tool");
    private static final int MOST_TOOLS = 128;
    private static final ObjectReader JSON =
            JsonMapper.builder()
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build()
                    .reader();

    private OpenAiRules() {}

    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Refused(String why) {
            super(why);
        }
    }

    /** Why the request is refused; null if it is not. */
    static @Nullable String refusal(JsonNode body) {
        try {
            require(!body.path("model").asText().isBlank(), "you must provide a model parameter");
            messages(body.path("messages"));
            tools(body);
            return null;
        } catch (Refused refused) {
            return refused.getMessage();
        }
    }

    private static void messages(JsonNode messages) {
        require(messages.isArray() && !messages.isEmpty(), "messages: too few");
        Set<String> open = new HashSet<>();
        for (JsonNode message : messages) {
            String role = message.path("role").asText();
            require(ROLES.contains(role), "messages: no such role: " + role);
            if (role.equals("tool")) {
                require(
                        open.remove(message.path("tool_call_id").asText()),
                        "messages with role 'tool' must be a response to a preceding message with"
                                + " 'tool_calls'");
            } else {
                requireAnswered(open);
            }
            if (role.equals("assistant") && message.has("tool_calls")) {
                calls(message.path("tool_calls"), open);
            } else {
                content(message.path("content"), role);
            }
        }
        requireAnswered(open);
    }

    private static void requireAnswered(Set<String> open) {
        require(
                open.isEmpty(),
                "an assistant message with 'tool_calls' must be followed by tool messages"
                        + " responding to each 'tool_call_id': "
                        + open);
    }

    private static void calls(JsonNode calls, Set<String> open) {
        require(calls.isArray() && !calls.isEmpty(), "tool_calls: too few");
        for (JsonNode call : calls) {
            String id = call.path("id").asText();
            require(!id.isBlank() && open.add(id), "tool_calls: bad id");
            require(call.path("type").asText().equals("function"), "tool_calls: bad type");
            require(isName(call.at("/function/name")), "tool_calls: bad name");
            JsonNode arguments = call.at("/function/arguments");
            require(arguments.isTextual() && isObject(arguments.asText()), "arguments: no object");
        }
    }

    private static boolean isObject(String text) {
        try {
            return JSON.readTree(text).isObject();
        } catch (JsonProcessingException _) {
            return false;
        }
    }

    private static void content(JsonNode content, String role) {
        if (!content.isArray()) {
            require(content.isTextual(), "messages: content of " + role + " must be a string");
            return;
        }
        require(!content.isEmpty(), "messages: empty content");
        for (JsonNode part : content) {
            switch (part.path("type").asText()) {
                case "text" -> require(part.path("text").isTextual(), "a text part needs a text");
                case "image_url" ->
                        require(
                                role.equals("user") && part.at("/image_url/url").isTextual(),
                                "only users have images, with a URL");
                case "file" ->
                        require(
                                role.equals("user")
                                        && part.at("/file/filename").isTextual()
                                        && part.at("/file/file_data").isTextual(),
                                "only users have files, with a name and data");
                default -> throw new Refused("messages: no such part");
            }
        }
    }

    private static void tools(JsonNode body) {
        JsonNode tools = body.path("tools");
        if (tools.isMissingNode()) {
            require(!body.has("tool_choice"), "tool_choice is only allowed with tools");
            require(!body.has("parallel_tool_calls"), "parallel_tool_calls needs tools");
            return;
        }
        require(tools.isArray() && !tools.isEmpty(), "tools: too few");
        require(tools.size() <= MOST_TOOLS, "tools: too many");
        Set<String> names = new HashSet<>();
        for (JsonNode tool : tools) {
            JsonNode name = tool.at("/function/name");
            require(isName(name), "tools: bad name");
            names.add(name.asText());
        }
        JsonNode named = body.at("/tool_choice/function/name");
        require(
                named.isMissingNode() || names.contains(named.asText()),
                "tool_choice names no tool");
    }

    private static boolean isName(JsonNode name) {
        return name.isTextual() && NAME.matcher(name.asText()).matches();
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new Refused(rule);
        }
    }
}

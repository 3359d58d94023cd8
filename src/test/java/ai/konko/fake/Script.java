package ai.konko.fake;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is more than text, as the deltas of a stream; a plain answer has the same in one
 * message.
 */
public final class Script {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PIECE = 5;

    private final List<ObjectNode> deltas = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder reasoning = new StringBuilder();
    private final TreeMap<Integer, ObjectNode> calls = new TreeMap<>();

    /** Adds text. */
    public Script text(String piece) {
        text.append(piece);
        deltas.add(JSON.createObjectNode().put("content", piece));
        return this;
    }

    /** Adds reasoning. */
    public Script reasoning(String piece) {
        reasoning.append(piece);
        deltas.add(JSON.createObjectNode().put("reasoning_content", piece));
        return this;
    }

    /** Adds a call, first its id and name and then its arguments in pieces, as OpenAI does. */
    public Script call(String id, String name, String arguments) {
        int index = calls.isEmpty() ? 0 : calls.lastKey() + 1;
        piece(index, id, name, "");
        for (int i = 0; i < arguments.length(); i += PIECE) {
            String part = arguments.substring(i, Math.min(arguments.length(), i + PIECE));
            piece(index, null, null, part);
        }
        return this;
    }

    /** Adds a piece of the call with this index. */
    public Script piece(int index, @Nullable String id, @Nullable String name, String arguments) {
        ObjectNode delta = JSON.createObjectNode();
        ObjectNode piece = delta.putArray("tool_calls").addObject().put("index", index);
        ObjectNode call =
                calls.computeIfAbsent(
                        index,
                        _ -> {
                            ObjectNode made = JSON.createObjectNode();
                            made.put("type", "function").putObject("function");
                            return made;
                        });
        ObjectNode function = (ObjectNode) call.path("function");
        if (id != null) {
            piece.put("id", id).put("type", "function");
            call.put("id", id);
        }
        ObjectNode added = piece.putObject("function");
        if (name != null) {
            added.put("name", name);
            function.put("name", name);
        }
        added.put("arguments", arguments);
        function.put("arguments", function.path("arguments").asText("") + arguments);
        deltas.add(delta);
        return this;
    }

    /** Adds a delta as it is, of which a plain answer has nothing. */
    public Script delta(String json) {
        try {
            deltas.add((ObjectNode) JSON.readTree(json));
            return this;
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The reply: what there is of this script from now on is in it too. */
    public FakeModel.Reply.Text reply() {
        return FakeModel.Reply.script(this);
    }

    String finish() {
        return calls.isEmpty() ? "stop" : "tool_calls";
    }

    List<ObjectNode> deltas() {
        return deltas;
    }

    ObjectNode message() {
        ObjectNode message = JSON.createObjectNode().put("role", "assistant");
        message.put("content", text.isEmpty() ? null : text.toString());
        if (!reasoning.isEmpty()) {
            message.put("reasoning_content", reasoning.toString());
        }
        if (!calls.isEmpty()) {
            ArrayNode all = message.putArray("tool_calls");
            calls.values().forEach(all::add);
        }
        return message;
    }
}

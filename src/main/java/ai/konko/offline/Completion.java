package ai.konko.offline;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Iterator;
import java.util.List;
import java.util.StringTokenizer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A reply in OpenAI's format for chat completions: as one object, or as the events of a stream. */
final class Completion {

    /** The only model here. Every completion names it, whichever the request names. */
    static final String MODEL = "konko-offline";

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final Pattern WORD_STARTS = Pattern.compile("(?<=\\s)(?=\\S)");

    private final String id;
    private final String text;
    private final ObjectNode usage;
    private final boolean includeUsage;

    /**
     * @param number differs for each completion of this process
     */
    Completion(long number, CompletionRequest request) {
        id = "chatcmpl-offline-" + number;
        text = new OfflineReply(request.messages(), request.tools(), request.json()).text();
        usage = usage(request.messages(), text);
        includeUsage = request.includeUsage();
    }

    /** As a {@code chat.completion} object. */
    ObjectNode json() {
        ObjectNode completion = envelope("chat.completion");
        completion
                .withArray("choices")
                .addObject()
                .put("index", 0)
                .put("finish_reason", "stop")
                .putObject("message")
                .put("role", "assistant")
                .put("content", text);
        return completion.set("usage", usage);
    }

    /**
     * The data of the server-sent events, made one at a time: the role, the words, the finish, and
     * the usage if the request wants it.
     */
    Iterator<String> events() {
        var role =
                Stream.of(
                        chunk(
                                JSON.objectNode().put("role", "assistant").put("content", ""),
                                false));
        var words =
                WORD_STARTS
                        .splitAsStream(text)
                        .map(word -> chunk(JSON.objectNode().put("content", word), false));
        var finish = Stream.of(chunk(JSON.objectNode(), true));
        var last = includeUsage ? Stream.of(usageChunk(), "[DONE]") : Stream.of("[DONE]");
        return Stream.of(role, words, finish, last)
                .reduce(Stream.empty(), Stream::concat)
                .iterator();
    }

    private String chunk(ObjectNode delta, boolean finished) {
        ObjectNode chunk = envelope("chat.completion.chunk");
        ObjectNode choice = chunk.withArray("choices").addObject().put("index", 0);
        choice.set("delta", delta);
        choice.put("finish_reason", finished ? "stop" : null);
        return chunk.toString();
    }

    private String usageChunk() {
        ObjectNode chunk = envelope("chat.completion.chunk");
        chunk.putArray("choices");
        return chunk.set("usage", usage).toString();
    }

    /** The rough size of both: each word counts as one token, those of instructions too. */
    private static ObjectNode usage(List<PromptMessage> prompt, String reply) {
        int read = prompt.stream().mapToInt(message -> words(message.text())).sum();
        int written = words(reply);
        return JSON.objectNode()
                .put("prompt_tokens", read)
                .put("completion_tokens", written)
                .put("total_tokens", read + written);
    }

    private static int words(String text) {
        return new StringTokenizer(text).countTokens();
    }

    private ObjectNode envelope(String object) {
        // Created at the epoch, so that the same request has the same answer.
        return JSON.objectNode()
                .put("id", id)
                .put("object", object)
                .put("created", 0)
                .put("model", MODEL);
    }
}

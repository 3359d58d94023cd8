package ai.konko.openai;

import ai.konko.chat.Item;
import ai.konko.chat.Message;
import ai.konko.conversation.LiveReply;
import ai.konko.conversation.Position;
import ai.konko.conversation.ReplyEvents;
import ai.konko.conversation.ReplyPart;
import ai.konko.http.OpenAiProblem;
import ai.konko.http.ServerSentEvents;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A reply as the chunks of a chat completion. If it failed or broke off, its last chunk is an
 * error, so that nobody takes it for whole.
 */
final class CompletionEvents extends ReplyEvents implements ServerSentEvents {
    private static final JsonStringEncoder STRINGS = JsonStringEncoder.getInstance();

    private final String head;
    private final String tail;
    private final boolean usage;
    private final ObjectMapper json;
    private final Runnable abandoned;
    private int calls;

    /**
     * @param usage whether the client wants to get the completion's usage
     * @param abandoned runs when the client has gone
     */
    CompletionEvents(
            LiveReply live,
            Message reply,
            String model,
            boolean usage,
            ObjectMapper json,
            Runnable abandoned) {
        super(live, Position.START);
        this.head =
                "data: {\"id\":\"%s\",\"object\":\"chat.completion.chunk\",\"created\":%d,\"model\":%s,"
                        .formatted(
                                Ids.completion(reply),
                                reply.createdAt().getEpochSecond(),
                                write(json, model));
        this.tail = (usage ? ",\"usage\":null" : "") + "}\n\n";
        this.usage = usage;
        this.json = json;
        this.abandoned = abandoned;
    }

    @Override
    protected void begin(StringBuilder out) {
        choice(out, "{\"role\":\"assistant\",\"content\":\"\"}", "null");
    }

    @Override
    protected void delta(ReplyPart.Text text, StringBuilder out) {
        StringBuilder delta = new StringBuilder("{\"content\":\"");
        STRINGS.quoteAsString(text.piece(), delta);
        choice(out, delta.append("\"}"), "null");
    }

    @Override
    protected void thought(ReplyPart.Thought thought, StringBuilder out) {
        StringBuilder delta = new StringBuilder("{\"reasoning_content\":\"");
        STRINGS.quoteAsString(thought.piece(), delta);
        choice(out, delta.append("\"}"), "null");
    }

    @Override
    protected void begun(ReplyPart.Begun begun, StringBuilder out) {
        if (begun.item() instanceof Item.Call call) {
            calls++;
            Map<String, Object> whole = new LinkedHashMap<>();
            whole.put("id", call.callId());
            whole.put("type", "function");
            whole.put("function", new CompletionView.Function(call.tool(), ""));
            call(whole, out);
        }
    }

    @Override
    protected void whole(ReplyPart.Whole whole, StringBuilder out) {
        if (whole.item() instanceof Item.Call call && !call.arguments().isEmpty()) {
            Map<String, Object> rest = new LinkedHashMap<>();
            rest.put("function", Map.of("arguments", call.arguments()));
            call(rest, out);
        }
    }

    /** A piece of the call under way. */
    private void call(Map<String, Object> fields, StringBuilder out) {
        Map<String, Object> piece = new LinkedHashMap<>();
        piece.put("index", calls - 1);
        piece.putAll(fields);
        choice(out, write(json, Map.of("tool_calls", List.of(piece))), "null");
    }

    private void choice(StringBuilder out, CharSequence delta, String finishReason) {
        out.append(head)
                .append("\"choices\":[{\"index\":0,\"delta\":")
                .append(delta)
                .append(",\"logprobs\":null,\"finish_reason\":")
                .append(finishReason)
                .append("}]")
                .append(tail);
    }

    @Override
    protected void end(Message reply, int length, StringBuilder out) {
        if (!reply.isWhole()) {
            out.append("data: ").append(write(json, OpenAiProblem.of(reply))).append("\n\n");
            return;
        }
        choice(out, "{}", "\"" + CompletionView.finishReason(reply) + "\"");
        if (usage) {
            out.append(head)
                    .append("\"choices\":[],\"usage\":")
                    .append(write(json, CompletionView.Used.of(reply.usage())))
                    .append("}\n\n");
        }
        out.append("data: [DONE]\n\n");
    }

    private static String write(ObjectMapper json, @Nullable Object value) {
        try {
            return json.writeValueAsString(value);
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("a chunk can't be written", unwritable);
        }
    }

    @Override
    public void abandoned() {
        abandoned.run();
    }
}

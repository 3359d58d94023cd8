package ai.konko.openai;

import ai.konko.chat.Message;
import ai.konko.conversation.LiveReply;
import ai.konko.conversation.Position;
import ai.konko.conversation.ReplyEvents;
import ai.konko.conversation.ReplyPart;
import ai.konko.http.ServerSentEvents;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A reply as the events of a response.
 *
 * <p>Sequence numbers are the same for everybody who reads the reply, however often. Events before
 * the text have 0 to 3. A delta has 3 plus the text's length in UTF-16 units up to and with it. The
 * four events after the text go on from there. So the numbers grow, with gaps, and a client that
 * gives the last one it has is sent only what it lacks.
 */
final class ResponseEvents extends ReplyEvents implements ServerSentEvents {
    private static final JsonStringEncoder STRINGS = JsonStringEncoder.getInstance();

    /** The number of the last event before the text. */
    static final int BEFORE_TEXT = 3;

    /** How many events come after the text. */
    static final int AFTER_TEXT = 4;

    private final Message reply;
    private final String model;
    private final boolean kept;
    private final int after;
    private final ObjectMapper json;
    private final Runnable abandoned;
    private boolean begun;

    /**
     * @param from how many UTF-16 units of the text the client has already
     * @param reply whose text need not be up to date
     * @param after the number of the last event that the client has; -1 for none
     * @param abandoned runs when the client has gone
     */
    ResponseEvents(
            LiveReply live,
            int from,
            Message reply,
            String model,
            boolean kept,
            int after,
            ObjectMapper json,
            Runnable abandoned) {
        super(live, new Position(from, 0));
        this.reply = reply;
        this.model = model;
        this.kept = kept;
        this.after = after;
        this.json = json;
        this.abandoned = abandoned;
    }

    @Override
    protected void begin(StringBuilder out) {
        ResponseView response = ResponseView.begun(reply, model, kept);
        event(out, 0, "response.created", Map.of("response", response));
        event(out, 1, "response.in_progress", Map.of("response", response));
    }

    private void beginText(StringBuilder out) {
        if (begun) {
            return;
        }
        begun = true;
        event(
                out,
                2,
                "response.output_item.added",
                fields("output_index", 0, "item", ItemView.begun(reply)));
        event(
                out,
                BEFORE_TEXT,
                "response.content_part.added",
                ofText("part", ItemView.Part.output("")));
    }

    @Override
    protected void delta(ReplyPart.Text text, StringBuilder out) {
        beginText(out);
        out.append(
                        "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\"")
                .append(",\"sequence_number\":")
                .append(BEFORE_TEXT + text.end().length())
                .append(",\"item_id\":\"")
                .append(Ids.item(reply))
                .append("\",\"output_index\":0,\"content_index\":0,\"delta\":\"");
        STRINGS.quoteAsString(text.piece(), out);
        out.append("\",\"logprobs\":[]}\n\n");
    }

    @Override
    protected void end(Message ended, int length, StringBuilder out) {
        int number = BEFORE_TEXT + length;
        if (ItemView.isOne(ended)) {
            beginText(out);
            Map<String, Object> done = ofText("text", ended.content());
            done.put("logprobs", List.of());
            event(out, number + 1, "response.output_text.done", done);
            event(
                    out,
                    number + 2,
                    "response.content_part.done",
                    ofText("part", ItemView.Part.output(ended.content())));
            event(
                    out,
                    number + 3,
                    "response.output_item.done",
                    fields("output_index", 0, "item", ItemView.of(ended)));
        }
        ResponseView response = ResponseView.of(ended, model, kept);
        event(out, number + AFTER_TEXT, name(response), Map.of("response", response));
    }

    /** A cancelled response ends as an incomplete one; its status says which. */
    private static String name(ResponseView response) {
        return switch (response.status()) {
            case "completed" -> "response.completed";
            case "failed" -> "response.failed";
            default -> "response.incomplete";
        };
    }

    private Map<String, Object> ofText(String name, Object value) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("item_id", Ids.item(reply));
        fields.put("output_index", 0);
        fields.put("content_index", 0);
        fields.put(name, value);
        return fields;
    }

    private static Map<String, Object> fields(String one, Object first, String two, Object second) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put(one, first);
        fields.put(two, second);
        return fields;
    }

    private void event(StringBuilder out, int number, String type, Map<String, ?> fields) {
        if (number <= after) {
            return;
        }
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("type", type);
        data.put("sequence_number", number);
        data.putAll(fields);
        try {
            out.append("event: ")
                    .append(type)
                    .append("\ndata: ")
                    .append(json.writeValueAsString(data))
                    .append("\n\n");
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("an event can't be written", unwritable);
        }
    }

    @Override
    public void abandoned() {
        abandoned.run();
    }
}

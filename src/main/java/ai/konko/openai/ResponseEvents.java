package ai.konko.openai;

import ai.konko.chat.Item;
import ai.konko.chat.Message;
import ai.konko.conversation.LiveReply;
import ai.konko.conversation.Position;
import ai.konko.conversation.ReplyEvents;
import ai.konko.conversation.ReplyPart;
import ai.konko.http.ServerSentEvents;
import ai.konko.openai.Ids.Kind;
import ai.konko.openai.ResponseView.HowAsked;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A reply as the events of a response, whose numbers are those of {@link OutputPlace}. */
final class ResponseEvents extends ReplyEvents implements ServerSentEvents {
    private static final JsonStringEncoder STRINGS = JsonStringEncoder.getInstance();
    private static final String ITEM_ADDED = "response.output_item.added";
    private static final String ITEM_DONE = "response.output_item.done";
    private static final String PART_ADDED = "response.content_part.added";
    private static final String PART_DONE = "response.content_part.done";

    private final LiveReply live;
    private final Message reply;
    private final HowAsked how;
    private final int after;
    private final ObjectMapper json;
    private final Runnable abandoned;

    /** The kinds of the items that are over, with those of erased ones. */
    private final List<Kind> before;

    /** How many of these are erased. */
    private int erased;

    /** The id of the item under way, because each delta has it; null before it is asked for. */
    private @Nullable String id;

    private @Nullable Kind idOf;

    private int textFrom;
    private boolean inText;

    /**
     * @param from what of the output the client has already
     * @param reply whose text need not be up to date
     * @param after the number of the last event that the client has; -1 for none
     * @param abandoned runs when the client has gone
     */
    ResponseEvents(
            LiveReply live,
            OutputPlace from,
            Message reply,
            HowAsked how,
            int after,
            ObjectMapper json,
            Runnable abandoned) {
        super(live, from.position());
        this.live = live;
        this.reply = reply;
        this.how = how;
        this.after = after;
        this.json = json;
        this.abandoned = abandoned;
        this.before = new ArrayList<>(from.before());
        this.erased = from.erased();
        this.textFrom = from.textFrom();
    }

    @Override
    protected void begin(StringBuilder out) {
        ResponseView response = ResponseView.begun(reply, how);
        event(out, 0, "response.created", Map.of("response", response));
        event(out, 1, "response.in_progress", Map.of("response", response));
    }

    /** The id of the item under way, or of the next one, if it is of this kind. */
    private String id(Kind kind) {
        String known = id;
        if (known == null || idOf != kind) {
            known = kind.of(reply, Collections.frequency(before, kind));
            id = known;
            idOf = kind;
        }
        return known;
    }

    private int outputIndex() {
        return before.size() - erased;
    }

    private void over(Kind kind) {
        before.add(kind);
        id = null;
    }

    private void beginText(int events, StringBuilder out) {
        if (inText) {
            return;
        }
        inText = true;
        int number = OutputPlace.number(textFrom, events);
        event(out, number - 1, ITEM_ADDED, item(ItemView.begun(id(Kind.MESSAGE))));
        event(out, number, PART_ADDED, part(Kind.MESSAGE, ItemView.Part.output("")));
    }

    @Override
    protected void delta(ReplyPart.Text text, StringBuilder out) {
        beginText(text.end().events(), out);
        delta("response.output_text.delta", Kind.MESSAGE, text.piece(), text.end(), out);
        out.append(",\"logprobs\":[]}\n\n");
    }

    @Override
    protected void thought(ReplyPart.Thought thought, StringBuilder out) {
        delta("response.reasoning_text.delta", Kind.REASONING, thought.piece(), thought.end(), out);
        out.append("}\n\n");
    }

    private void delta(String type, Kind kind, String piece, Position end, StringBuilder out) {
        out.append("event: ")
                .append(type)
                .append("\ndata: {\"type\":\"")
                .append(type)
                .append("\",\"sequence_number\":")
                .append(OutputPlace.number(end))
                .append(",\"item_id\":\"")
                .append(id(kind))
                .append("\",\"output_index\":")
                .append(outputIndex())
                .append(",\"content_index\":0,\"delta\":\"");
        STRINGS.quoteAsString(piece, out);
        out.append('"');
    }

    private void endText(int until, int events, String text, String status, StringBuilder out) {
        if (until <= textFrom) {
            return;
        }
        beginText(events, out);
        int number = OutputPlace.number(until, events);
        Map<String, Object> done = ofContent(Kind.MESSAGE, "text", text);
        done.put("logprobs", List.of());
        event(out, number + 1, "response.output_text.done", done);
        event(out, number + 2, PART_DONE, part(Kind.MESSAGE, ItemView.Part.output(text)));
        event(out, number + 3, ITEM_DONE, item(ItemView.text(id(Kind.MESSAGE), status, text)));
        inText = false;
        over(Kind.MESSAGE);
    }

    @Override
    protected void begun(ReplyPart.Begun begun, StringBuilder out) {
        int offset = begun.end().length();
        int events = begun.end().events() - 1;
        if (offset > textFrom) {
            endText(offset, events, live.text(textFrom, offset), ItemView.COMPLETED, out);
        }
        textFrom = offset;
        int number = OutputPlace.number(offset, events) + OutputPlace.AT_END;
        if (begun.item() instanceof Item.Call call) {
            ItemView view = ItemView.call(id(Kind.CALL), call, "", ItemView.IN_PROGRESS);
            event(out, number + 1, ITEM_ADDED, item(view));
        } else if (begun.item() instanceof Item.Reasoning) {
            ItemView view = ItemView.reasoning(id(Kind.REASONING), "");
            event(out, number + 1, ITEM_ADDED, item(view));
            event(out, number + 2, PART_ADDED, part(Kind.REASONING, ItemView.Part.reasoning("")));
        }
    }

    @Override
    protected void whole(ReplyPart.Whole whole, StringBuilder out) {
        int number = OutputPlace.number(whole.end().length(), whole.end().events() - 1);
        if (whole.item() instanceof Item.Call call) {
            whole(call, number, out);
        } else if (whole.item() instanceof Item.Reasoning reasoning) {
            whole(reasoning, number, out);
        } else {
            over(ItemView.kind(whole.item()));
            erased++;
        }
    }

    private void whole(Item.Call call, int number, StringBuilder out) {
        if (!call.arguments().isEmpty()) {
            event(
                    out,
                    number + 1,
                    "response.function_call_arguments.delta",
                    ofItem(Kind.CALL, "delta", call.arguments()));
        }
        Map<String, Object> done = ofItem(Kind.CALL, "name", call.tool());
        done.put("arguments", call.arguments());
        event(out, number + 2, "response.function_call_arguments.done", done);
        String status = ItemView.isBroken(call) ? ItemView.INCOMPLETE : ItemView.COMPLETED;
        ItemView view = ItemView.call(id(Kind.CALL), call, call.arguments(), status);
        event(out, number + 3, ITEM_DONE, item(view));
        over(Kind.CALL);
    }

    private void whole(Item.Reasoning reasoning, int number, StringBuilder out) {
        String text = reasoning.text();
        event(
                out,
                number + 1,
                "response.reasoning_text.done",
                ofContent(Kind.REASONING, "text", text));
        event(out, number + 2, PART_DONE, part(Kind.REASONING, ItemView.Part.reasoning(text)));
        event(out, number + 3, ITEM_DONE, item(ItemView.reasoning(id(Kind.REASONING), text)));
        over(Kind.REASONING);
    }

    @Override
    protected void end(Message ended, int length, StringBuilder out) {
        int events = OutputPlace.events(ended.items());
        textFrom = ended.items().isEmpty() ? 0 : ended.items().getLast().offset();
        if (length > textFrom) {
            String text = ended.content().substring(textFrom);
            endText(length, events, text, ItemView.status(ended.status()), out);
        }
        ResponseView response = ResponseView.of(ended, how);
        event(
                out,
                OutputPlace.number(length, events) + OutputPlace.AT_END + 1,
                name(response),
                Map.of("response", response));
    }

    /** A cancelled response ends as an incomplete one; its status says which. */
    private static String name(ResponseView response) {
        return switch (response.status()) {
            case "completed" -> "response.completed";
            case "failed" -> "response.failed";
            default -> "response.incomplete";
        };
    }

    private Map<String, Object> item(ItemView view) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("output_index", outputIndex());
        fields.put("item", view);
        return fields;
    }

    private Map<String, Object> part(Kind kind, ItemView.Part part) {
        return ofContent(kind, "part", part);
    }

    private Map<String, Object> ofContent(Kind kind, String name, Object value) {
        Map<String, Object> fields = ofItem(kind, "content_index", 0);
        fields.put(name, value);
        return fields;
    }

    private Map<String, Object> ofItem(Kind kind, String name, Object value) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("item_id", id(kind));
        fields.put("output_index", outputIndex());
        fields.put(name, value);
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

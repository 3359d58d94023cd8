package ai.konko.api;

import ai.konko.chat.Item;
import ai.konko.chat.Message;
import ai.konko.chat.Turn;
import ai.konko.conversation.LiveReply;
import ai.konko.conversation.Position;
import ai.konko.conversation.ReplyEvents;
import ai.konko.conversation.ReplyPart;
import ai.konko.http.ServerSentEvents;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * A reply as the native API's events: {@code accepted}, any number of {@code delta}, {@code item}
 * and {@code reasoning}, each with its {@link EventId}, and the reply's terminal state.
 */
final class NativeEvents extends ReplyEvents implements ServerSentEvents {
    private static final JsonStringEncoder STRINGS = JsonStringEncoder.getInstance();

    private final @Nullable Turn accepted;
    private final ObjectMapper json;

    /**
     * @param accepted the turn that the client has posted; null if it attaches to the reply
     * @param from what of the reply the client has already
     */
    NativeEvents(@Nullable Turn accepted, LiveReply reply, Position from, ObjectMapper json) {
        super(reply, from);
        this.accepted = accepted;
        this.json = json;
    }

    @Override
    protected void begin(StringBuilder out) {
        if (accepted != null) {
            Message message = accepted.message();
            inParts(
                    accepted.reply(),
                    out,
                    (reply, events) -> event("accepted", TurnView.of(message, reply), events));
        }
    }

    @Override
    protected void delta(ReplyPart.Text text, StringBuilder out) {
        piece("delta", text.end(), text.piece(), out);
    }

    @Override
    protected void thought(ReplyPart.Thought thought, StringBuilder out) {
        piece("reasoning", thought.end(), thought.piece(), out);
    }

    private static void piece(String name, Position end, String piece, StringBuilder out) {
        out.append("event: ").append(name).append('\n');
        EventId.write(end, out);
        out.append("data: {\"content\":\"");
        STRINGS.quoteAsString(piece, out);
        out.append("\"}\n\n");
    }

    @Override
    protected void begun(ReplyPart.Begun begun, StringBuilder out) {
        item(begun.index(), begun.item(), begun.end(), out);
    }

    @Override
    protected void whole(ReplyPart.Whole whole, StringBuilder out) {
        item(whole.index(), whole.item(), whole.end(), out);
    }

    private void item(int index, Item item, Position end, StringBuilder out) {
        if (item instanceof Item.Erased) {
            return; // it has its positions, and nobody is given them
        }
        out.append("event: item\n");
        EventId.write(end, out);
        data(new ItemEvent(index, ItemView.of(index, item)), out);
    }

    /** The event that an item has begun, or is whole. */
    @RegisterForReflection
    record ItemEvent(int index, ItemView item) {}

    @Override
    protected void end(Message ended, int length, StringBuilder out) {
        event(ended.status().wire(), MessageView.of(ended), out);
    }

    private void event(String name, Object data, StringBuilder out) {
        out.append("event: ").append(name).append('\n');
        data(data, out);
    }

    private void data(Object data, StringBuilder out) {
        try {
            out.append("data: ").append(json.writeValueAsString(data)).append("\n\n");
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("an event can't be written", unwritable);
        }
    }
}

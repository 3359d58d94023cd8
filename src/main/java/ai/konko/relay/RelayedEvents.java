package ai.konko.relay;

import ai.konko.chat.Item;
import ai.konko.chat.Message;
import ai.konko.conversation.LiveReply;
import ai.konko.conversation.Position;
import ai.konko.conversation.ReplyEvents;
import ai.konko.conversation.ReplyPart;
import ai.konko.http.ServerSentEvents;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * A running reply as another replica is told of it, see {@link RelayedLine}. How it has ended is
 * not told, because the log has it.
 */
final class RelayedEvents extends ReplyEvents implements ServerSentEvents {
    private static final JsonStringEncoder STRINGS = JsonStringEncoder.getInstance();

    private final ObjectMapper json;

    RelayedEvents(LiveReply reply, ObjectMapper json) {
        super(reply, Position.START);
        this.json = json;
    }

    @Override
    protected void begin(StringBuilder out) {}

    @Override
    protected void delta(ReplyPart.Text text, StringBuilder out) {
        string(RelayedLine.TEXT, text.piece(), out);
    }

    @Override
    protected void thought(ReplyPart.Thought thought, StringBuilder out) {
        string(RelayedLine.REASONING, thought.piece(), out);
    }

    private static void string(char kind, String piece, StringBuilder out) {
        out.append(kind).append('"');
        STRINGS.quoteAsString(piece, out);
        out.append("\"\n");
    }

    @Override
    protected void begun(ReplyPart.Begun begun, StringBuilder out) {
        item(RelayedLine.BEGUN, begun.item(), out);
    }

    @Override
    protected void whole(ReplyPart.Whole whole, StringBuilder out) {
        item(RelayedLine.WHOLE, whole.item(), out);
    }

    private void item(char kind, Item item, StringBuilder out) {
        try {
            out.append(kind).append(json.writeValueAsString(RelayedItem.of(item))).append('\n');
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("an item can't be written", unwritable);
        }
    }

    @Override
    protected void end(Message ended, int length, StringBuilder out) {
        out.append(RelayedLine.END).append('\n');
    }
}

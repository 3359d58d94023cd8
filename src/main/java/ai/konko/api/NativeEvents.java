package ai.konko.api;

import ai.konko.chat.Message;
import ai.konko.chat.Turn;
import ai.konko.conversation.Listener;
import ai.konko.conversation.LiveReply;
import ai.konko.conversation.ReplyEvents;
import ai.konko.http.ServerSentEvents;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.jspecify.annotations.Nullable;

/**
 * A reply as the native API's events: {@code accepted}, any number of {@code delta}, each with its
 * {@link EventId}, and the reply's terminal state.
 */
final class NativeEvents extends ReplyEvents implements ServerSentEvents {
    private static final JsonStringEncoder STRINGS = JsonStringEncoder.getInstance();

    private final @Nullable Turn accepted;
    private final ObjectMapper json;

    /**
     * @param accepted the turn that the client has posted; null if it attaches to the reply
     * @param from how many UTF-16 units of the reply the client has already
     */
    NativeEvents(@Nullable Turn accepted, LiveReply reply, int from, ObjectMapper json) {
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
    protected void delta(Listener.Piece piece, StringBuilder out) {
        out.append("event: delta\n");
        EventId.write(piece.offset(), out);
        out.append("data: {\"content\":\"");
        STRINGS.quoteAsString(piece.text(), out);
        out.append("\"}\n\n");
    }

    @Override
    protected void end(Message ended, int length, StringBuilder out) {
        event(ended.status().wire(), MessageView.of(ended), out);
    }

    private void event(String name, Object data, StringBuilder out) {
        try {
            String written = json.writeValueAsString(data);
            out.append("event: ").append(name).append("\ndata: ").append(written).append("\n\n");
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("an event can't be written", unwritable);
        }
    }
}

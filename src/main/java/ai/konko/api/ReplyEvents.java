package ai.konko.api;

import ai.konko.chat.Message;
import ai.konko.conversation.Listener;

/**
 * What one client is sent of a reply: server-sent events, ready for the connection. Used by one
 * thread at a time.
 */
public interface ReplyEvents {

    /** What is sent first. */
    void begin(StringBuilder out);

    /** What is sent for more text. */
    void delta(Listener.Piece piece, StringBuilder out);

    /**
     * What is sent last.
     *
     * @param reply its text may be another, which stands for it
     * @param length of the text itself
     */
    void end(Message reply, int length, StringBuilder out);

    /** The client has gone before the end. */
    default void abandoned() {}
}

package ai.konko.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/**
 * A turn as later turns have it for context: what was said and what was replied, nothing else, as
 * the UTF-8 that goes to the model.
 */
public final class ContextTurn {
    private final int replySeq;
    private final int attempt;
    private final byte[] text;
    private final int messageBytes;
    private final List<Item> messageItems;
    private final List<Item> replyItems;

    /**
     * @param attempt of the reply: with its place it names the text, until some of it is erased
     * @param text the message and right after it the reply, which is empty where nobody was to
     *     reply; it must not change any more
     * @param messageBytes how much of it is the message
     */
    public ContextTurn(int replySeq, int attempt, byte[] text, int messageBytes) {
        this(replySeq, attempt, text, messageBytes, List.of(), List.of());
    }

    /**
     * A turn that is more than text.
     *
     * @param messageItems what the message has beside its text
     * @param replyItems what the reply has beside its text
     */
    public ContextTurn(
            int replySeq,
            int attempt,
            byte[] text,
            int messageBytes,
            List<Item> messageItems,
            List<Item> replyItems) {
        this.replySeq = replySeq;
        this.attempt = attempt;
        this.text = text;
        this.messageBytes = messageBytes;
        this.messageItems = List.copyOf(messageItems);
        this.replyItems = List.copyOf(replyItems);
    }

    public static ContextTurn of(Turn turn) {
        byte[] message = turn.message().content().getBytes(UTF_8);
        return new ContextTurn(
                turn.reply().seq(),
                turn.reply().attempt(),
                joined(message, message.length, turn.reply().content()),
                message.length,
                turn.message().items(),
                turn.reply().items());
    }

    /**
     * @param message the message, and perhaps more
     * @param messageBytes how long the message is
     * @return the message and right after it the reply
     */
    public static byte[] joined(byte[] message, int messageBytes, String reply) {
        return joined(message, messageBytes, reply.getBytes(UTF_8));
    }

    /** The same of a reply that is UTF-8 already. */
    public static byte[] joined(byte[] message, int messageBytes, byte[] replied) {
        byte[] both = new byte[messageBytes + replied.length];
        System.arraycopy(message, 0, both, 0, messageBytes);
        System.arraycopy(replied, 0, both, messageBytes, replied.length);
        return both;
    }

    public int replySeq() {
        return replySeq;
    }

    public int attempt() {
        return attempt;
    }

    /** The message and right after it the reply; not to be changed. */
    public byte[] text() {
        return text;
    }

    public int messageBytes() {
        return messageBytes;
    }

    /**
     * @return 0 where nobody was to reply
     */
    public int replyBytes() {
        return text.length - messageBytes;
    }

    public List<Item> messageItems() {
        return messageItems;
    }

    public List<Item> replyItems() {
        return replyItems;
    }

    public String message() {
        return new String(text, 0, messageBytes, UTF_8);
    }

    public String reply() {
        return new String(text, messageBytes, replyBytes(), UTF_8);
    }

    @Override
    public String toString() {
        return "ContextTurn[replySeq=%d, attempt=%d]".formatted(replySeq, attempt);
    }
}

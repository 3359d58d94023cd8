package ai.konko.assistant;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.konko.assistant.Prompt.Speaker;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.Item;
import ai.konko.chat.Item.Call;
import ai.konko.chat.Items;
import ai.konko.chat.Message;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ChatMessageType;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A message of the context as it is sent. LangChain4j's own for the user has seven objects around
 * its text, and the AI service keeps all of a context while the model writes; this one shares the
 * log's bytes. Its own for instructions takes none that are blank.
 */
public final class ContextMessage implements ChatMessage {
    private final Speaker by;
    private final byte[] text;
    private final int from;
    private final int length;

    /** What is sent beside the text: a user's images and files, the calls of a reply. */
    private final List<Item> items;

    private final @Nullable UUID messageId;
    private final @Nullable String callId;

    private ContextMessage(
            Speaker by,
            byte[] text,
            int from,
            int length,
            List<Item> items,
            @Nullable UUID messageId,
            @Nullable String callId) {
        this.by = by;
        this.text = text;
        this.from = from;
        this.length = length;
        this.items = items;
        this.messageId = messageId;
        this.callId = callId;
    }

    static ContextMessage of(Speaker by, String text) {
        return of(by, text, List.of(), null, null);
    }

    private static ContextMessage of(
            Speaker by,
            String text,
            List<Item> items,
            @Nullable UUID messageId,
            @Nullable String callId) {
        byte[] bytes = text.getBytes(UTF_8);
        return new ContextMessage(by, bytes, 0, bytes.length, sent(by, items), messageId, callId);
    }

    /** The same with the message's id, so that {@code /context} can name it. */
    static ContextMessage of(Message message) {
        Speaker by =
                switch (message.role()) {
                    case USER -> Speaker.USER;
                    case ASSISTANT -> Speaker.ASSISTANT;
                };
        return of(by, message.content(), message.items(), message.id(), null);
    }

    static ContextMessage of(Speaker by, String text, List<Item> items) {
        return of(by, text, items, null, null);
    }

    static ContextMessage ofMessage(ContextTurn turn) {
        return new ContextMessage(
                Speaker.USER,
                turn.text(),
                0,
                turn.messageBytes(),
                sent(Speaker.USER, turn.messageItems()),
                null,
                null);
    }

    static ContextMessage ofReply(ContextTurn turn) {
        return new ContextMessage(
                Speaker.ASSISTANT,
                turn.text(),
                turn.messageBytes(),
                turn.replyBytes(),
                sent(Speaker.ASSISTANT, turn.replyItems()),
                null,
                null);
    }

    /**
     * The output of a call.
     *
     * @param reply the reply that has both
     */
    static ContextMessage ofOutput(String callId, String output, @Nullable UUID reply) {
        return of(Speaker.TOOL, output, List.of(), reply, callId);
    }

    /** A reply's reasoning is never sent, and outputs are sent as messages of their own. */
    private static List<Item> sent(Speaker by, List<Item> items) {
        return items.isEmpty()
                ? items
                : items.stream()
                        .filter(each -> by == Speaker.USER ? isShown(each) : each instanceof Call)
                        .toList();
    }

    private static boolean isShown(Item item) {
        return item instanceof Item.Image || item instanceof Item.File;
    }

    /** The same message with other items. */
    ContextMessage with(List<Item> others) {
        return new ContextMessage(by, text, from, length, others, messageId, callId);
    }

    @Override
    public ChatMessageType type() {
        return by.type();
    }

    /** {@code system}, {@code user}, {@code assistant} or {@code tool}. */
    public String role() {
        return by.role();
    }

    public String content() {
        return new String(text, from, length, UTF_8);
    }

    /**
     * @return the id of the message in the log; null if it is none, or not known
     */
    public @Nullable UUID messageId() {
        return messageId;
    }

    /**
     * @return of the call that this is the output of; null if it is none
     */
    public @Nullable String callId() {
        return callId;
    }

    /** The calls of a reply. */
    List<Call> calls() {
        return Items.calls(items);
    }

    /** What is sent beside the text. */
    List<Item> items() {
        return items;
    }

    /** All that is sent, the texts included; of a message of text alone, nothing. */
    public List<Item> parts() {
        return Items.withTexts(content(), items);
    }

    /** Whether there is nothing to send. */
    boolean isEmpty() {
        return length == 0 && items.isEmpty() && callId == null;
    }

    /** The array that has the text as UTF-8 from {@link #from} on. It must not be changed. */
    byte[] text() {
        return text;
    }

    int from() {
        return from;
    }

    /** In bytes. */
    int length() {
        return length;
    }

    @Override
    public String toString() {
        return "ContextMessage[by=" + by + "]";
    }
}

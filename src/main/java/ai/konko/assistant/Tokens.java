package ai.konko.assistant;

import ai.konko.RecentCache;
import ai.konko.chat.CallStatus;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Message;
import ai.konko.chat.Turn;
import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Estimates how many tokens a text has, by OpenAI's encoding {@code o200k_base}, whatever the
 * model. The count of a long text is projected from its beginning. A message counts four more for
 * its role and its frame, as in OpenAI's cookbook ("How to count tokens with tiktoken").
 */
@Singleton
class Tokens {
    /** No estimate goes beyond this, so that a huge text does not cost a huge count. */
    static final int MOST = 1_000_000;

    /** No token of the encoding has more bytes, nor more UTF-16 units, than some blanks have. */
    private static final int LONGEST_TOKEN = 128;

    /** The bytes that a UTF-16 unit takes. */
    private static final int MOST_BYTES = 3;

    private static final int FRAME = 4;

    /** What providers count for an image of usual size, roughly. */
    static final int IMAGE = 1000;

    /** A file, whatever its length: providers read its pages, and count those. */
    static final int FILE = 2000;

    /** In UTF-16 units: some milliseconds' worth. */
    private static final int COUNTED = 16_384;

    private final AtomicBoolean prepared = new AtomicBoolean();
    private final RecentCache<Attempt, Integer> counted = RecentCache.ofMost(100_000);

    /** A message changes only by a retry, once its calls have ended, or by an erasure. */
    private record Attempt(UUID chatId, int seq, int number, int erased) {}

    /**
     * Prepares the encoding, because there may soon be something to count, and loading it takes
     * time.
     */
    void prepare() {
        if (prepared.compareAndSet(false, true)) {
            Thread.ofVirtual().name("vocabulary").start(() -> ofMessage(""));
        }
    }

    int of(Turn turn) {
        return of(turn.message()) + of(turn.reply());
    }

    /**
     * @return the estimate for a message that is over
     */
    int of(Message message) {
        return of(
                attempt(message.chatId(), message.seq(), message.attempt(), message.items()),
                message::content,
                message.items());
    }

    /**
     * @return the same for both messages of a turn, or for the one that nobody was to reply to with
     *     an empty one
     */
    int of(UUID chatId, ContextTurn turn) {
        int seq = turn.replySeq();
        return of(
                        attempt(chatId, seq - 1, 1, turn.messageItems()),
                        turn::message,
                        turn.messageItems())
                + of(
                        attempt(chatId, seq, turn.attempt(), turn.replyItems()),
                        turn::reply,
                        turn.replyItems());
    }

    private static Attempt attempt(UUID chatId, int seq, int number, List<Item> items) {
        return new Attempt(chatId, seq, number, Items.erased(items));
    }

    /**
     * @param content is asked only if the count is not known, because a turn decodes its text for
     *     it
     */
    private int of(Attempt attempt, Supplier<String> content, List<Item> items) {
        Integer known = counted.get(attempt);
        if (known != null) {
            return known;
        }
        int count = ofMessage(content.get()) + of(items);
        if (items.isEmpty() || !isOpen(items)) { // the outputs of calls come later
            counted.put(attempt, count);
        }
        return count;
    }

    private static boolean isOpen(List<Item> items) {
        return Items.calls(items).stream().anyMatch(call -> call.status() == CallStatus.OPEN);
    }

    /**
     * @return the estimate for what is sent of a message beside its text; that of a call has its
     *     output
     */
    int of(List<Item> items) {
        long sum = 0;
        for (Item each : items) {
            sum +=
                    switch (each) {
                        case Item.Image _ -> IMAGE;
                        case Item.File _ -> FILE;
                        case Item.Call call ->
                                ofMessage(call.tool() + call.arguments())
                                        + ofMessage(PromptMessages.output(call));
                        case Item.Text _, Item.Reasoning _, Item.Output _, Item.Erased _ -> 0;
                    };
        }
        return (int) Math.min(sum, MOST);
    }

    /**
     * @return a number that the estimate for the same does not exceed, at next to no cost
     */
    static int atMost(List<Item> items) {
        long sum = 0;
        for (Item each : items) {
            sum +=
                    switch (each) {
                        case Item.Image _ -> IMAGE;
                        case Item.File _ -> FILE;
                        case Item.Call call ->
                                (long) MOST_BYTES
                                                * (call.tool().length()
                                                        + call.arguments().length()
                                                        + PromptMessages.output(call).length())
                                        + 2 * FRAME;
                        case Item.Text _, Item.Reasoning _, Item.Output _, Item.Erased _ -> 0;
                    };
        }
        return (int) Math.min(sum, Integer.MAX_VALUE / 4);
    }

    /** Counts only the beginning of a long text, so that nobody waits long. */
    int ofMessage(String content) {
        String counted = content.substring(0, Math.min(content.length(), COUNTED));
        long tokens = Vocabulary.O200K.encodeOrdinary(counted, MOST).getTokens().size();
        if (counted.length() < content.length()) {
            tokens = tokens * content.length() / counted.length();
        }
        return (int) Math.min(MOST, tokens) + FRAME;
    }

    /**
     * @return a number that the estimate does not exceed, at next to no cost: a token is at least
     *     one UTF-8 byte
     */
    static int atMost(String content) {
        int bytes = 0;
        for (int i = 0; i < content.length(); i++) {
            char unit = content.charAt(i);
            bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
        }
        return bytes + FRAME;
    }

    /**
     * @return the same for both messages of a turn
     */
    static int atMost(Turn turn) {
        return atMost(turn.message().content())
                + atMost(turn.reply().content())
                + atMost(turn.message().items())
                + atMost(turn.reply().items());
    }

    /**
     * @return the same for both messages of a turn
     */
    static int atMost(ContextTurn turn) {
        return turn.text().length
                + 2 * FRAME
                + atMost(turn.messageItems())
                + atMost(turn.replyItems());
    }

    /**
     * @return how many bytes of UTF-8 messages have together at the most whose estimates come to no
     *     more than {@code tokens}. Of a long message the beginning is counted, so that bytes may
     *     be more than those of the tokens.
     */
    static long mostBytes(int tokens) {
        return tokens < MOST ? (long) tokens * LONGEST_TOKEN * MOST_BYTES : Long.MAX_VALUE;
    }

    /** Some 30 MB that take a while to read, so not there until a context comes near its bound. */
    private static final class Vocabulary {
        static final Encoding O200K =
                Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.O200K_BASE);
    }
}

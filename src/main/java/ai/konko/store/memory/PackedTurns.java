package ai.konko.store.memory;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.konko.chat.ContextTurn;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Item;
import ai.konko.chat.Message;
import ai.konko.chat.Role;
import ai.konko.chat.Sized;
import ai.konko.chat.Status;
import ai.konko.chat.Usage;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The messages of a chat by their places. A completed turn without options and second attempt is
 * packed: it is kept as its text and some numbers. Two {@link Message}s with their ids and times
 * would take four times as much beside the text, and the collector would have to visit eleven
 * objects instead of one.
 *
 * <p>Texts are kept as UTF-8, because each later turn sends them to the model so. Times are in
 * milliseconds, as the log gives them.
 *
 * <p>Not safe for use by several threads.
 */
final class PackedTurns {
    /** The slots of a turn in {@code values}. */
    private static final int TEXT = 0;

    private static final int REPLY = 1;
    private static final int VALUES = 2;

    /** The slots of a turn in {@code numbers}. An id takes two. */
    private static final int USER_ID = 0;

    private static final int REPLY_ID = 2;
    private static final int CREATED = 4;

    /** Two ints: the length of the message in bytes, and how long the reply took. */
    private static final int LENGTH_AND_TIME = 5;

    private static final int USAGE = 6;
    private static final int NUMBERS = 7;

    private static final int NOT_REPORTED = -1;

    private static final long NO_USAGE = -1;

    /** The bit of a usage whose details are reported, and both 0. Its two counts leave it free. */
    private static final long BOTH_ZERO = 1L << (Integer.SIZE - 1);

    private final UUID chatId;
    private int turns;

    /**
     * Two values of each turn. The first is a {@code byte[]}: the message, and right after it the
     * reply if that is packed; or such a text with what else the message has, {@link Itemised}. The
     * second is the packed reply's model, or the {@link Message} of a reply that is not packed.
     */
    private @Nullable Object[] values = {};

    private long[] numbers = {};

    /**
     * Two ints of each turn: tokens from the provider's cache, and those of reasoning. Empty as
     * long as no turn has any, because many providers report none, or 0.
     */
    private long[] details = {};

    PackedTurns(UUID chatId) {
        this.chatId = chatId;
    }

    /** The text of a turn whose message is more than text. */
    private static final class Itemised {
        final byte[] text;
        final List<Item> items;

        Itemised(byte[] text, List<Item> items) {
            this.text = text;
            this.items = items;
        }
    }

    /** How many messages there are. */
    int size() {
        return 2 * turns;
    }

    void add(Message user, Message reply) {
        if (turns * VALUES == values.length) {
            int capacity = turns + Math.max(2, turns / 4);
            values = Arrays.copyOf(values, capacity * VALUES);
            numbers = Arrays.copyOf(numbers, capacity * NUMBERS);
            if (details.length > 0) {
                makeRoomForDetails();
            }
        }
        byte[] text = user.content().getBytes(UTF_8);
        values[turns * VALUES + TEXT] =
                user.items().isEmpty() ? text : new Itemised(text, user.items());
        putId(turns * NUMBERS + USER_ID, user.id());
        numbers[turns * NUMBERS + CREATED] = user.createdAt().toEpochMilli();
        numbers[turns * NUMBERS + LENGTH_AND_TIME] = (long) text.length << Integer.SIZE;
        turns++;
        setReply(reply);
    }

    /** Puts a message in its place. */
    void set(Message message) {
        if (message.role() == Role.USER) {
            setSaid(message);
        } else {
            setReply(message);
        }
    }

    private void setSaid(Message user) {
        int turn = turn(user.seq());
        byte[] replied = Arrays.copyOfRange(bytes(turn), messageBytes(turn), bytes(turn).length);
        byte[] said = user.content().getBytes(UTF_8);
        byte[] text = ContextTurn.joined(said, said.length, replied);
        values[turn * VALUES + TEXT] =
                user.items().isEmpty() ? text : new Itemised(text, user.items());
        int number = turn * NUMBERS + LENGTH_AND_TIME;
        numbers[number] = (long) said.length << Integer.SIZE | (numbers[number] & 0xFFFF_FFFFL);
    }

    private void setReply(Message reply) {
        int turn = turn(reply.seq());
        int number = turn * NUMBERS;
        byte[] text = bytes(turn);
        int length = messageBytes(turn);
        long took = took(reply, numbers[number + CREATED]);
        putId(number + REPLY_ID, reply.id());
        if (took >= 0) {
            putText(turn, ContextTurn.joined(text, length, reply.content()));
            values[turn * VALUES + REPLY] = reply.model();
            numbers[number + LENGTH_AND_TIME] = (long) length << Integer.SIZE | took;
            numbers[number + USAGE] = packed(reply.usage());
            putDetails(turn, details(reply.usage()));
        } else {
            putText(turn, text.length == length ? text : Arrays.copyOf(text, length));
            values[turn * VALUES + REPLY] = reply;
        }
    }

    /** How many milliseconds the reply took; -1 if it can't be packed. */
    private static long took(Message reply, long created) {
        Instant completed = reply.completedAt();
        boolean plain =
                reply.status() == Status.COMPLETED
                        && reply.finishReason() == FinishReason.STOP
                        && reply.attempt() == 1
                        && reply.options() == null
                        && reply.items().isEmpty()
                        && reply.createdAt().toEpochMilli() == created
                        && isSmall(reply.usage());
        long took = plain && completed != null ? completed.toEpochMilli() - created : -1;
        return took <= Integer.MAX_VALUE ? took : -1;
    }

    private void putId(int number, UUID id) {
        numbers[number] = id.getMostSignificantBits();
        numbers[number + 1] = id.getLeastSignificantBits();
    }

    private static boolean isSmall(@Nullable Usage usage) {
        return usage == null
                || (usage.inputTokens() <= Integer.MAX_VALUE
                        && usage.outputTokens() <= Integer.MAX_VALUE
                        && isSmall(usage.cachedInputTokens())
                        && isSmall(usage.reasoningTokens()));
    }

    private static boolean isSmall(@Nullable Long count) {
        return count == null || count <= Integer.MAX_VALUE;
    }

    private static long details(@Nullable Usage usage) {
        return usage == null || bothZero(usage)
                ? NOT_REPORTED
                : ((long) small(usage.cachedInputTokens()) << Integer.SIZE)
                        | (small(usage.reasoningTokens()) & 0xFFFF_FFFFL);
    }

    private void putDetails(int turn, long reported) {
        if (reported != NOT_REPORTED && details.length == 0) {
            makeRoomForDetails();
        }
        if (details.length > 0) {
            details[turn] = reported;
        }
    }

    private void makeRoomForDetails() {
        int before = details.length;
        details = Arrays.copyOf(details, values.length / VALUES);
        Arrays.fill(details, before, details.length, NOT_REPORTED);
    }

    private static int small(@Nullable Long count) {
        return count == null ? NOT_REPORTED : count.intValue();
    }

    private static @Nullable Long reported(int count) {
        return count == NOT_REPORTED ? null : Long.valueOf(count);
    }

    private static long packed(@Nullable Usage usage) {
        return usage == null
                ? NO_USAGE
                : usage.inputTokens() << Integer.SIZE
                        | usage.outputTokens()
                        | (bothZero(usage) ? BOTH_ZERO : 0);
    }

    private static boolean bothZero(Usage usage) {
        return small(usage.cachedInputTokens()) == 0 && small(usage.reasoningTokens()) == 0;
    }

    private static @Nullable Usage usage(long packed, long details) {
        if (packed == NO_USAGE) {
            return null;
        }
        long known = (packed & BOTH_ZERO) == 0 ? details : 0;
        return new Usage(
                packed >>> Integer.SIZE,
                packed & Integer.MAX_VALUE,
                reported((int) (known >>> Integer.SIZE)),
                reported((int) known));
    }

    UUID id(int seq) {
        int number = turn(seq) * NUMBERS + (seq % 2 == 1 ? USER_ID : REPLY_ID);
        return new UUID(numbers[number], numbers[number + 1]);
    }

    private static int turn(int seq) {
        return (seq - 1) / 2;
    }

    private byte[] bytes(int turn) {
        Object text = Objects.requireNonNull(values[turn * VALUES + TEXT]);
        return text instanceof Itemised itemised ? itemised.text : (byte[]) text;
    }

    private void putText(int turn, byte[] text) {
        List<Item> items = messageItems(turn);
        values[turn * VALUES + TEXT] = items.isEmpty() ? text : new Itemised(text, items);
    }

    /** What the user's message at this place has beside its text. */
    List<Item> itemsOfMessage(int seq) {
        return messageItems(turn(seq));
    }

    private List<Item> messageItems(int turn) {
        return values[turn * VALUES + TEXT] instanceof Itemised itemised
                ? itemised.items
                : List.of();
    }

    private int messageBytes(int turn) {
        return (int) (numbers[turn * NUMBERS + LENGTH_AND_TIME] >>> Integer.SIZE);
    }

    /** The reply at this place; null if it is packed. */
    @Nullable Message unpacked(int replySeq) {
        return unpackedOf(turn(replySeq));
    }

    private @Nullable Message unpackedOf(int turn) {
        return values[turn * VALUES + REPLY] instanceof Message reply ? reply : null;
    }

    /** A message's text as it is now. */
    StoredText text(int seq) {
        int turn = turn(seq);
        byte[] text = bytes(turn);
        int length = messageBytes(turn);
        if (seq % 2 == 1) {
            return new StoredText.Utf8(text, 0, length);
        }
        Message reply = unpackedOf(turn);
        return reply == null
                ? new StoredText.Utf8(text, length, text.length)
                : new StoredText.OfMessage(reply);
    }

    /** Whether the turn {@linkplain Message#isContext is context}; packed replies are over. */
    boolean isContext(int replySeq) {
        int turn = turn(replySeq);
        Message reply = unpackedOf(turn);
        return reply == null ? bytes(turn).length > messageBytes(turn) : reply.isContext();
    }

    /** How long the reply is in UTF-8. */
    int replyBytes(int replySeq) {
        int turn = turn(replySeq);
        Message reply = unpackedOf(turn);
        return reply == null
                ? bytes(turn).length - messageBytes(turn)
                : utf8Bytes(reply.content()) + (int) Sized.characters(reply.items());
    }

    private static int utf8Bytes(String text) {
        int bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i); // a pair of surrogates takes four bytes together
            bytes += unit < 0x80 ? 1 : unit < 0x800 || Character.isSurrogate(unit) ? 2 : 3;
        }
        return bytes;
    }

    ContextTurn contextTurn(int replySeq) {
        int turn = turn(replySeq);
        Message reply = unpackedOf(turn);
        int length = messageBytes(turn);
        return reply == null
                ? new ContextTurn(replySeq, 1, bytes(turn), length, messageItems(turn), List.of())
                : new ContextTurn(
                        replySeq,
                        reply.attempt(),
                        ContextTurn.joined(bytes(turn), length, reply.content()),
                        length,
                        messageItems(turn),
                        reply.items());
    }

    Message get(int seq) {
        int turn = turn(seq);
        int number = turn * NUMBERS;
        Message reply = unpackedOf(turn);
        if (seq % 2 == 0 && reply != null) {
            return reply;
        }
        Instant created = Instant.ofEpochMilli(numbers[number + CREATED]);
        if (seq % 2 == 1) {
            return Message.ofUser(
                    id(seq), chatId, seq, text(seq).toString(), messageItems(turn), created);
        }
        return new Message(
                id(seq),
                chatId,
                seq,
                Role.ASSISTANT,
                text(seq).toString(),
                List.of(),
                Status.COMPLETED,
                1,
                created,
                created.plusMillis(numbers[number + LENGTH_AND_TIME] & Integer.MAX_VALUE),
                (String) values[turn * VALUES + REPLY],
                FinishReason.STOP,
                usage(numbers[number + USAGE], details.length == 0 ? NOT_REPORTED : details[turn]),
                null,
                null);
    }
}

package ai.konko.store.memory;

import ai.konko.chat.FinishReason;
import ai.konko.chat.Message;
import ai.konko.chat.Role;
import ai.konko.chat.Status;
import ai.konko.chat.Usage;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The messages of a chat by their places. What is completed and has nothing unusual about it, no
 * options and no second attempt, is kept as its text and some numbers: a turn of two {@link
 * Message}s with their ids and times takes four times as much beside its text, and gives the
 * collector eleven objects to visit in place of four.
 *
 * <p>Times are in milliseconds, as the log gives them.
 *
 * <p>Not safe for use by several threads.
 */
final class PackedTurns {
    /** The slots of a turn in {@code values}. */
    private static final int USER = 0;

    private static final int REPLY = 1;
    private static final int MODEL = 2;
    private static final int VALUES = 3;

    /** The slots of a turn in {@code numbers}. An id takes two. */
    private static final int USER_ID = 0;

    private static final int REPLY_ID = 2;
    private static final int CREATED = 4;
    private static final int COMPLETED = 5;
    private static final int USAGE = 6;
    private static final int NUMBERS = 7;

    private static final long NO_USAGE = -1;

    private final UUID chatId;
    private int turns;

    /** The texts of packed messages, other messages as they are, and the models of replies. */
    private @Nullable Object[] values = {};

    private long[] numbers = {};

    PackedTurns(UUID chatId) {
        this.chatId = chatId;
    }

    /**
     * @return how many messages there are
     */
    int size() {
        return 2 * turns;
    }

    void add(Message user, Message reply) {
        if (turns * VALUES == values.length) {
            int capacity = turns + Math.max(2, turns / 4);
            values = Arrays.copyOf(values, capacity * VALUES);
            numbers = Arrays.copyOf(numbers, capacity * NUMBERS);
        }
        values[turns * VALUES + USER] = user.content();
        putId(turns * NUMBERS + USER_ID, user.id());
        numbers[turns * NUMBERS + CREATED] = user.createdAt().toEpochMilli();
        turns++;
        set(reply);
    }

    /** Puts a reply in its place. */
    void set(Message reply) {
        int turn = reply.seq() / 2 - 1;
        int value = turn * VALUES;
        int number = turn * NUMBERS;
        putId(number + REPLY_ID, reply.id());
        boolean plain =
                reply.status() == Status.COMPLETED
                        && reply.finishReason() == FinishReason.STOP
                        && reply.attempt() == 1
                        && reply.options() == null
                        && reply.createdAt().toEpochMilli() == numbers[number + CREATED]
                        && isSmall(reply.usage());
        values[value + REPLY] = plain ? reply.content() : reply;
        if (plain) {
            values[value + MODEL] = reply.model();
            numbers[number + COMPLETED] = completed(reply).toEpochMilli();
            numbers[number + USAGE] = packed(reply.usage());
        }
    }

    private static Instant completed(Message message) {
        Instant at = message.completedAt();
        if (at == null) {
            throw new IllegalArgumentException("a completed message knows when");
        }
        return at;
    }

    private void putId(int number, UUID id) {
        numbers[number] = id.getMostSignificantBits();
        numbers[number + 1] = id.getLeastSignificantBits();
    }

    private static boolean isSmall(@Nullable Usage usage) {
        return usage == null
                || (usage.inputTokens() <= Integer.MAX_VALUE
                        && usage.outputTokens() <= Integer.MAX_VALUE);
    }

    private static long packed(@Nullable Usage usage) {
        return usage == null
                ? NO_USAGE
                : usage.inputTokens() << Integer.SIZE | usage.outputTokens();
    }

    private static @Nullable Usage usage(long packed) {
        return packed == NO_USAGE
                ? null
                : new Usage(packed >>> Integer.SIZE, packed & Integer.MAX_VALUE);
    }

    UUID id(int seq) {
        int number = (seq - 1) / 2 * NUMBERS + (seq % 2 == 1 ? USER_ID : REPLY_ID);
        return new UUID(numbers[number], numbers[number + 1]);
    }

    String text(int seq) {
        Object value = value(seq);
        return value instanceof Message message ? message.content() : (String) value;
    }

    private Object value(int seq) {
        return Objects.requireNonNull(
                values[(seq - 1) / 2 * VALUES + (seq % 2 == 1 ? USER : REPLY)]);
    }

    Message get(int seq) {
        int turn = (seq - 1) / 2;
        boolean user = seq % 2 == 1;
        Object value = value(seq);
        if (value instanceof Message message) {
            return message;
        }
        int number = turn * NUMBERS;
        Instant created = Instant.ofEpochMilli(numbers[number + CREATED]);
        String content = (String) value;
        if (user) {
            return Message.ofUser(id(seq), chatId, seq, content, created);
        }
        return new Message(
                id(seq),
                chatId,
                seq,
                Role.ASSISTANT,
                content,
                Status.COMPLETED,
                1,
                created,
                Instant.ofEpochMilli(numbers[number + COMPLETED]),
                (String) values[turn * VALUES + MODEL],
                FinishReason.STOP,
                usage(numbers[number + USAGE]),
                null,
                null);
    }
}

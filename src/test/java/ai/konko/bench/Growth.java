package ai.konko.bench;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Post;
import ai.konko.chat.WhenBusy;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a log costs when it is large, as a ratio to what it costs when small.
 *
 * @param chats in the large log
 * @param messages in the large chat
 * @param smallChats that take turns, so that none of them grows much
 * @param times that each thing is done
 */
public record Growth(int chats, int messages, int smallChats, int times) {
    private static final int FEW_CHATS = 100;
    private static final int FEW_MESSAGES = 20;
    private static final int ROUNDS = 5;

    /** A search of a text that hardly a chat has may have to look at all of them. */
    private static final int SEARCHED_LESS = 100;

    /** Turns are what makes a chat grow. */
    private static final int TURNED_LESS = 10;

    /** A store to be filled. */
    public interface Store {
        /**
         * @return a log with so many chats, titled "chat N of many"
         */
        ChatRepository log(int chats);

        /**
         * @return a chat in the log, with so many messages
         */
        UUID chat(ChatRepository log, int messages);
    }

    /** Prints a table. */
    public void of(String name, Store store) {
        System.out.printf(
                "%n%-45s %10s %10s %6s%n",
                name + ", us each, best of " + ROUNDS, "small", "large", "ratio");
        ChatRepository few = store.log(FEW_CHATS);
        ChatRepository many = store.log(chats);
        compare(
                "list of 20, %,d : %,d chats".formatted(FEW_CHATS, chats),
                times,
                () -> few,
                () -> many,
                log -> log.chats(new ChatQuery(Owner.ANONYMOUS, 20, null, null)));
        compare(
                "search of a rare text",
                times / SEARCHED_LESS,
                () -> few,
                () -> many,
                log -> log.chats(new ChatQuery(Owner.ANONYMOUS, 20, null, "chat 77 ")));
        UUID large = store.chat(many, messages);
        Supplier<UUID> small = smallChats(store, many);
        inChats(
                "page of 5, middle of %,d : %,d messages".formatted(FEW_MESSAGES, messages),
                small,
                large,
                chat ->
                        many.messages(
                                chat,
                                new MessageQuery(
                                        5,
                                        Order.ASC,
                                        (chat.equals(large) ? messages : FEW_MESSAGES) / 2)));
        inChats(
                "last page of 5",
                small,
                large,
                chat -> many.messages(chat, new MessageQuery(5, Order.DESC, null)));
        inChats(
                "context of 5 turns",
                small,
                large,
                chat -> many.recall(chat, Integer.MAX_VALUE, 5, Long.MAX_VALUE));
        inChats("summary's counts", small, large, many::messageCounts);
        compare("turn", times / TURNED_LESS, small, () -> large, chat -> turn(many, chat));
    }

    /** One after the other, again and again. */
    private Supplier<UUID> smallChats(Store store, ChatRepository log) {
        List<UUID> chats =
                IntStream.range(0, smallChats)
                        .mapToObj(_ -> store.chat(log, FEW_MESSAGES))
                        .toList();
        Iterator<UUID> endless = Stream.generate(() -> chats).flatMap(List::stream).iterator();
        return endless::next;
    }

    /** Has a message accepted and answered. */
    public static void turn(ChatRepository log, UUID chat) {
        Post post = new Post("A question.", WhenBusy.ENQUEUE, null, false);
        UUID reply = log.accept(chat, post).turn().reply().id();
        log.start(chat, "m").orElseThrow().turn();
        log.finish(chat, reply, 1, Outcome.ended("An answer.", FinishReason.STOP, null)).id();
    }

    private void inChats(String name, Supplier<UUID> small, UUID large, Consumer<UUID> operation) {
        compare(name, times, small, () -> large, operation);
    }

    private static <T> void compare(
            String name, int times, Supplier<T> small, Supplier<T> large, Consumer<T> operation) {
        double[] best = {Double.MAX_VALUE, Double.MAX_VALUE};
        for (int round = 0; round < ROUNDS; round++) {
            best[0] = Math.min(best[0], micros(times / ROUNDS, small, operation));
            best[1] = Math.min(best[1], micros(times / ROUNDS, large, operation));
        }
        System.out.printf("%-45s %10.1f %10.1f %6.2f%n", name, best[0], best[1], best[1] / best[0]);
    }

    private static <T> double micros(int times, Supplier<T> on, Consumer<T> operation) {
        long start = System.nanoTime();
        for (int i = 0; i < times; i++) {
            operation.accept(on.get());
        }
        return (System.nanoTime() - start) / 1e3 / times;
    }
}

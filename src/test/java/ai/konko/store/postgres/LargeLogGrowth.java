package ai.konko.store.postgres;

import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.StartOptions;
import ai.konko.chat.Usage;
import ai.konko.chat.WhenBusy;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * What the log in PostgreSQL costs with 5 million messages, as ratios to what it costs with 50,000.
 * It takes 12 GB of disk and some minutes.
 */
public final class LargeLogGrowth {
    private static final int ROUNDS = 3;

    /** How many chats take turns, in each log. */
    private static final int ACTIVE = 1000;

    private static final StartOptions START = new StartOptions("gpt-4o-mini", 20, 64_000);

    /** Who asks: an owner of a tenth of all chats. */
    private static final Owner OWNER = new Owner(LargeLog.owner(1));

    private LargeLogGrowth() {}

    /** A log, and what is done in it. */
    static final class Measured implements AutoCloseable {
        private final LargeLog log;
        private final Random random = new Random(1);
        private final TestLog opened;
        final List<UUID> active;
        private int turns;

        /**
         * @param url of a database that has the log
         */
        Measured(LargeLog log, String url) {
            this.log = log;
            this.opened = TestLog.on(url);
            // Each log has the same lengths of these.
            this.active =
                    IntStream.range(0, ACTIVE)
                            .map(
                                    i ->
                                            i
                                                    + LargeLog.PATTERN
                                                            * random.nextInt(
                                                                    log.chats() / LargeLog.PATTERN))
                            .mapToObj(log::chat)
                            .toList();
        }

        private UUID next() {
            return active.get(turns++ % ACTIVE);
        }

        /** As the service has one: accepted and started together, then ended. */
        void turn() {
            turn(next());
        }

        void turn(UUID chat) {
            Post post = new Post(log.vocabulary().text(random, 90), WhenBusy.ENQUEUE, null, false);
            UUID reply = opened.repository.accept(chat, post, START).turn().reply().id();
            Outcome outcome =
                    Outcome.ended(
                            log.vocabulary().text(random, 380),
                            FinishReason.STOP,
                            new Usage(900, 90));
            var _ = opened.repository.finish(chat, reply, 1, outcome, START);
        }

        void page() {
            var _ = opened.repository.messages(next(), new MessageQuery(50, Order.DESC, null));
        }

        void chats() {
            var _ = opened.repository.chats(new ChatQuery(OWNER, 20, null, null));
        }

        /** Somewhere among the older chats. */
        void olderChats() {
            UUID before = log.chat(log.chats() / 2 + random.nextInt(log.chats() / 2));
            var _ = opened.repository.chats(new ChatQuery(OWNER, 20, before, null));
        }

        /** One that takes longer than a statement may is refused, and so takes as long as that. */
        void search(String word) {
            try {
                var _ = opened.repository.chats(new ChatQuery(OWNER, 20, null, word));
            } catch (RefusedException tooSlow) {
                System.out.println(word + ": " + tooSlow.getMessage());
            }
        }

        @Override
        public void close() {
            opened.close();
        }
    }

    public static void main(String... none) throws IOException, SQLException {
        try (Measured small = log("small", LargeLog.PATTERN_MESSAGES);
                Measured large = log("large", 100 * LargeLog.PATTERN_MESSAGES)) {
            compare(small, large);
        }
        System.exit(0);
    }

    private static Measured log(String name, int messages) throws IOException, SQLException {
        String url = TestPostgres.newDatabase(name);
        return new Measured(written(url, messages), url);
    }

    static LargeLog written(String url, int messages) throws IOException, SQLException {
        TestPostgres.migrated(url).close();
        LargeLog log = new LargeLog(url, messages);
        long start = System.nanoTime();
        log.write();
        System.out.printf(
                "%,d messages written in %d s%n",
                messages, Duration.ofNanos(System.nanoTime() - start).toSeconds());
        return log;
    }

    /** Prints a table. */
    static void compare(Measured small, Measured large) throws IOException {
        System.out.printf(
                "%n%-45s %10s %10s %6s %14s%n",
                "in PostgreSQL, us each, median of " + ROUNDS,
                "50,000",
                "5,000,000",
                "ratio",
                "ratio of CPU");
        compare("turn", 2000, small, large, Measured::turn);
        compare("page of the last 50 messages", 2000, small, large, Measured::page);
        compare("an owner's newest 20 chats", 2000, small, large, Measured::chats);
        compare("20 of an owner's older chats", 2000, small, large, Measured::olderChats);
        small.opened.fill();
        large.opened.fill();
        search("a rare word", LargeLog.RARE_WORD, small, large);
        search("a rare word that is not there", "quetzalcoatlus", small, large);
        for (int rank : new int[] {10, 100, 1000, 3000, 10_000}) {
            String word = small.log.vocabulary().word(rank);
            search("the word of rank %,d".formatted(rank), word, small, large);
        }
        for (int i = 0; i < 3; i++) {
            String word = small.log.vocabulary().missing(small.random);
            search("one not there, of frequent letters", word, small, large);
        }
    }

    private static void search(String name, String word, Measured small, Measured large)
            throws IOException {
        compare("search of " + name, 4, small, large, log -> log.search(word));
    }

    private static void compare(
            String name, int times, Measured small, Measured large, Consumer<Measured> operation)
            throws IOException {
        double[][] took = new double[2][ROUNDS];
        double[][] used = new double[2][ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < 2; i++) {
                Measured log = i == 0 ? small : large;
                run(log, times / 2, operation); // warm
                Duration before = cpu();
                long start = System.nanoTime();
                run(log, times, operation);
                took[i][round] = (System.nanoTime() - start) / 1e3 / times;
                used[i][round] = cpu().minus(before).toNanos() / 1e3 / times;
            }
        }
        System.out.printf(
                "%-45s %10.0f %10.0f %6.2f %14.2f%n",
                name,
                median(took[0]),
                median(took[1]),
                median(took[1]) / median(took[0]),
                median(used[1]) / median(used[0]));
    }

    private static void run(Measured log, int times, Consumer<Measured> operation) {
        for (int i = 0; i < times; i++) {
            operation.accept(log);
        }
    }

    private static double median(double[] of) {
        return DoubleStream.of(of).sorted().skip(ROUNDS / 2).findFirst().orElseThrow();
    }

    /** What the server's processes have used so far. */
    private static Duration cpu() throws IOException {
        return TestPostgres.process()
                .children()
                .map(each -> each.info().totalCpuDuration().orElse(Duration.ZERO))
                .reduce(Duration.ZERO, Duration::plus);
    }
}

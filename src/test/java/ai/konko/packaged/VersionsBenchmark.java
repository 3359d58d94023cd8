package ai.konko.packaged;

import ai.konko.api.Client;
import ai.konko.bench.Children;
import ai.konko.bench.Children.Child;
import ai.konko.bench.ClosedLoop;
import ai.konko.bench.ClosedLoop.Cpu;
import ai.konko.bench.ClosedLoop.Figures;
import ai.konko.bench.ClosedLoop.Load;
import ai.konko.bench.SimulatedModel;
import ai.konko.store.postgres.EmbeddedServer;
import ai.konko.store.postgres.TestPostgres;
import io.agroal.api.AgroalDataSource;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a turn costs in PostgreSQL, beside another version ({@code -Dbench.before=<its
 * quarkus-run.jar>}) and the log in memory: each packaged service before the same model, each with
 * a database server of its own, by turns under the same load. The processors' time has in it what a
 * database still does after the load, until it is idle. Not a test: it prints medians of three
 * rounds.
 */
public final class VersionsBenchmark {
    private static final int ROUNDS = 3;
    private static final String KEY = "bench-key";
    private static final int CHATS = 1000;
    private static final Duration WARM = Duration.ofSeconds(Integer.getInteger("bench.warm", 30));
    private static final String ONLY = System.getProperty("bench.only", "");
    private static final Duration IDLE = Duration.ofMillis(30);

    private static final List<Load> LOADS =
            List.of(posts(64), posts(16), streams("1,000 streams, deltas 100 ms apart", 100));

    private VersionsBenchmark() {}

    private static Load posts(int connections) {
        return new Load(
                connections + " connections",
                connections,
                256,
                0,
                0,
                Duration.ZERO,
                Duration.ofSeconds(6));
    }

    private static Load streams(String name, int gapMillis) {
        return new Load(name, CHATS, CHATS, 0, gapMillis, Duration.ZERO, Duration.ofSeconds(14));
    }

    /** A service, with its database's server if it has one. */
    private record Contender(
            String name, Service service, @Nullable CountedServer database, List<String> paths)
            implements ClosedLoop.Target {

        @Override
        public int port() {
            return service.address().getPort();
        }

        @Override
        public String credential() {
            return KEY;
        }

        @Override
        public Cpu cpu() {
            Duration own = service.cpu();
            return new Cpu(own, database == null ? own : own.plus(database.cpu()));
        }

        /** Until a second of it costs next to nothing. */
        void settle() throws InterruptedException {
            Duration before;
            do {
                before = cpu().all();
                TimeUnit.SECONDS.sleep(1);
            } while (cpu().all().minus(before).compareTo(IDLE) > 0);
        }
    }

    /** What a round has cost, in milliseconds of the processors a turn, or 64 deltas. */
    private record Round(Figures figures, double service, double database) {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory("bench");
        Child model = Children.start(SimulatedModel.class);
        List<Contender> all = new ArrayList<>();
        try {
            String before = System.getProperty("bench.before");
            if (before != null) {
                all.add(contender("before", Path.of(before), model, folder, true));
            }
            all.add(contender("now", Service.JAR, model, folder, true));
            all.add(contender("memory", Service.JAR, model, folder, false));
            compare(new Client(URI.create(model.url())), all);
            if ("a turn in two statements".startsWith(ONLY)) {
                inTwoStatements(folder);
            }
        } finally {
            for (Contender each : all) {
                each.service().kill();
                if (each.database() != null) {
                    each.database().server().close();
                }
            }
            model.process().destroyForcibly();
        }
        System.exit(0);
    }

    private static Contender contender(
            String name, Path jar, Child model, Path folder, boolean durable) throws IOException {
        CountedServer database = durable ? CountedServer.start(folder.resolve(name)) : null;
        Map<String, String> all = new HashMap<>();
        all.put("KONKO_API_KEYS", "bench:" + KEY);
        all.put("KONKO_MEMORY_MAX_MESSAGES", "20");
        if (database != null) {
            all.putAll(database.settings());
        }
        Service service =
                Service.start(
                        List.of(Service.JAVA, "-Xmx512m", "-jar", jar.toString()),
                        Service.with(model.url() + "/v1", all),
                        folder);
        Client client = service.ready().as(KEY);
        List<String> paths =
                IntStream.range(0, CHATS).mapToObj(_ -> client.chat() + "/messages").toList();
        return new Contender(name, service, database, paths);
    }

    /** What PostgreSQL alone can do: see {@code src/bench/turn.sql}. */
    private static void inTwoStatements(Path folder) throws Exception {
        CountedServer database = CountedServer.start(folder.resolve("alone"));
        try (AgroalDataSource source =
                        TestPostgres.migrated(
                                database.url(),
                                EmbeddedServer.USER,
                                EmbeddedServer.password(database.folder()));
                Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    """
                    insert into chat (id, owner, title, metadata, created_at, updated_at)
                    select ('00000000-0000-7000-8000-' || lpad(to_hex(c), 12, '0'))::uuid, 'o', 'a title', '{}', now(), now()
                    from generate_series(1, 8000) c
                    """);
            statement.execute("vacuum analyze");
            System.out.printf("%nA turn in two statements%n");
            for (int clients : new int[] {64, 16}) {
                for (int i = 0; i < ROUNDS; i++) {
                    Duration before = database.cpu();
                    double rate = database.pgbench(clients);
                    double millis =
                            database.cpu().minus(before).toMillis()
                                    / (rate * CountedServer.SECONDS);
                    System.out.printf("%d clients: %.0f turns/s, %.3f ms%n", clients, rate, millis);
                }
            }
        } finally {
            database.server().close();
        }
    }

    private static void compare(Client model, List<Contender> contenders) throws Exception {
        for (Load load : LOADS) {
            if (!load.name().startsWith(ONLY)) {
                continue;
            }
            model.get("/pace?delay=0&gap=" + Math.max(1, load.gapMillis()));
            for (Contender each : contenders) {
                Figures _ =
                        ClosedLoop.run(
                                new Load(
                                        "",
                                        load.connections(),
                                        load.chats(),
                                        0,
                                        load.gapMillis(),
                                        WARM,
                                        Duration.ofSeconds(1)),
                                each);
                each.settle();
            }
            Map<Contender, List<Round>> rounds = new HashMap<>();
            for (int i = 0; i < ROUNDS; i++) {
                for (Contender each : i % 2 == 0 ? contenders : contenders.reversed()) {
                    rounds.computeIfAbsent(each, _ -> new ArrayList<>()).add(round(load, each));
                }
            }
            print(load, contenders, rounds);
        }
    }

    private static Round round(Load load, Contender contender) throws InterruptedException {
        Cpu before = contender.cpu();
        Figures figures = ClosedLoop.run(load, contender);
        contender.settle();
        Cpu after = contender.cpu();
        double turns = figures.rate() * load.measured().toMillis() / 1000;
        if (load.streams()) {
            turns /= 64;
        }
        double own = after.own().minus(before.own()).toMillis() / turns;
        double all = after.all().minus(before.all()).toMillis() / turns;
        return new Round(figures, own, all - own);
    }

    private static void print(
            Load load, List<Contender> contenders, Map<Contender, List<Round>> rounds) {
        System.out.printf(
                "%n%s%n%-8s %10s %8s %8s %10s %10s %10s %6s%n",
                load.name(),
                "",
                load.streams() ? "deltas/s" : "turns/s",
                "p50 ms",
                "p99 ms",
                "service ms",
                "database",
                "both",
                "errors");
        for (Contender each : contenders) {
            List<Round> its = rounds.get(each);
            System.out.printf(
                    "%-8s %10.0f %8.2f %8.2f %10.3f %10.3f %10.3f %6d%n",
                    each.name(),
                    median(its, round -> round.figures().rate()),
                    median(its, round -> round.figures().p50()),
                    median(its, round -> round.figures().p99()),
                    median(its, Round::service),
                    median(its, Round::database),
                    median(its, round -> round.service() + round.database()),
                    its.stream().mapToLong(round -> round.figures().errors()).sum());
        }
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> figure) {
        List<Double> sorted = new ArrayList<>(rounds.stream().map(figure::applyAsDouble).toList());
        Collections.sort(sorted);
        return sorted.get(sorted.size() / 2);
    }
}

package ai.konko.packaged;

import ai.konko.api.Client;
import ai.konko.bench.Children;
import ai.konko.bench.Children.Child;
import ai.konko.bench.ClosedLoop;
import ai.konko.bench.ClosedLoop.Cpu;
import ai.konko.bench.ClosedLoop.Figures;
import ai.konko.bench.ClosedLoop.Load;
import ai.konko.bench.PassThrough;
import ai.konko.bench.SimulatedModel;
import ai.konko.store.memory.MemoryGrowth;
import ai.konko.store.postgres.PostgresGrowth;
import ai.konko.store.postgres.TestPostgres;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * What a turn costs: the packaged service with each store, and a bare pass-through, by turns under
 * the same load before the same simulated model, each in a process of its own on this machine. Then
 * what growth costs, see {@link ai.konko.bench.Growth}. Not a test: it prints ratios, within some
 * minutes.
 */
public final class TurnBenchmark {
    private static final int ROUNDS = 2;
    private static final String KEY = "bench-key";
    private static final int CHATS = 2000;

    private static final List<Load> WARM_UP =
            List.of(
                    new Load("", 64, 256, 0, 0, Duration.ofSeconds(10), Duration.ofSeconds(1)),
                    new Load("", 256, 256, 0, 10, Duration.ofSeconds(2), Duration.ofSeconds(1)));

    private static final List<Load> LOADS =
            List.of(
                    new Load(
                            "a: posts at once, 64 connections",
                            64,
                            256,
                            0,
                            0,
                            Duration.ofSeconds(1),
                            Duration.ofSeconds(4)),
                    new Load(
                            "b: 2,000 posts in flight, answered after 1 s",
                            2000,
                            2000,
                            1000,
                            0,
                            Duration.ofMillis(2500),
                            Duration.ofSeconds(4)),
                    new Load(
                            "c10: 1,000 streams, deltas 10 ms apart",
                            1000,
                            1000,
                            0,
                            10,
                            Duration.ofSeconds(1),
                            Duration.ofSeconds(4)),
                    new Load(
                            "c100: 1,000 streams, deltas 100 ms apart",
                            1000,
                            1000,
                            0,
                            100,
                            Duration.ofSeconds(1),
                            Duration.ofSeconds(5)));

    private TurnBenchmark() {}

    /** Who is under load. */
    private record Contender(String name, int port, List<String> paths, Supplier<Cpu> used)
            implements ClosedLoop.Target {

        @Override
        public String credential() {
            return KEY;
        }

        @Override
        public Cpu cpu() {
            return used.get();
        }
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory("bench");
        Child model = Children.start(SimulatedModel.class);
        Child bare = Children.start(PassThrough.class, Integer.toString(model.port()));
        Service memory = service(model, folder, Map.of());
        Service postgres =
                service(
                        model,
                        folder,
                        Map.of(
                                "KONKO_STORE",
                                "postgres",
                                "KONKO_DATABASE_URL",
                                TestPostgres.newDatabase("bench"),
                                "KONKO_DATABASE_USERNAME",
                                TestPostgres.user(),
                                "KONKO_DATABASE_PASSWORD",
                                TestPostgres.password()));
        try {
            compare(
                    new Client(URI.create(model.url())),
                    List.of(
                            new Contender(
                                    "pass-through",
                                    bare.port(),
                                    Collections.nCopies(CHATS, "/"),
                                    () -> used(cpu(bare.process().toHandle()), Duration.ZERO)),
                            contender("memory", memory, () -> Duration.ZERO),
                            contender("postgres", postgres, cpuOf(TestPostgres.process()))));
        } finally {
            memory.kill();
            postgres.kill();
            bare.process().destroyForcibly();
            model.process().destroyForcibly();
        }
        MemoryGrowth.main();
        PostgresGrowth.main();
        System.exit(0);
    }

    private static Service service(Child model, Path folder, Map<String, String> store)
            throws IOException {
        Map<String, String> all = new HashMap<>(store);
        all.put("KONKO_API_KEYS", "bench:" + KEY);
        all.put("KONKO_MEMORY_MAX_MESSAGES", "20");
        return Service.start(Service.with(model.url() + "/v1", all), folder);
    }

    private static Contender contender(String name, Service service, Supplier<Duration> database) {
        Client client = service.ready().as(KEY);
        List<String> paths =
                IntStream.range(0, CHATS)
                        .parallel()
                        .mapToObj(_ -> client.chat() + "/messages")
                        .toList();
        return new Contender(
                name,
                service.address().getPort(),
                paths,
                () -> used(service.cpu(), database.get()));
    }

    private static Cpu used(Duration own, Duration database) {
        return new Cpu(own, own.plus(database));
    }

    /** Of a process with its children. */
    private static Supplier<Duration> cpuOf(ProcessHandle process) {
        return () ->
                process.children().map(TurnBenchmark::cpu).reduce(cpu(process), Duration::plus);
    }

    private static Duration cpu(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    private static void compare(Client model, List<Contender> contenders) throws Exception {
        System.out.printf("%nA turn, best of %d rounds each, on %s%n", ROUNDS, machine());
        for (Load load : WARM_UP) {
            pace(model, load);
            for (Contender each : contenders) {
                ClosedLoop.run(load, each);
            }
        }
        for (Load load : LOADS) {
            pace(model, load);
            Map<Contender, Figures> best = new LinkedHashMap<>();
            for (int round = 0; round < ROUNDS; round++) {
                for (Contender each : contenders) {
                    best.merge(each, ClosedLoop.run(load, each), Figures::best);
                }
            }
            print(load, best);
        }
    }

    private static void pace(Client model, Load load) {
        model.get("/pace?delay=" + load.delayMillis() + "&gap=" + Math.max(1, load.gapMillis()));
    }

    private static void print(Load load, Map<Contender, Figures> figures) {
        System.out.printf(
                "%n%s%n%-13s %11s %6s %8s %6s %11s %6s %8s %6s %8s %6s %7s%n",
                load.name(),
                "",
                load.streams() ? "CPU-s/100k" : "CPU-s/1000",
                "ratio",
                "with db",
                "ratio",
                load.streams() ? "deltas/s" : "messages/s",
                "ratio",
                "p50 ms",
                "ratio",
                "p99 ms",
                "ratio",
                "errors");
        Figures base = figures.values().iterator().next();
        figures.forEach(
                (who, its) ->
                        System.out.printf(
                                "%-13s %11.3f %6.2f %8.3f %6.2f %11.0f %6.2f %8.2f %6.2f %8.2f %6.2f"
                                        + " %7d%n",
                                who.name(),
                                its.cpu(),
                                its.cpu() / base.cpu(),
                                its.cpuOfAll(),
                                its.cpuOfAll() / base.cpuOfAll(),
                                its.rate(),
                                its.rate() / base.rate(),
                                its.p50(),
                                its.p50() / base.p50(),
                                its.p99(),
                                its.p99() / base.p99(),
                                its.errors()));
    }

    private static String machine() throws IOException {
        String processor =
                Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                        .filter(line -> line.startsWith("model name"))
                        .map(line -> line.substring(line.indexOf(':') + 2))
                        .findFirst()
                        .orElse(System.getProperty("os.arch"));
        return "%d cores of %s, JDK %s"
                .formatted(
                        Runtime.getRuntime().availableProcessors(), processor, Runtime.version());
    }
}

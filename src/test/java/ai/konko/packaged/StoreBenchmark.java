package ai.konko.packaged;

import ai.konko.api.Client;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.store.postgres.GrowthBenchmark;
import ai.konko.store.postgres.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * What a turn costs with each store, side by side: the packaged service, the same model server, the
 * same clients, in turns. Then what growth costs, see {@link GrowthBenchmark}. Not a test: it
 * prints ratios.
 */
public final class StoreBenchmark {
    private static final int CONNECTIONS = 16;
    private static final int TURNS = 4000;
    private static final int WARM_UP = 4000;
    private static final int ROUNDS = 3;

    private StoreBenchmark() {}

    /** A store under load: the service, and how much CPU it and its database have used. */
    private record Contender(
            String name, Client client, Supplier<Duration> cpu, List<Figures> figures) {}

    private record Figures(double cpuMillisPerTurn, double p50Millis, double p99Millis) {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory("bench");
        FakeModel model = FakeModel.start();
        model.answer(_ -> Reply.text("An answer of some length, as models give them."));
        Service memory = Service.start(Service.with(model.baseUrl(), Map.of()), folder);
        Service postgres =
                Service.start(
                        Service.with(
                                model.baseUrl(),
                                Map.of(
                                        "KONKO_STORE",
                                        "postgres",
                                        "KONKO_DATABASE_URL",
                                        TestPostgres.newDatabase("bench"),
                                        "KONKO_DATABASE_USERNAME",
                                        TestPostgres.user(),
                                        "KONKO_DATABASE_PASSWORD",
                                        TestPostgres.password())),
                        folder);
        try {
            ProcessHandle database = TestPostgres.process();
            List<Contender> contenders =
                    List.of(
                            new Contender("memory", memory.ready(), memory::cpu, new ArrayList<>()),
                            new Contender(
                                    "postgres", postgres.ready(), postgres::cpu, new ArrayList<>()),
                            new Contender(
                                    "postgres with the database's own CPU",
                                    postgres.ready(),
                                    () -> postgres.cpu().plus(cpuOfAll(database)),
                                    new ArrayList<>()));
            contenders.forEach(each -> load(each.client(), WARM_UP));
            for (int round = 0; round < ROUNDS; round++) {
                for (Contender each : contenders) {
                    each.figures().add(measured(each));
                    model.reset();
                    model.answer(_ -> Reply.text("An answer of some length, as models give them."));
                }
            }
            print(contenders);
        } finally {
            memory.kill();
            postgres.kill();
            model.close();
        }
        GrowthBenchmark.run();
        System.exit(0);
    }

    private static Figures measured(Contender contender) {
        Duration before = contender.cpu().get();
        List<Long> nanos = load(contender.client(), TURNS);
        Duration used = contender.cpu().get().minus(before);
        List<Long> sorted = nanos.stream().sorted().toList();
        return new Figures(
                used.toNanos() / 1e6 / TURNS,
                sorted.get(sorted.size() / 2) / 1e6,
                sorted.get(sorted.size() * 99 / 100) / 1e6);
    }

    /** The latencies of so many turns, each writer in a chat of its own, new every 40 messages. */
    private static List<Long> load(Client client, int turns) {
        ConcurrentLinkedQueue<Long> nanos = new ConcurrentLinkedQueue<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> writers = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                writers.add(threads.submit(() -> write(client, turns / CONNECTIONS, nanos)));
            }
            for (Future<?> each : writers) {
                each.get();
            }
        } catch (Exception failed) {
            throw new IllegalStateException(failed);
        }
        return List.copyOf(nanos);
    }

    private static void write(Client client, int turns, ConcurrentLinkedQueue<Long> nanos) {
        String chat = client.chat();
        for (int i = 1; i <= turns; i++) {
            if (i % 20 == 0) {
                chat = client.chat();
            }
            long start = System.nanoTime();
            if (client.say(chat, "A question of some length, as people ask them.").status()
                    != 201) {
                throw new IllegalStateException("a turn failed");
            }
            nanos.add(System.nanoTime() - start);
        }
    }

    private static Duration cpuOfAll(ProcessHandle process) {
        Duration sum = process.info().totalCpuDuration().orElse(Duration.ZERO);
        for (ProcessHandle each : process.children().toList()) {
            sum = sum.plus(each.info().totalCpuDuration().orElse(Duration.ZERO));
        }
        return sum;
    }

    private static void print(List<Contender> contenders) {
        Figures base = best(contenders.getFirst());
        System.out.printf(
                "%nA turn, %d connections, best of %d rounds%n%-38s %12s %6s %8s %6s %8s %6s%n",
                CONNECTIONS,
                ROUNDS,
                "store",
                "CPU ms/turn",
                "ratio",
                "p50 ms",
                "ratio",
                "p99 ms",
                "ratio");
        for (Contender each : contenders) {
            Figures best = best(each);
            System.out.printf(
                    "%-38s %12.3f %6.2f %8.2f %6.2f %8.2f %6.2f%n",
                    each.name(),
                    best.cpuMillisPerTurn(),
                    best.cpuMillisPerTurn() / base.cpuMillisPerTurn(),
                    best.p50Millis(),
                    best.p50Millis() / base.p50Millis(),
                    best.p99Millis(),
                    best.p99Millis() / base.p99Millis());
        }
    }

    private static Figures best(Contender contender) {
        List<Figures> all = contender.figures();
        return new Figures(
                all.stream().mapToDouble(Figures::cpuMillisPerTurn).min().orElseThrow(),
                all.stream().mapToDouble(Figures::p50Millis).min().orElseThrow(),
                all.stream().mapToDouble(Figures::p99Millis).min().orElseThrow());
    }
}

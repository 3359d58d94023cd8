package ai.konko.packaged;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.bench.BabblingModel;
import ai.konko.bench.Children;
import ai.konko.bench.Children.Child;
import ai.konko.bench.Percentiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Two owners of one packaged service with a small heap, of which one does in each way of {@link
 * Hostility} at once what it can to keep the other from being served. Not a test: it prints how
 * long the other's posts and the service's readiness take beside that and without it, as ratios,
 * and fails if one of them was refused, or a p99 is more than twice the idle one. The system
 * property {@code owners.options} adds options of the service's JVM, each after a blank.
 */
public final class TwoOwners {
    private static final int SECONDS = Integer.getInteger("owners.seconds", 120);
    private static final int IDLE_SECONDS = Integer.getInteger("owners.idle", 40);
    private static final int MOST = 2;
    private static final String GOOD = "good-key-of-the-one";
    private static final String BAD = "bad-key-of-the-other";
    private static final Duration PACE = Duration.ofMillis(20);

    /** After that an answer that has not come is counted as a refusal. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Client any;
    private final Client good;
    private final Service service;

    private TwoOwners(Service service) {
        this.service = service;
        this.any = service.ready();
        this.good = any.as(GOOD);
    }

    private record Figures(Percentiles posts, Percentiles readiness, List<String> refused) {

        private void print(String when) {
            System.out.printf(
                    "%-10s posts %6d, p50 %7.2f p99 %7.2f ms   readiness %6d, p50 %7.2f p99 %7.2f ms   refused %d%n",
                    when,
                    posts.total(),
                    posts.millis(50),
                    posts.millis(99),
                    readiness.total(),
                    readiness.millis(50),
                    readiness.millis(99),
                    refused.size());
        }
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length > 0) {
            beHostile(URI.create(arguments[0]));
            return;
        }
        Child model = Children.start(BabblingModel.class);
        Service service =
                Service.start(
                        Service.with(
                                model.url() + "/v1",
                                Map.of(
                                        "KONKO_API_KEYS",
                                        "good:" + GOOD + ",bad:" + BAD,
                                        "JAVA_TOOL_OPTIONS",
                                        "-Xmx512m" + System.getProperty("owners.options", ""))),
                        Files.createTempDirectory("owners"));
        boolean held;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            held = new TwoOwners(service).run(threads);
        } finally {
            service.kill();
            model.process().destroy();
        }
        System.exit(held ? 0 : 1);
    }

    private boolean run(ExecutorService threads) throws Exception {
        measure(threads, IDLE_SECONDS / 2); // the code gets warm
        Figures idle = measure(threads, IDLE_SECONDS);
        idle.print("idle");
        Process hostile = startHostile(service.address());
        Figures beside;
        try (BufferedReader told = hostile.inputReader()) {
            String _ = told.readLine(); // it has begun
            beside = measure(threads, SECONDS);
            hostile.getOutputStream().close();
            beside.print("beside");
            told.lines().forEach(System.out::println);
        }
        beside.refused().stream().distinct().limit(10).forEach(System.out::println);
        double posts = beside.posts().millis(99) / idle.posts().millis(99);
        double readiness = beside.readiness().millis(99) / idle.readiness().millis(99);
        System.out.printf("p99 beside : idle   posts %.2f   readiness %.2f%n", posts, readiness);
        long errors = service.log().lines().filter(l -> l.contains("\"level\":\"ERROR\"")).count();
        System.out.println("ERROR lines: " + errors);
        service.kill(); // or its clients would wait for what never comes
        return beside.refused().isEmpty() && posts <= MOST && readiness <= MOST && errors == 0;
    }

    /**
     * The clients of a service are on machines of their own; on this one the hostile owner's take
     * what the service, the model and the other owner leave.
     */
    private static Process startHostile(URI service) throws IOException {
        return new ProcessBuilder(
                        "nice",
                        "-n",
                        "19",
                        Service.JAVA,
                        "-cp",
                        System.getProperty("java.class.path"),
                        TwoOwners.class.getName(),
                        service.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Until standard input ends. */
    private static void beHostile(URI service) throws IOException {
        List<Hostility> ways = Hostility.all(service, new Client(service).as(BAD), BAD);
        AtomicBoolean over = new AtomicBoolean();
        for (Hostility way : ways) {
            for (int i = 0; i < way.hands(); i++) {
                Thread _ = Thread.startVirtualThread(() -> way.untilOver(over));
            }
        }
        System.out.println("begun");
        int _ = System.in.read();
        over.set(true);
        ways.forEach(way -> System.out.println("  " + way));
        System.exit(0);
    }

    private Figures measure(ExecutorService threads, int seconds) throws Exception {
        List<String> refused = new ArrayList<>();
        Percentiles posts = new Percentiles();
        Percentiles readiness = new Percentiles();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        String chat = good.chat();
        Future<?> asking =
                threads.submit(
                        () -> {
                            while (System.nanoTime() < end) {
                                timed(
                                        readiness,
                                        refused,
                                        () ->
                                                CompletableFuture.supplyAsync(
                                                        () -> any.get("/q/health/ready"), threads),
                                        200);
                            }
                        });
        for (int i = 0; System.nanoTime() < end; i++) {
            if (i % 50 == 49) {
                chat = good.chat();
            }
            String here = chat;
            timed(posts, refused, () -> good.sayLater(here, "A question of some length."), 201);
        }
        asking.get();
        return new Figures(posts, readiness, refused);
    }

    private interface Asked {
        CompletableFuture<Answer> ask();
    }

    private static void timed(Percentiles times, List<String> refused, Asked what, int expected) {
        long begun = System.nanoTime();
        String wrong = null;
        try {
            Answer answer = what.ask().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
            if (answer.status() != expected) {
                wrong = answer.status() + " " + answer.code();
            }
        } catch (RuntimeException failed) {
            wrong = failed.toString();
        }
        long took = System.nanoTime() - begun;
        times.add(TimeUnit.NANOSECONDS.toMicros(took));
        if (wrong != null) {
            synchronized (refused) {
                refused.add(wrong);
            }
        }
        long left = PACE.toNanos() - took;
        if (left > 0) {
            LockSupport.parkNanos(left);
        }
    }
}

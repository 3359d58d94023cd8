package ai.konko.packaged;

import ai.konko.api.Client;
import ai.konko.api.EventReader;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Chats that are made, written in and deleted at full rate for minutes, and what is left of them:
 * the packaged service's live heap after a full collection, its threads, its open files and
 * sockets, and its instances of what belongs to a turn. Not a test: it prints them, and fails if
 * what is left after the load is more than half as much again as before it.
 */
public final class Soak {
    private static final int CONNECTIONS = 32;
    private static final int MINUTES = Integer.getInteger("soak.minutes", 5);
    private static final Pattern COUNTED =
            Pattern.compile(
                    "^ *\\d+: +(\\d+) +\\d+ +(?:ai\\.konko\\.\\S*\\.(?:LiveReply|ChatLog|Exchange)"
                            + "|\\S+ChatMemory\\S*|java\\.lang\\.VirtualThread)(?: .*)?$",
                    Pattern.MULTILINE);
    private static final Pattern TOTAL = Pattern.compile("^Total +\\d+ +(\\d+)", Pattern.MULTILINE);

    private Soak() {}

    /** What there is at a moment; {@code turnObjects} are instances that belong to turns. */
    private record Left(
            double heapMegabytes, long threads, long files, long turnObjects, long kilobytes) {}

    public static void main(String[] arguments) throws Exception {
        FakeModel model = FakeModel.start();
        model.answer(_ -> Reply.text("An answer of some length, as models give them."));
        Service service =
                Service.start(
                        Service.with(model.baseUrl(), Map.of("KONKO_API_KEYS", "soak:soak-key")),
                        Files.createTempDirectory("soak"));
        Left first;
        Left last;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Client client = service.ready().as("soak-key");
            System.out.println(
                    "when           turns  live heap MB  threads  files  of turns  RSS MB");
            AtomicLong turns = new AtomicLong();
            minute(client, threads, turns, model); // the code gets warm
            first = idle(service);
            print("warm, idle", turns, first);
            for (int i = 1; i <= MINUTES; i++) {
                minute(client, threads, turns, model);
                print("minute " + i, turns, look(service));
            }
            last = idle(service);
            print("idle again", turns, last);
        } finally {
            service.kill();
            model.close();
        }
        boolean flat =
                last.heapMegabytes() < first.heapMegabytes() * 1.5
                        && last.threads() < first.threads() * 1.5
                        && last.files() < first.files() * 1.5
                        && last.turnObjects() <= first.turnObjects() + CONNECTIONS;
        System.exit(flat ? 0 : 1);
    }

    private static void minute(
            Client client, ExecutorService threads, AtomicLong turns, FakeModel model)
            throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            writers.add(
                    threads.submit(
                            () -> {
                                while (!over.get()) {
                                    turns.addAndGet(oneChat(client));
                                }
                            }));
        }
        for (int second = 0; second < 60; second++) {
            TimeUnit.SECONDS.sleep(1);
            model.reset(); // it records its calls
            model.answer(_ -> Reply.text("An answer of some length, as models give them."));
        }
        over.set(true);
        for (Future<?> each : writers) {
            each.get(60, TimeUnit.SECONDS);
        }
    }

    /** Made, written in by posts that wait, that stream and that go away, and deleted. */
    private static int oneChat(Client client) {
        String chat = client.chat();
        for (int i = 0; i < 8; i++) {
            client.say(chat, "A question of some length, as people ask them.");
            try (EventReader events =
                    client.sayAndFollow(chat, "And another, to be read as it comes.")) {
                if (i % 2 == 0) {
                    events.rest();
                }
            }
        }
        client.delete(chat);
        return 16;
    }

    /** Once what was under way is over, and connections that nobody uses are closed. */
    private static Left idle(Service service) throws Exception {
        TimeUnit.SECONDS.sleep(5);
        return look(service);
    }

    private static Left look(Service service) throws Exception {
        Path process = Path.of("/proc", Long.toString(service.pid()));
        String histogram = histogram(service.pid());
        Matcher total = TOTAL.matcher(histogram);
        if (!total.find()) {
            throw new IllegalStateException("jcmd has not counted");
        }
        return new Left(
                Long.parseLong(total.group(1)) / 1e6,
                count(process.resolve("task")),
                count(process.resolve("fd")),
                COUNTED.matcher(histogram)
                        .results()
                        .mapToLong(r -> Long.parseLong(r.group(1)))
                        .sum(),
                resident(process));
    }

    /** Of live objects, after a full collection. */
    private static String histogram(long pid) throws IOException, InterruptedException {
        Process jcmd =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                                Long.toString(pid),
                                "GC.class_histogram")
                        .start();
        String text = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        jcmd.waitFor();
        return text;
    }

    private static long count(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.count();
        }
    }

    private static long resident(Path process) throws IOException {
        return Files.readAllLines(process.resolve("status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    private static void print(String when, AtomicLong turns, Left left) {
        System.out.printf(
                "%-12s %7d  %12.1f  %7d  %5d  %8d  %6d%n",
                when,
                turns.get(),
                left.heapMegabytes(),
                left.threads(),
                left.files(),
                left.turnObjects(),
                left.kilobytes() / 1024);
    }
}

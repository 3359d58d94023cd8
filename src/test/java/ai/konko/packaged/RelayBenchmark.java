package ai.konko.packaged;

import ai.konko.api.Client;
import ai.konko.bench.Children;
import ai.konko.bench.Children.Child;
import ai.konko.bench.Percentiles;
import ai.konko.bench.Readers;
import ai.konko.bench.SimulatedModel;
import ai.konko.store.postgres.TestPostgres;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * How old a delta is when it comes to those who read at the replica that writes it, and at another
 * one: 1,000 replies with a reader each at both, and one reply with 1,000 readers at the other. The
 * second replica has no address, so what it writes is read from the database's flushes, for
 * comparison. Not a test: it prints milliseconds.
 */
public final class RelayBenchmark {
    private static final int REPLIES = 1000;
    private static final int CONNECTIONS = 32;
    private static final String KEY = "bench-key";
    private static final int GAP_MILLIS = 400;

    /** The first are a warm-up. */
    private static final int ROUNDS = 3;

    /** A reply is written for 26 s. */
    private static final Duration MOST_TO_ATTACH = Duration.ofSeconds(12);

    private static final Duration MOST_TO_END = Duration.ofSeconds(40);

    private RelayBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory("bench");
        Child model = Children.start(SimulatedModel.class);
        new Client(URI.create(model.url())).get("/pace?delay=0&gap=" + GAP_MILLIS);
        String database = TestPostgres.newDatabase("bench");
        Service asked = service(model, database, "http://127.0.0.1:${quarkus.http.port}", folder);
        Service other = service(model, database, "", folder);
        try {
            Client _ = asked.ready();
            Client _ = other.ready();
            System.out.printf("%nThe age of a delta, %d ms apart%n", GAP_MILLIS);
            System.out.printf(
                    "%-44s %8s %9s %8s %8s %8s %8s%n",
                    "", "attached", "after ms", "deltas", "p50 ms", "p99 ms", "whole");
            for (int round = 1; round <= ROUNDS; round++) {
                System.out.printf("round %d%n", round);
                each("1,000 replies, the other replica", asked, other);
                one(asked, other);
                each("1,000 replies, from the flushes", other, asked);
            }
        } finally {
            asked.kill();
            other.kill();
            model.process().destroyForcibly();
        }
        System.exit(0);
    }

    private static void each(String name, Service writer, Service other) throws Exception {
        Client client = writer.ready().as(KEY);
        List<String> chats = atOnce(Collections.nCopies(REPLIES, client), Client::chat);
        List<String> replies = atOnce(chats, chat -> reply(client, chat));
        measure("1,000 replies, the writing replica", writer, replies, name, other, replies);
    }

    private static void one(Service writer, Service other) throws Exception {
        Client client = writer.ready().as(KEY);
        List<String> reply = List.of(reply(client, client.chat()));
        List<String> often = Collections.nCopies(REPLIES, reply.getFirst());
        String name = "one reply, 1,000 readers at the other";
        measure("one reply, one reader at its own", writer, reply, name, other, often);
    }

    /** Once all have attached, it is measured for a while; then they read to the end. */
    private static void measure(
            String nameAtWriter,
            Service writer,
            List<String> atWriter,
            String nameAtOther,
            Service other,
            List<String> atOther)
            throws Exception {
        try (Readers here = new Readers(writer.address().getPort(), KEY, atWriter)) {
            long attachedHere = untilAttached(here, atWriter.size());
            try (Readers there = new Readers(other.address().getPort(), KEY, atOther)) {
                long attachedThere = untilAttached(there, atOther.size());
                TimeUnit.SECONDS.sleep(1);
                Percentiles _ = here.ages();
                Percentiles _ = there.ages();
                TimeUnit.SECONDS.sleep(4);
                Percentiles agesHere = here.ages();
                Percentiles agesThere = there.ages();
                untilEnded(here, atWriter.size());
                untilEnded(there, atOther.size());
                print(nameAtWriter, here, attachedHere, agesHere);
                print(nameAtOther, there, attachedThere, agesThere);
            }
        }
    }

    /**
     * @return how many milliseconds that took, if it came to that
     */
    private static long untilAttached(Readers readers, int all) throws InterruptedException {
        long start = System.nanoTime();
        while (readers.attached() + readers.failed() < all
                && System.nanoTime() - start < MOST_TO_ATTACH.toNanos()) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }

    private static void untilEnded(Readers readers, int all) throws InterruptedException {
        long start = System.nanoTime();
        while (readers.ended() + readers.failed() < all
                && System.nanoTime() - start < MOST_TO_END.toNanos()) {
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private static <T> List<String> atOnce(List<T> all, Function<T, String> step) {
        try (ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS)) {
            return all.stream()
                    .map(each -> CompletableFuture.supplyAsync(() -> step.apply(each), threads))
                    .toList()
                    .stream()
                    .map(CompletableFuture::join)
                    .toList();
        }
    }

    /** Of a reply that is written from now on. */
    private static String reply(Client client, String chat) {
        return chat
                + "/messages/"
                + client.say(chat, "hello", "Prefer", "respond-async").reply().path("id").asText();
    }

    private static void print(String name, Readers readers, long attached, Percentiles ages) {
        System.out.printf(
                "%-44s %8d %9d %8d %8.1f %8.1f %8d%n",
                name,
                readers.attached(),
                attached,
                ages.total(),
                ages.millis(50),
                ages.millis(99),
                readers.ended());
    }

    private static Service service(Child model, String database, String address, Path folder)
            throws IOException {
        return Service.start(
                Service.with(
                        model.url() + "/v1",
                        Map.of(
                                "KONKO_API_KEYS",
                                "bench:" + KEY,
                                "KONKO_STORE",
                                "postgres",
                                "KONKO_DATABASE_URL",
                                database,
                                "KONKO_DATABASE_USERNAME",
                                TestPostgres.user(),
                                "KONKO_DATABASE_PASSWORD",
                                TestPostgres.password(),
                                "KONKO_REPLICA_ADDRESS",
                                address)),
                folder);
    }
}

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
            System.out.printf("%-54s %9s %8s %8s%n", "", "deltas", "p50 ms", "p99 ms");
            for (int round = 0; round < 2; round++) { // the first is a warm-up
                each("1,000 replies, through the other replica", asked, other);
                each("1,000 replies, from the flushes", other, asked);
                one(asked, other);
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
        try (Readers atWriter = readers(writer, replies);
                Readers atOther = readers(other, replies)) {
            settle(atWriter, atOther);
            print(name + ": at its own", atWriter.ages());
            print(name, atOther.ages());
        }
    }

    private static void one(Service writer, Service other) throws Exception {
        Client client = writer.ready().as(KEY);
        String reply = reply(client, client.chat());
        try (Readers atWriter = readers(writer, List.of(reply));
                Readers atOther = readers(other, Collections.nCopies(REPLIES, reply))) {
            settle(atWriter, atOther);
            print("one reply, one reader at its own", atWriter.ages());
            print("one reply, 1,000 readers through the other", atOther.ages());
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

    private static Readers readers(Service at, List<String> replies) {
        return new Readers(at.address().getPort(), KEY, replies);
    }

    /** Until all have caught up; then it is measured for a while. */
    private static void settle(Readers atWriter, Readers atOther) throws InterruptedException {
        TimeUnit.SECONDS.sleep(3);
        Percentiles _ = atWriter.ages();
        Percentiles _ = atOther.ages();
        TimeUnit.SECONDS.sleep(3);
    }

    private static void print(String name, Percentiles ages) {
        System.out.printf(
                "%-54s %9d %8.1f %8.1f%n", name, ages.total(), ages.millis(50), ages.millis(99));
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

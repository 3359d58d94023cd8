package ai.konko.packaged;

import ai.konko.api.Client;
import ai.konko.store.postgres.TestPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Packaged services on one database, to be killed and started anew. Each process has an address of
 * the model of its own, so that the model knows who asks.
 */
final class Replicas implements AutoCloseable {
    private final AskedModel model;
    private final Path folder;
    private final Findings findings;
    private final Guard guard = new Guard();
    private final TestPostgres.Server database;
    private final AtomicInteger started = new AtomicInteger();

    /** Those that have been ready, by their places. */
    private final Map<Integer, Replica> up = new ConcurrentHashMap<>();

    private final Map<Integer, Service> processes = new ConcurrentHashMap<>();

    /** When processes were killed, by {@link System#nanoTime}. */
    private final Map<String, Long> killed = new ConcurrentHashMap<>();

    private final Queue<Long> kills = new ConcurrentLinkedQueue<>();
    private boolean databaseIsDown;
    private volatile boolean closed;

    /**
     * A process.
     *
     * @param name of it alone
     * @param client of it
     */
    record Replica(int place, String name, Service service, Client client) {}

    /** One that can be killed. */
    @FunctionalInterface
    interface Victim {
        void kill() throws Exception;
    }

    private Replicas(AskedModel model, Path folder, Findings findings) throws IOException {
        this.model = model;
        this.folder = folder;
        this.findings = findings;
        this.database = new TestPostgres.Server(folder.resolve("database")).start();
    }

    /** Once they are ready. */
    static Replicas start(int count, AskedModel model, Path folder, Findings findings)
            throws IOException {
        Replicas replicas = new Replicas(model, folder, findings);
        replicas.guard.keep("database", replicas.database.pid());
        for (int place = 0; place < count; place++) {
            replicas.start(place);
        }
        return replicas;
    }

    private void start(int place) throws IOException {
        String name = "r" + started.incrementAndGet();
        Service service = Service.start(environment(name), folder);
        guard.keep("replica " + place, service.pid());
        processes.put(place, service);
        up.put(place, new Replica(place, name, service, service.ready()));
    }

    private Map<String, String> environment(String name) {
        return Service.with(
                model.baseUrl(name),
                Map.of(
                        "KONKO_STORE",
                        "postgres",
                        "KONKO_DATABASE_URL",
                        database.url(),
                        "KONKO_DATABASE_USERNAME",
                        TestPostgres.user(),
                        "KONKO_DATABASE_PASSWORD",
                        database.password(),
                        "KONKO_REPLICA_ADDRESS",
                        "http://127.0.0.1:${quarkus.http.port}",
                        "KONKO_DATABASE_LEASE",
                        "3s",
                        "JAVA_TOOL_OPTIONS",
                        "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m"));
    }

    /** Any that has been ready, and was not killed since; waits for one. */
    Replica any() throws InterruptedException {
        return otherThan(null);
    }

    /** The same; another one than this if there is one. */
    Replica otherThan(@Nullable Replica one) throws InterruptedException {
        while (true) {
            List<Replica> some = new ArrayList<>(up.values());
            if (some.size() > 1) {
                some.remove(one);
            }
            if (!some.isEmpty()) {
                return some.get(ThreadLocalRandom.current().nextInt(some.size()));
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    /** Those that can be killed at this moment, in any order. */
    List<Victim> victims(Random random) {
        List<Victim> victims = new ArrayList<>();
        up.values().forEach(each -> victims.add(() -> kill(each)));
        victims.add(this::killDatabase);
        Collections.shuffle(victims, random);
        return victims;
    }

    private void kill(Replica replica) throws InterruptedException {
        up.remove(replica.place);
        killed.put(replica.name, System.nanoTime());
        kills.add(System.nanoTime());
        replica.service.kill();
        guard.drop("replica " + replica.place);
        Thread _ = Thread.ofVirtual().start(() -> startAgain(replica));
    }

    private void startAgain(Replica replica) {
        try {
            checkLog(replica.name, replica.service);
            start(replica.place);
        } catch (IOException | RuntimeException | AssertionError failed) {
            if (!closed) {
                findings.add("a replica is not ready again: " + failed);
            }
        }
    }

    private void killDatabase() throws Exception {
        kills.add(System.nanoTime());
        databaseIsDown = true;
        database.killToStartAgain();
        guard.drop("database");
    }

    /** If it was killed. */
    void restartDatabase() throws IOException {
        if (databaseIsDown) {
            database.start();
            databaseIsDown = false;
            guard.keep("database", database.pid());
        }
    }

    /** What it calls an error is a fault of its own. */
    private void checkLog(String name, Service service) throws IOException {
        service.log()
                .lines()
                .filter(line -> line.contains("\"level\":\"ERROR\""))
                .findFirst()
                .ifPresent(line -> findings.add(name + " has logged " + line));
    }

    /** When it was; null if it lives. */
    @Nullable Long killedAt(String name) {
        return killed.get(name);
    }

    /** How many kills there were, the database's too. */
    long killsBetween(long from, long to) {
        return kills.stream().filter(each -> each >= from && each <= to).count();
    }

    @Override
    public void close() throws IOException {
        closed = true;
        try {
            for (Service each : processes.values()) {
                each.kill();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // the guard kills the others
            return;
        }
        database.close();
        guard.dropAll();
    }
}

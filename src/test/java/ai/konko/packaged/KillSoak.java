package ai.konko.packaged;

import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.commons.io.FileUtils;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Replicas on one database, of which one, or the database's server, or two of these at once, are
 * killed ({@code kill -9}) every few seconds, while clients talk to those that are left: see {@link
 * Talk} for what they do and {@link TalkCheck} for what has to hold. Not a test: it prints how far
 * it has come every 50 kills, and fails if something does not hold.
 */
public final class KillSoak {
    private static final int KILLS = Integer.getInteger("soak.kills", 1000);
    private static final int REPLICAS = Integer.getInteger("soak.replicas", 3);
    private static final int TALKS = Integer.getInteger("soak.talks", 12);
    private static final long SEED = Long.getLong("soak.seed", System.nanoTime());
    private static final int STEP = 50;

    /** Of kills, one in so many is of two at once. */
    private static final int DOUBLE = 4;

    /** Then it tells them and ends. */
    private static final int ENOUGH_FINDINGS = 10;

    /** From a kill until a request that was sent after it is answered. */
    private static final Duration LONGEST_OUTAGE = Duration.ofMinutes(2);

    /** Between that answer and the next kill. */
    private static final int LONGEST_PEACE_MILLIS = 4000;

    /** For all together, for each kill. */
    private static final Duration MOST_PER_KILL = Duration.ofSeconds(15);

    /** For what is under way when the last one was killed. */
    private static final Duration DRAIN = Duration.ofMinutes(5);

    private final Random random = new Random(SEED);
    private final Findings findings;
    private final Replicas replicas;
    private int killed;

    private KillSoak(Findings findings, Replicas replicas) {
        this.findings = findings;
        this.replicas = replicas;
    }

    public static void main(String[] arguments) throws Exception {
        for (ProcessHandle parent : ProcessHandle.current().parent().stream().toList()) {
            CompletableFuture<Void> _ = parent.onExit().thenRun(() -> System.exit(1));
        }
        Path folder = Files.createTempDirectory("kill-soak");
        Findings findings = new Findings();
        boolean held;
        try (AskedModel model = new AskedModel(findings);
                Replicas replicas = Replicas.start(REPLICAS, model, folder, findings)) {
            System.out.printf(
                    "%d kills of %d replicas and their database, seed %d, logs in %s%n",
                    KILLS, REPLICAS, SEED, folder);
            held = new KillSoak(findings, replicas).run(model);
        }
        if (held) {
            FileUtils.deleteDirectory(folder.toFile());
        }
        System.exit(held ? 0 : 1);
    }

    private boolean run(AskedModel model) throws InterruptedException {
        long until = System.nanoTime() + MOST_PER_KILL.multipliedBy(KILLS).plus(DRAIN).toNanos();
        try (Talks talks = new Talks(model, replicas, findings, SEED)) {
            talks.begin(TALKS);
            while (killed < KILLS
                    && findings.count() < ENOUGH_FINDINGS
                    && System.nanoTime() < until) {
                killSome();
            }
            talks.end(DRAIN);
        } catch (Exception | AssertionError failed) {
            findings.add("the soak itself has failed: " + failed);
            failed.printStackTrace(System.out);
        }
        if (killed < KILLS) {
            findings.add("there were only %d kills of %d".formatted(killed, KILLS));
        }
        findings.print(killed);
        return findings.verdict();
    }

    private void killSome() throws Exception {
        TimeUnit.MILLISECONDS.sleep(random.nextInt(LONGEST_PEACE_MILLIS));
        List<Replicas.Victim> victims = replicas.victims(random);
        int wanted = random.nextInt(DOUBLE) == 0 ? 2 : 1;
        long before = System.nanoTime();
        int now = 0;
        for (Replicas.Victim each : victims.subList(0, Math.min(wanted, victims.size()))) {
            each.kill();
            now++;
        }
        replicas.restartDatabase();
        try {
            await().atMost(LONGEST_OUTAGE).until(() -> findings.answeredSince(before));
        } catch (ConditionTimeoutException _) {
            findings.add("nothing was answered for %s after a kill".formatted(LONGEST_OUTAGE));
        }
        findings.servedAgain(before);
        killed += now;
        if (killed / STEP > (killed - now) / STEP) {
            findings.print(killed);
        }
    }
}

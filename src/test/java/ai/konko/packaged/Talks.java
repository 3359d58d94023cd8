package ai.konko.packaged;

import ai.konko.api.Client.Answer;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** Talks at the same time, each followed by the next one, and what they have left in the log. */
final class Talks implements AutoCloseable {
    private final PatientClient client;
    private final Findings findings;
    private final TalkCheck check;
    private final long seed;
    private final AtomicInteger count = new AtomicInteger();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Future<?>> running = new ArrayList<>();

    /** Of those that are over, by their titles. */
    private final Map<String, Log> logs = new ConcurrentHashMap<>();

    private volatile boolean stopped;

    /**
     * What was there when it was checked.
     *
     * @param digest of its messages
     */
    private record Log(String chat, int digest) {}

    Talks(AskedModel model, Replicas replicas, Findings findings, long seed) {
        this.client = new PatientClient(replicas, findings);
        this.findings = findings;
        this.check = new TalkCheck(client, model, replicas, findings);
        this.seed = seed;
    }

    void begin(int atOnce) {
        for (int i = 0; i < atOnce; i++) {
            running.add(threads.submit(this::talk));
        }
    }

    private void talk() {
        while (!stopped) {
            int number = count.incrementAndGet();
            try {
                Talk talk = new Talk(number, client, findings, () -> stopped, seed);
                String log = check.check(talk, talk.run());
                logs.put(talk.title(), new Log(talk.chat(), log.hashCode()));
            } catch (Exception | AssertionError failed) {
                findings.add("talk %d: %s".formatted(number, failed));
            }
        }
    }

    /** Waits until all are over, and looks whether all that were are still there. */
    void end(Duration patience) throws Exception {
        stopped = true;
        long until = System.nanoTime() + patience.toNanos();
        for (Future<?> each : running) {
            try {
                each.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException _) {
                findings.add("a talk does not end");
                return;
            }
        }
        for (Map.Entry<String, Log> each : logs.entrySet()) {
            if (check.log(each.getValue().chat).text().hashCode() != each.getValue().digest) {
                findings.add(
                        "%s (%s) has changed since".formatted(each.getKey(), each.getValue().chat));
            }
        }
        List<String> titles = titles();
        if (!titles.stream().sorted().toList().equals(logs.keySet().stream().sorted().toList())) {
            findings.add("there are not the chats that were made, each once: " + titles);
        }
    }

    private List<String> titles() throws InterruptedException {
        List<String> titles = new ArrayList<>();
        String cursor = "";
        while (cursor != null) {
            Answer page = client.get("/chats?limit=100" + cursor);
            page.json().path("data").findValuesAsText("title", titles);
            JsonNode next = page.json().path("nextCursor");
            cursor = next.isTextual() ? "&cursor=" + next.asText() : null;
        }
        return titles;
    }

    @Override
    public void close() {
        stopped = true;
        threads.shutdownNow();
    }
}

package ai.konko.packaged;

import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Call;
import ai.konko.fake.FakeModel.Reply;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A model that knows who has asked it what, and when. What a turn says is said once in all, so it
 * stands for the turn. Its answer to it is always the same.
 */
final class AskedModel implements AutoCloseable {
    private static final int WORDS = 24;
    private static final Duration GAP = Duration.ofMillis(40);
    private static final int LONGEST_THOUGHT_MILLIS = 300;
    private static final int MOST_CALLS_KEPT = 1000;

    private final Findings findings;
    private final FakeModel model = FakeModel.start();
    private final AtomicInteger calls = new AtomicInteger();
    private final Map<String, List<Ask>> asks = new ConcurrentHashMap<>();
    private final Set<String> over = ConcurrentHashMap.newKeySet();

    /**
     * It was asked.
     *
     * @param replica by whom
     * @param at when, by {@link System#nanoTime}
     * @param before what users had said before, as it was sent
     */
    record Ask(String replica, long at, List<String> before) {}

    AskedModel(Findings findings) {
        this.findings = findings;
        model.answer(this::reply);
    }

    /** For this replica alone. */
    String baseUrl(String replica) {
        return model.baseUrl().replace("/v1", "/" + replica + "/v1");
    }

    /** What it answers to this. */
    static String text(String said) {
        return IntStream.range(0, WORDS)
                .mapToObj(i -> i + "🎉é")
                .collect(Collectors.joining(" ", "re: " + said + " ", "."));
    }

    private Reply reply(Call call) {
        if (calls.incrementAndGet() % MOST_CALLS_KEPT == 0) {
            model.forgetCalls();
        }
        List<String> all =
                call.messages().stream()
                        .filter(each -> each.role().equals("user"))
                        .map(FakeModel.Message::content)
                        .toList();
        String said = all.getLast();
        Ask ask =
                new Ask(
                        call.target().split("/", 3)[1],
                        System.nanoTime(),
                        all.subList(0, all.size() - 1));
        if (over.contains(said)) {
            findings.add("%s has asked '%s' after its end".formatted(ask.replica, said));
        }
        asks.computeIfAbsent(said, _ -> new CopyOnWriteArrayList<>()).add(ask);
        Reply.Text answer = Reply.text(text(said));
        return said.endsWith(Talk.AT_ONCE)
                ? answer.after(
                        Duration.ofMillis(
                                ThreadLocalRandom.current().nextInt(LONGEST_THOUGHT_MILLIS)))
                : answer.gap(GAP);
    }

    /** How it was asked this, oldest first; from now on it must not be asked it any more. */
    List<Ask> end(String said) {
        over.add(said);
        List<Ask> found = asks.remove(said);
        return found == null ? List.of() : List.copyOf(found);
    }

    @Override
    public void close() {
        model.close();
    }
}

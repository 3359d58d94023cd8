package ai.konko.assistant;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.FinishReason;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.Memory;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Post;
import ai.konko.chat.Settings;
import ai.konko.chat.Started;
import ai.konko.chat.TestLimits;
import ai.konko.chat.WhenBusy;
import ai.konko.store.memory.InMemoryChatRepository;
import dev.langchain4j.service.Result;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How much of each prompt repeats the prompt before it once the window is full, and how many tokens
 * are charged then if the provider has a cache. It counts, so it is the same on each machine.
 */
public final class PromptBenchmark {
    private static final int TURNS = 200;

    /** OpenAI's rule, "Prompt caching": from so many tokens on, in steps. */
    private static final int CACHED_FROM = 1024;

    private static final int STEP = 128;

    /** What a token from the cache costs, beside one that is not. */
    private static final double CACHED_PRICE = 0.1;

    private static final List<String> WORDS =
            List.of("the", "river", "of", "a", "city", "seems", "old", "and", "we", "walk", "to");

    private final Tokens tokens = new Tokens();
    private final SplittableRandom random = new SplittableRandom(29);
    private final ChatRepository log =
            new InMemoryChatRepository(
                    TestLimits.WIDE.withMessagesPerChat(100_000),
                    Clock.systemUTC(),
                    new GrowingIds(Clock.systemUTC()));
    private final UUID chat =
            log.create(
                            Owner.ANONYMOUS,
                            new Settings(null, "You are brief. " + words(100), null, Map.of()))
                    .id();
    private final Prompts prompts;
    private final @Nullable Compactor compactor;
    private final int wordsOfATurn;
    private final Map<String, Integer> counted = new HashMap<>();

    private long sent;
    private long cached;
    private int breaks;
    private double shares;
    private List<String> before = List.of();

    private PromptBenchmark(Bounds bounds, int wordsOfATurn) {
        ModelAddress address = ModelAddress.of("http://unused");
        this.wordsOfATurn = wordsOfATurn;
        ContextWindow window = new ContextWindow(log, bounds, tokens);
        ModelEndpoint endpoint =
                new ModelEndpoint(address, Optional.empty(), Optional.empty(), "m");
        this.prompts = new Prompts(log, window, endpoint);
        this.compactor =
                bounds.compaction() == Memory.Compaction.OFF
                        ? null
                        : new Compactor(
                                log,
                                window,
                                new SummaryWriter(
                                        this::summary,
                                        bounds,
                                        new TextInFlight(TestLimits.WIDE),
                                        tokens),
                                endpoint,
                                tokens,
                                Clock.systemUTC(),
                                new SimpleMeterRegistry());
    }

    /** As long as it may be, nearly; it cites the last message that it is told of. */
    private Result<String> summary(String material) {
        int last = material.lastIndexOf("\n[");
        String cited = material.substring(last + 1, material.indexOf(']', last) + 1);
        return Result.<String>builder().content(words(800) + " " + cited).build();
    }

    public static void main(String... none) {
        System.out.printf(
                "%n%d turns with a full window; cached: from %,d tokens on, in steps of %d, at %.0f %% of the price%n",
                TURNS, CACHED_FROM, STEP, 100 * CACHED_PRICE);
        System.out.printf(
                "%-44s %8s %8s %8s %10s %10s %10s%n",
                "window, tokens a turn",
                "repeats",
                "breaks",
                "a prompt",
                "sent",
                "cached",
                "charged");
        for (int words : new int[] {150, 300, 600}) {
            for (Bounds bounds :
                    List.of(
                            new Bounds(100, 16_000, 0.5),
                            new Bounds(100, 16_000, 0.5, Memory.Compaction.SUMMARY),
                            new Bounds(100, 16_000, 0.75),
                            new Bounds(100, 16_000, 1),
                            new Bounds(40, 8000, 1))) {
                new PromptBenchmark(bounds, words).run(bounds);
            }
        }
    }

    private void run(Bounds bounds) {
        for (int i = 0; i < 120; i++) { // until it is full, whatever its bounds
            turn();
        }
        sent = cached = breaks = 0;
        shares = 0;
        for (int i = 0; i < TURNS; i++) {
            turn();
        }
        System.out.printf(
                "%-44s %7.1f%% %7.1f%% %8d %10d %10d %10.0f%n",
                "%d messages, %,d, keep %s%s; %d"
                        .formatted(
                                bounds.maxMessages(),
                                bounds.maxTokens(),
                                bounds.keep(),
                                compactor == null ? "" : ", summary",
                                wordsOfATurn),
                100 * shares / TURNS,
                100.0 * breaks / TURNS,
                sent / TURNS,
                sent,
                cached,
                sent - cached * (1 - CACHED_PRICE));
    }

    private void turn() {
        int said = wordsOfATurn / 5;
        log.accept(chat, new Post(words(said), WhenBusy.ENQUEUE, null, false));
        Started started = log.start(chat, prompts.startOptions()).orElseThrow();
        Prompt prompt = prompts.of(started, new Cancellation());
        count(prompt.messages().stream().map(each -> each.role() + ": " + each.content()).toList());
        log.finish(
                chat,
                started.turn().reply().id(),
                1,
                Outcome.ended(words(wordsOfATurn - said), FinishReason.STOP, null)
                        .cutting(prompt.seen().cutFrom(), started.settings().memory()));
        if (compactor != null && prompt.seen().summaryDue()) {
            compactor.makeDue(chat);
        }
    }

    private void count(List<String> prompt) {
        int same = 0;
        while (same < Math.min(before.size(), prompt.size())
                && before.get(same).equals(prompt.get(same))) {
            same++;
        }
        long all = 0;
        long beginning = 0;
        for (int i = 0; i < prompt.size(); i++) {
            int count = counted.computeIfAbsent(prompt.get(i), tokens::ofMessage);
            all += count;
            beginning += i < same ? count : 0;
        }
        sent += all;
        cached += beginning < CACHED_FROM ? 0 : beginning - beginning % STEP;
        shares += (double) beginning / all;
        breaks += same < before.size() ? 1 : 0;
        before = prompt;
    }

    private String words(int count) {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            words.add(WORDS.get(random.nextInt(WORDS.size())));
        }
        return String.join(" ", words);
    }
}

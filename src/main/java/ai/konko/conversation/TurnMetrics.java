package ai.konko.conversation;

import ai.konko.assistant.TextInFlight;
import ai.konko.chat.Draft;
import ai.konko.chat.Message;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.Startup;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What the service tells of its turns. Every tag's values are those of an enum; none is an id or a
 * text.
 *
 * <ul>
 *   <li>{@code konko.turns}: turns that have ended, by {@code outcome} (the reply's status) and
 *       {@code reason} (its finish reason or error code)
 *   <li>{@code konko.first.token}: the time from asking the model to the first text of a streamed
 *       reply
 *   <li>{@code konko.replies.in.flight}: replies that are not over, waiting ones counted
 *   <li>{@code konko.characters.in.flight}: UTF-16 units of text that replies under way hold
 *   <li>{@code konko.tokens}: what the provider has counted, by {@code direction} ({@code input},
 *       {@code output})
 *   <li>{@code konko.tokens.cached}: those of the input that came from the provider's cache
 *   <li>{@code konko.memory.cuts}: turns that have cut their chat's window
 *   <li>{@code konko.listeners}: clients that follow a reply's stream
 * </ul>
 */
@Singleton
@Startup
class TurnMetrics {
    private static final Duration[] BOUNDS = {
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofSeconds(60)
    };

    private final MeterRegistry registry;
    private final Timer firstToken;
    private final Counter inputTokens;
    private final Counter outputTokens;
    private final Counter cachedTokens;
    private final Counter cuts;
    private final List<Gauge> gauges;

    TurnMetrics(MeterRegistry registry, Places places, LiveReplies live, TextInFlight text) {
        this.registry = registry;
        this.firstToken =
                Timer.builder("konko.first.token")
                        .description("From asking the model to the first text of a streamed reply")
                        .serviceLevelObjectives(BOUNDS)
                        .register(registry);
        this.inputTokens = tokens("input");
        this.outputTokens = tokens("output");
        this.cachedTokens =
                Counter.builder("konko.tokens.cached")
                        .description("Tokens of the input that came from the provider's cache")
                        .register(registry);
        this.cuts =
                Counter.builder("konko.memory.cuts")
                        .description("Turns that have cut their chat's window")
                        .register(registry);
        this.gauges =
                List.of(
                        Gauge.builder("konko.replies.in.flight", places, Places::inFlight)
                                .description("Replies that are not over")
                                .strongReference(true)
                                .register(registry),
                        Gauge.builder("konko.characters.in.flight", text, TextInFlight::held)
                                .description("UTF-16 units of text of replies under way")
                                .strongReference(true)
                                .register(registry),
                        Gauge.builder("konko.listeners", live, LiveReplies::listening)
                                .description("Clients that follow a reply's stream")
                                .strongReference(true)
                                .register(registry));
    }

    /** The registry outlives this bean if the service starts anew in the same process. */
    @PreDestroy
    void remove() {
        gauges.forEach(registry::remove);
    }

    /**
     * @return gives on the text of a streamed reply, and notes how long the first of it has taken
     *     from now on; one thread at a time uses it
     */
    Draft timed(Draft out) {
        Runnable first = firstEvent();
        AtomicBoolean begun = new AtomicBoolean();
        return Draft.through(
                addition -> {
                    if (begun.compareAndSet(false, true)) {
                        first.run();
                    }
                    addition.accept(out);
                });
    }

    /**
     * @return notes how long it has taken from now on until the first event of a stream; to be run
     *     once
     */
    Runnable firstEvent() {
        long asked = System.nanoTime();
        return () -> firstToken.record(Duration.ofNanos(System.nanoTime() - asked));
    }

    /** Counts a turn whose prompt begins later than the one before it. */
    void windowCut() {
        cuts.increment();
    }

    void count(@Observes TurnEnded turn) {
        Message reply = turn.reply();
        Counter.builder("konko.turns")
                .description("Turns that have ended")
                .tag("outcome", reply.status().wire())
                .tag("reason", reason(reply))
                .register(registry)
                .increment();
        if (reply.usage() != null) {
            inputTokens.increment((double) reply.usage().inputTokens());
            outputTokens.increment((double) reply.usage().outputTokens());
            Long cached = reply.usage().cachedInputTokens();
            cachedTokens.increment(cached == null ? 0 : (double) cached);
        }
    }

    private Counter tokens(String direction) {
        return Counter.builder("konko.tokens")
                .description("Tokens that the provider has counted")
                .tag("direction", direction)
                .register(registry);
    }

    private static String reason(Message reply) {
        if (reply.finishReason() != null) {
            return reply.finishReason().wire();
        }
        return reply.failure() == null ? "none" : reply.failure().code().wire();
    }
}

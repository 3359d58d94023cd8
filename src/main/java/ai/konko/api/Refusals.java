package ai.konko.api;

import ai.konko.chat.ErrorCode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.inject.Singleton;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Counts the problems that clients were sent: {@code konko.refusals}, by their {@code code}. */
@Singleton
@Startup // a code that nobody was sent yet is 0, not unknown
class Refusals {
    private final Map<String, Counter> counters;

    Refusals(MeterRegistry registry) {
        counters =
                Arrays.stream(ErrorCode.values())
                        .map(ErrorCode::wire)
                        .collect(
                                Collectors.toUnmodifiableMap(
                                        Function.identity(),
                                        code ->
                                                Counter.builder("konko.refusals")
                                                        .description(
                                                                "Problems that clients were sent")
                                                        .tag("code", code)
                                                        .register(registry)));
    }

    void count(Problem problem) {
        Counter counter = counters.get(problem.code());
        if (counter == null) {
            throw new IllegalArgumentException("no code of ours: " + problem.code());
        }
        counter.increment();
    }
}

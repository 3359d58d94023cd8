package ai.konko.store.memory;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs a class' benchmarks with 1, 2 and 8 threads, and prints their throughput side by side. */
final class JmhTable {
    private static final int[] THREADS = {1, 2, 8};

    private JmhTable() {}

    static void print(Class<?> benchmarks) throws RunnerException {
        Map<String, StringBuilder> rows = new LinkedHashMap<>();
        for (int threads : THREADS) {
            for (RunResult each : run(benchmarks, threads)) {
                rows.computeIfAbsent(name(each.getParams()), _ -> new StringBuilder())
                        .append(
                                "%12.2f ±%5.2f"
                                        .formatted(
                                                each.getPrimaryResult().getScore(),
                                                each.getPrimaryResult().getScoreError()));
            }
        }
        System.out.printf(
                "%nOperations per microsecond, %d cores, JDK %s%n%-40s%19s%19s%19s%n",
                Runtime.getRuntime().availableProcessors(),
                Runtime.version(),
                "",
                "1 thread",
                "2 threads",
                "8 threads");
        rows.forEach((name, scores) -> System.out.printf("%-40s%s%n", name, scores));
    }

    private static Collection<RunResult> run(Class<?> benchmarks, int threads)
            throws RunnerException {
        return new Runner(
                        new OptionsBuilder()
                                .include(benchmarks.getName() + "\\.")
                                .threads(threads)
                                .forks(1)
                                .warmupIterations(2)
                                .warmupTime(TimeValue.milliseconds(400))
                                .measurementIterations(5)
                                .measurementTime(TimeValue.milliseconds(300))
                                .verbosity(VerboseMode.SILENT)
                                .build())
                .run();
    }

    private static String name(BenchmarkParams of) {
        String method = of.getBenchmark().substring(of.getBenchmark().lastIndexOf('.') + 1);
        return method
                + of.getParamsKeys().stream()
                        .map(key -> ", " + of.getParam(key))
                        .collect(Collectors.joining());
    }
}

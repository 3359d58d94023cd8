package ai.konko.packaged;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.konko.store.postgres.EmbeddedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** A database's server, and the time of the processors that it and its children have taken. */
record CountedServer(EmbeddedServer server, Path folder, int port) {
    /** How long pgbench runs. */
    static final int SECONDS = 8;

    private static final Pattern RATE = Pattern.compile("tps = ([0-9.]+) \\(without");

    /**
     * Of the fields for the time as user and as system, and for the same of children that have
     * ended.
     */
    private static final int CHILDREN = 4;

    static CountedServer start(Path folder) throws IOException {
        int port = EmbeddedServer.freePort();
        EmbeddedServer server = new EmbeddedServer(folder, port);
        server.start();
        return new CountedServer(server, folder, port);
    }

    Map<String, String> settings() {
        return Map.of(
                "KONKO_STORE",
                "postgres",
                "KONKO_DATABASE_URL",
                url(),
                "KONKO_DATABASE_USERNAME",
                EmbeddedServer.USER,
                "KONKO_DATABASE_PASSWORD",
                EmbeddedServer.password(folder));
    }

    String url() {
        return "postgresql://localhost:" + port + "/postgres";
    }

    /** Turns a second. */
    double pgbench(int clients) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(
                        "pgbench",
                        "-n",
                        "-M",
                        "prepared",
                        "-j",
                        "2",
                        "-c",
                        Integer.toString(clients),
                        "-T",
                        Integer.toString(SECONDS),
                        "-D",
                        "k=0",
                        "-f",
                        "src/bench/turn.sql",
                        "postgresql://%s@localhost:%d/postgres"
                                .formatted(EmbeddedServer.USER, port));
        builder.environment().put("PGPASSWORD", EmbeddedServer.password(folder));
        Process process = builder.redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        Matcher rate = RATE.matcher(said);
        if (process.waitFor() != 0 || !rate.find()) {
            throw new IllegalStateException(said);
        }
        return Double.parseDouble(rate.group(1));
    }

    Duration cpu() {
        try {
            Path file = folder.resolve("postgresql").resolve("postmaster.pid");
            long pid = Long.parseLong(Files.readAllLines(file).getFirst().strip());
            long ticks = ticks(pid, CHILDREN);
            for (ProcessHandle each : ProcessHandle.of(pid).orElseThrow().children().toList()) {
                ticks += ticks(each.pid(), 2);
            }
            return Duration.ofMillis(ticks * 10);
        } catch (IOException gone) {
            throw new IllegalStateException(gone);
        }
    }

    private static long ticks(long pid, int fields) throws IOException {
        Path file = Path.of("/proc", Long.toString(pid), "stat");
        if (!Files.exists(file)) {
            return 0; // its parent has it among the ended ones
        }
        String stat = Files.readString(file);
        String[] all = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return IntStream.range(11, 11 + fields).mapToLong(i -> Long.parseLong(all[i])).sum();
    }
}

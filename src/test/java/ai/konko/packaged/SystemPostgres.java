package ai.konko.packaged;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A server of the system's PostgreSQL, and the programs beside it, as operators have them. */
final class SystemPostgres {
    static final String USER = "konko";

    private static final Path VERSIONS = Path.of("/usr/lib/postgresql");
    private static final long PATIENCE_SECONDS = 60;

    private final Path programs;
    private final Path folder;
    private final int port = Service.freePort();

    /**
     * @param folder for its data
     */
    private SystemPostgres(Path programs, Path folder) throws IOException {
        this.programs = programs;
        this.folder = folder;
    }

    /** Empty if the system has none; a client alone is not enough. */
    static Optional<SystemPostgres> start(Path folder) throws Exception {
        Optional<Path> programs = newest();
        if (programs.isEmpty()) {
            return Optional.empty();
        }
        SystemPostgres server = new SystemPostgres(programs.get(), folder.resolve("server"));
        server.run(Map.of(), "initdb", "-D", server.data(), "-U", USER, "-E", "UTF8");
        server.run(
                Map.of(),
                "pg_ctl",
                "-D",
                server.data(),
                "-l",
                folder.resolve("server-log").toString(),
                "-o",
                "-p %d -k '' -c listen_addresses=localhost".formatted(server.port),
                "-w",
                "start");
        return Optional.of(server);
    }

    private static Optional<Path> newest() throws IOException {
        if (!Files.isDirectory(VERSIONS)) {
            return Optional.empty();
        }
        try (Stream<Path> versions = Files.list(VERSIONS)) {
            return versions.filter(each -> Files.isExecutable(each.resolve("bin/initdb")))
                    .max(Comparator.comparingInt(SystemPostgres::number))
                    .map(each -> each.resolve("bin"));
        }
    }

    private static int number(Path version) {
        return Integer.parseInt(version.getFileName().toString());
    }

    private String data() {
        return folder.toString();
    }

    String url() {
        return "postgresql://localhost:" + port + "/postgres";
    }

    /** The same for the programs. */
    String address() {
        return "postgresql://%s@localhost:%d/postgres".formatted(USER, port);
    }

    /** Runs one of the programs to its end. */
    void run(Map<String, String> environment, String program, String... arguments)
            throws Exception {
        List<String> command = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) { // as whom no server starts
            command.addAll(List.of("unshare", "-U"));
        }
        command.add(programs.resolve(program).toString());
        command.addAll(List.of(arguments));
        Path said = Files.createTempFile(program, ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as(program).isTrue();
        assertThat(process.exitValue()).as(Files.readString(said)).isZero();
        Files.delete(said);
    }

    void stop() throws Exception {
        run(Map.of(), "pg_ctl", "-D", data(), "-m", "immediate", "stop");
    }
}

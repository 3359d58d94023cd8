package ai.konko.packaged;

import static org.awaitility.Awaitility.await;

import ai.konko.api.Client;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;

/**
 * What was packaged as a process, in production mode: the jar, or with {@code -Dnative} the binary.
 */
final class Service {
    static final Path JAR = Path.of("target/quarkus-app/quarkus-run.jar").toAbsolutePath();

    static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();

    private static final List<String> PROGRAM =
            System.getProperty("native") == null
                    ? Stream.of(
                                    Stream.of(JAVA),
                                    Stream.ofNullable(System.getProperty("service.jvm.args")),
                                    Stream.of("-jar", JAR.toString()))
                            .flatMap(Function.identity())
                            .toList()
                    : List.of(System.getProperty("native.image.path"));

    private final int port;
    private final Process process;
    private final Path log;
    private final Map<String, String> environment;
    private final Client client;

    private Service(int port, Process process, Path log, Map<String, String> environment) {
        this.port = port;
        this.process = process;
        this.log = log;
        this.environment = environment;
        this.client = new Client(address());
    }

    /**
     * @param environment all of the service's own settings
     * @param folder where its log is written
     */
    static Service start(Map<String, String> environment, Path folder) throws IOException {
        return start(PROGRAM, environment, folder);
    }

    /**
     * @param program another way to start what was packaged; it runs in the folder
     */
    static Service start(List<String> program, Map<String, String> environment, Path folder)
            throws IOException {
        return start(freePort(), program, environment, folder);
    }

    private static Service start(
            int port, List<String> program, Map<String, String> environment, Path folder)
            throws IOException {
        Path log = folder.resolve("log-" + port);
        ProcessBuilder builder = new ProcessBuilder(program).directory(folder.toFile());
        builder.environment()
                .keySet()
                .removeIf(name -> name.startsWith("OPENAI_") || name.startsWith("KONKO_"));
        builder.environment().put("QUARKUS_HTTP_PORT", Integer.toString(port));
        builder.environment().putAll(environment);
        Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        return new Service(port, process, log, environment);
    }

    /** Another at the same address, once this one has ended. */
    Service again(Path folder) throws IOException {
        return start(port, PROGRAM, environment, folder);
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** The settings of one that uses this model, and these more. */
    static Map<String, String> with(String modelUrl, Map<String, String> more) {
        Map<String, String> all = new HashMap<>(more);
        all.put("OPENAI_BASE_URL", modelUrl);
        return all;
    }

    /** Once it is ready. */
    Client ready() {
        try {
            await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(this::isReady);
        } catch (ConditionTimeoutException notReady) {
            throw new AssertionError(said(), notReady);
        }
        return client;
    }

    /** What it says, and whether it is there still: nobody sees its log once the test is over. */
    private String said() {
        try {
            return "at port %d, alive: %s%n%s".formatted(port, process.isAlive(), log());
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }

    /** Once it answers, ready or not. */
    Client live() {
        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> client.get("/q/health/live").status() == 200);
        return client;
    }

    boolean isReady() {
        return client.get("/q/health/ready").status() == 200;
    }

    String log() throws IOException {
        return Files.readString(log);
    }

    /** What it has used so far. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    long pid() {
        return process.pid();
    }

    void terminate() {
        process.destroy();
    }

    /** As by {@code kill -9}. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Its exit code, once it has ended. */
    int exit() throws InterruptedException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("the service does not end");
        }
        return process.exitValue();
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}

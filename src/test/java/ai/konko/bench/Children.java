package ai.konko.bench;

import io.vertx.core.Future;
import io.vertx.core.http.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Programs of the test class path in processes of their own, that end with the one that began. */
public final class Children {

    /** A server on a loopback port. */
    public record Child(Process process, int port) {

        public String url() {
            return "http://127.0.0.1:" + port;
        }
    }

    private Children() {}

    /** Once it listens. */
    public static Child start(Class<?> program, String... arguments) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-cp",
                                System.getProperty("java.class.path"),
                                program.getName()));
        command.addAll(List.of(arguments));
        Process process =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        BufferedReader output = process.inputReader();
        String port = output.readLine();
        if (port == null) {
            throw new IllegalStateException(program + " has not started");
        }
        return new Child(process, Integer.parseInt(port));
    }

    /** In the child: says the port, and stays until the parent is gone. */
    static void announce(Future<HttpServer> server) throws IOException {
        server.onComplete(
                listening -> System.out.println(listening.actualPort()), _ -> System.exit(1));
        while (System.in.read() >= 0) {
            // Nothing is ever said.
        }
        System.exit(0);
    }
}

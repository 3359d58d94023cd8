package ai.konko.offline;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CompletionStreamTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final CompletableFuture<Void> outcome = new CompletableFuture<>();

    private Vertx vertx;

    @BeforeEach
    void setUp() {
        vertx = Vertx.vertx();
    }

    @AfterEach
    void tearDown() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void clientThatLeaves_stopsTheStream() throws Exception {
        // Given
        HttpServer server = serve(Stream.generate(() -> "endless"));

        // When
        try (var client = new Socket(InetAddress.getLoopbackAddress(), server.actualPort())) {
            client.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII));
            client.getInputStream().readNBytes(100);
        }

        // Then
        // Without the type, running out of patience would pass for a failure.
        assertThat(outcome).failsWithin(PATIENCE).withThrowableOfType(ExecutionException.class);
    }

    @Test
    void lastEvent_endsTheResponse() throws Exception {
        // Given
        HttpServer server = serve(Stream.of("one", "two"));
        try (var client = new Socket(InetAddress.getLoopbackAddress(), server.actualPort())) {

            // When
            client.getOutputStream()
                    .write(
                            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                                    .getBytes(US_ASCII));

            // Then
            String response = new String(client.getInputStream().readAllBytes(), US_ASCII);
            assertThat(response)
                    .containsSubsequence(
                            "text/event-stream", "data: one\n\n", "data: two\n\n", "\r\n0\r\n");
            assertThat(outcome).succeedsWithin(PATIENCE);
        }
    }

    private HttpServer serve(Stream<String> events) {
        return vertx.createHttpServer()
                .requestHandler(
                        request ->
                                new CompletionStream(vertx, request.response(), events.iterator())
                                        .start()
                                        .onSuccess(outcome::complete)
                                        .onFailure(outcome::completeExceptionally))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }
}

package ai.konko.offline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OfflineModelTest {

    private Vertx vertx;
    private OfflineModel model;
    private HttpClient client;

    @BeforeEach
    void setUp() {
        vertx = Vertx.vertx();
        model = new OfflineModel(vertx);
        client = HttpClient.newHttpClient();
    }

    @AfterEach
    void tearDown() {
        client.close();
        model.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void baseUrl_isTheSameForAllCallers() throws Exception {
        // Given
        var address = model.address();
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {

            // When
            List<Future<URI>> answers =
                    callers.invokeAll(
                            IntStream.range(0, 50)
                                    .<Callable<URI>>mapToObj(_ -> address::get)
                                    .toList());

            // Then
            assertThat(answers).extracting(Future::resultNow).containsOnly(model.baseUrl());
            assertThat(model.baseUrl()).hasScheme("http").hasHost("127.0.0.1").hasPath("/v1");
        }
    }

    @Test
    void baseUrlOnAnEventLoop_isRefused() {
        // Given
        var context = vertx.getOrCreateContext();

        // When
        var answer =
                CompletableFuture.supplyAsync(
                        model::baseUrl, asking -> context.runOnContext(_ -> asking.run()));

        // Then
        assertThatThrownBy(answer::join)
                .isInstanceOf(CompletionException.class)
                .hasMessageContaining("event loop");
    }

    @Test
    void close_stopsListening() throws Exception {
        // Given
        var request = HttpRequest.newBuilder(URI.create(model.baseUrl() + "/models")).build();

        // When
        model.close();

        // Then
        await().untilAsserted(
                        () ->
                                assertThatThrownBy(
                                                () -> client.send(request, BodyHandlers.ofString()))
                                        .isInstanceOf(IOException.class));
    }
}

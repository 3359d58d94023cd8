package ai.konko.openai;

import ai.konko.api.Client;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A client of the WebSocket for responses. Closing it is the client's death. */
public final class SocketClient implements WebSocket.Listener, AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Set<String> LAST =
            Set.of("response.completed", "response.failed", "response.incomplete", "error");

    private final BlockingQueue<JsonNode> events = new LinkedBlockingQueue<>();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private final CompletableFuture<Void> pinged = new CompletableFuture<>();
    private final StringBuilder message = new StringBuilder();
    private final WebSocket socket;

    /** Fails if the service refuses. */
    public SocketClient(URI base, String... headers) {
        WebSocket.Builder builder = HTTP.newWebSocketBuilder();
        for (int i = 0; i < headers.length; i += 2) {
            builder.header(headers[i], headers[i + 1]);
        }
        URI address =
                URI.create(base.resolve("/v1/responses").toString().replaceFirst("^http", "ws"));
        socket = builder.buildAsync(address, this).join();
    }

    /**
     * @return the status with which the service refuses a WebSocket
     */
    public static int refusal(URI base, String... headers) {
        try (SocketClient _ = new SocketClient(base, headers)) {
            return 101;
        } catch (CompletionException refused) {
            return ((WebSocketHandshakeException) refused.getCause()).getResponse().statusCode();
        }
    }

    /** Asks for a response to this. */
    public void ask(String input, String more) {
        send(
                "{\"type\": \"response.create\", \"input\": %s%s}"
                        .formatted(Client.write(input), more));
    }

    public void send(String text) {
        socket.sendText(text, true).join();
    }

    /** Sends a part of a message. */
    public void send(String part, boolean last) {
        socket.sendText(part, last).join();
    }

    public void sendBinary(byte[] bytes) {
        socket.sendBinary(ByteBuffer.wrap(bytes), true).join();
    }

    public JsonNode next() throws InterruptedException {
        @Nullable JsonNode event = events.poll(20, TimeUnit.SECONDS);
        if (event == null) {
            throw new AssertionError("no event came");
        }
        return event;
    }

    /** All events of one response. */
    public List<JsonNode> all() throws InterruptedException {
        List<JsonNode> all = new ArrayList<>();
        do {
            all.add(next());
        } while (!LAST.contains(type(all.getLast())));
        return all;
    }

    /** The response as it ended, or the error. */
    public JsonNode answer() throws InterruptedException {
        JsonNode last = all().getLast();
        return last.path("response").isMissingNode() ? last : last.path("response");
    }

    static String type(JsonNode event) {
        return event.path("type").asText();
    }

    /** The code with which the service closes the connection. */
    public CompletableFuture<Integer> closed() {
        return closed;
    }

    public CompletableFuture<Void> pinged() {
        return pinged;
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        message.append(data);
        if (last) {
            try {
                events.add(JSON.readTree(message.toString()));
            } catch (JsonProcessingException broken) {
                events.add(JSON.valueToTree(Map.of("type", "not JSON: " + message)));
            }
            message.setLength(0);
        }
        from.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPing(WebSocket from, ByteBuffer data) {
        pinged.complete(null);
        from.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        closed.complete(code);
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable broken) {
        closed.completeExceptionally(broken);
    }

    /** Goes without a word. */
    public void leave() {
        socket.abort();
    }

    @Override
    public void close() {
        leave();
    }
}

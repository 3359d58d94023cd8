package ai.konko.bench;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A model that costs as little as can be: an OpenAI-compatible server on one event loop. A plain
 * answer comes after a delay, a stream as {@value #DELTAS} deltas at a pace; {@code GET
 * /pace?delay=1000&gap=10} sets both, in milliseconds. The text of each delta is {@link Stamp} and
 * so says when it was written.
 */
public final class SimulatedModel {
    static final int DELTAS = 64;

    private static final Buffer ANSWER =
            Buffer.buffer(
                    """
                    {"id":"chatcmpl-1","object":"chat.completion","created":0,"model":"m","choices":[{"index":0,\
                    "message":{"role":"assistant","content":"An answer of some length, as models give them."},\
                    "finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}\
                    """);
    private static final String CHUNK =
            """
            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":0,"model":"m","choices":[{"index":0,"delta":""";
    private static final String END =
            CHUNK
                    + """
                    {},"finish_reason":"stop"}]}

                    data: [DONE]

                    """;

    private final Vertx vertx = Vertx.vertx();

    /** Streams by the millisecond, of as many as lie between two deltas, in which they get one. */
    private final List<List<Stream>> slots = new ArrayList<>();

    private long delay;
    private int slot;

    private static final class Stream {
        private final HttpServerResponse response;
        private int sent;
        private boolean closed;

        Stream(HttpServerResponse response) {
            this.response = response.setChunked(true);
            response.putHeader("Content-Type", "text/event-stream");
            response.closeHandler(_ -> closed = true);
        }

        /**
         * @return whether there is more to come
         */
        boolean next() {
            if (closed) {
                return false;
            }
            response.write(
                    CHUNK + "{\"content\":\"" + Stamp.now() + "\"},\"finish_reason\":null}]}\n\n");
            sent++;
            if (sent == DELTAS) {
                response.end(END);
            }
            return sent < DELTAS;
        }
    }

    public static void main(String[] arguments) throws IOException {
        SimulatedModel model = new SimulatedModel();
        model.pace(0, 1);
        model.vertx.setPeriodic(1, _ -> model.tick());
        Children.announce(
                model.vertx
                        .createHttpServer()
                        .requestHandler(model::handle)
                        .listen(0, "127.0.0.1"));
    }

    private void pace(long delayMillis, int gapMillis) {
        delay = delayMillis;
        slots.clear();
        for (int i = 0; i < gapMillis; i++) {
            slots.add(new ArrayList<>());
        }
    }

    private void tick() {
        slot = (slot + 1) % slots.size();
        slots.get(slot).removeIf(stream -> !stream.next());
    }

    private void handle(HttpServerRequest request) {
        if (request.path().equals("/pace")) {
            pace(
                    Long.parseLong(request.getParam("delay")),
                    Integer.parseInt(request.getParam("gap")));
            request.response().end();
            return;
        }
        boolean events = "text/event-stream".equals(request.getHeader("Accept"));
        request.bodyHandler(
                body -> {
                    if (events || body.toString().contains("\"stream\":true")) {
                        slots.get(slot).add(new Stream(request.response()));
                    } else {
                        answer(request.response().putHeader("Content-Type", "application/json"));
                    }
                });
    }

    private void answer(HttpServerResponse response) {
        if (delay == 0) {
            response.end(ANSWER);
        } else {
            vertx.setTimer(delay, _ -> response.end(ANSWER));
        }
    }
}

package ai.konko.bench;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;

/**
 * A model of bad manners: a message with {@value #ENDLESS} gets text for as long as somebody takes
 * it, as fast as it is taken, and one with {@value #NEVER} no answer at all. Every other gets a
 * short one at once.
 */
public final class BabblingModel {
    public static final String ENDLESS = "!endless";
    public static final String NEVER = "!never";

    private static final Buffer ANSWER =
            Buffer.buffer(
                    """
                    {"choices":[{"index":0,"message":{"role":"assistant","content":"fine"},\
                    "finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}\
                    """);
    private static final Buffer PIECE =
            Buffer.buffer(
                    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
                            + "x".repeat(16_000)
                            + "\"},\"finish_reason\":null}]}\n\n");

    private BabblingModel() {}

    public static void main(String[] arguments) throws IOException {
        Children.announce(
                Vertx.vertx()
                        .createHttpServer()
                        .requestHandler(
                                request ->
                                        request.bodyHandler(
                                                body ->
                                                        answer(
                                                                request.response(),
                                                                lastMessage(body.toString()))))
                        .listen(0, "127.0.0.1"));
    }

    private static String lastMessage(String body) {
        return body.substring(body.lastIndexOf("\"content\""));
    }

    private static void answer(HttpServerResponse response, String message) {
        if (message.contains(ENDLESS)) {
            response.setChunked(true).putHeader("Content-Type", "text/event-stream");
            response.closeHandler(_ -> {});
            babble(response);
        } else if (!message.contains(NEVER)) {
            response.putHeader("Content-Type", "application/json").end(ANSWER);
        }
    }

    private static void babble(HttpServerResponse response) {
        while (!response.closed() && !response.writeQueueFull()) {
            response.write(PIECE);
        }
        response.drainHandler(_ -> babble(response));
    }
}

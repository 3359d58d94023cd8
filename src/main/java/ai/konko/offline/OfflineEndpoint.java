package ai.konko.offline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Answers the part of OpenAI's HTTP interface that a chat needs. Safe for use by any number of
 * event loops.
 */
final class OfflineEndpoint {

    /** The largest request body in bytes. A longer one is not kept, and answered with 413. */
    static final int MAX_BODY_BYTES = 48 * 1024 * 1024;

    private final Vertx vertx;
    private final AtomicLong completions = new AtomicLong();

    OfflineEndpoint(Vertx vertx) {
        this.vertx = vertx;
    }

    void handle(HttpServerRequest request) {
        switch (request.method() + " " + request.path()) {
            case "POST /v1/chat/completions" -> read(request);
            case "GET /v1/models" -> send(request.response(), 200, models());
            default ->
                    send(request.response(), 404, error("The offline model has no such endpoint."));
        }
    }

    private void read(HttpServerRequest request) {
        Buffer body = Buffer.buffer();
        request.handler(
                part -> {
                    if (body.length() <= MAX_BODY_BYTES) {
                        body.appendBuffer(part);
                    }
                });
        request.endHandler(_ -> answer(body, request.response()));
    }

    private void answer(Buffer body, HttpServerResponse response) {
        if (body.length() > MAX_BODY_BYTES) {
            send(
                    response,
                    413,
                    error("The body of the request is longer than " + MAX_BODY_BYTES + " bytes."));
            return;
        }
        CompletionRequest request;
        try {
            request = CompletionRequest.parse(body.getBytes());
        } catch (IllegalArgumentException refusal) {
            send(response, 400, error(Objects.requireNonNull(refusal.getMessage())));
            return;
        }
        var completion = new Completion(completions.incrementAndGet(), request);
        if (request.stream()) {
            new CompletionStream(vertx, response, completion.events()).start();
        } else {
            send(response, 200, completion.json());
        }
    }

    private static void send(HttpServerResponse response, int status, JsonNode body) {
        response.setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .end(body.toString());
    }

    private static ObjectNode models() {
        ObjectNode models = JsonNodeFactory.instance.objectNode().put("object", "list");
        models.withArray("data")
                .addObject()
                .put("id", Completion.MODEL)
                .put("object", "model")
                .put("created", 0)
                .put("owned_by", "konko");
        return models;
    }

    private static ObjectNode error(String message) {
        ObjectNode envelope = JsonNodeFactory.instance.objectNode();
        envelope.putObject("error")
                .put("message", message)
                .put("type", "invalid_request_error")
                .putNull("param")
                .putNull("code");
        return envelope;
    }
}

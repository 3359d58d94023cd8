package ai.konko.bench;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.util.List;

/**
 * The least that a service in front of a model can do: it passes requests on to the one whose port
 * is given, and the answers back as they come, on an event loop per core. It keeps nothing.
 */
public final class PassThrough extends AbstractVerticle {
    private final int model;
    private final Promise<HttpServer> listening;

    private PassThrough(int model, Promise<HttpServer> listening) {
        this.model = model;
        this.listening = listening;
    }

    public static void main(String[] arguments) throws IOException {
        Promise<HttpServer> listening = Promise.promise();
        Vertx.vertx()
                .deployVerticle(
                        () -> new PassThrough(Integer.parseInt(arguments[0]), listening),
                        new DeploymentOptions()
                                .setInstances(Runtime.getRuntime().availableProcessors()));
        Children.announce(listening.future());
    }

    @Override
    public void start() {
        HttpClient client =
                vertx.createHttpClient(
                        new HttpClientOptions()
                                .setDefaultHost("127.0.0.1")
                                .setDefaultPort(model)
                                .setMaxPoolSize(20_000));
        vertx.createHttpServer()
                .requestHandler(request -> pass(request, client))
                .listen(-1, "127.0.0.1") // one random port for all instances
                .onComplete(listening::tryComplete, listening::tryFail);
    }

    private static void pass(HttpServerRequest request, HttpClient client) {
        request.pause();
        client.request(HttpMethod.POST, "/v1/chat/completions")
                .compose(asked -> send(request, asked))
                .compose(answer -> giveBack(answer, request.response()))
                .onFailure(_ -> request.connection().close());
    }

    private static Future<HttpClientResponse> send(
            HttpServerRequest request, HttpClientRequest asked) {
        String accept = request.getHeader("Accept");
        if (accept != null) {
            asked.putHeader("Accept", accept);
        }
        asked.putHeader("Content-Length", request.getHeader("Content-Length"));
        return asked.send(request);
    }

    private static Future<Void> giveBack(HttpClientResponse answer, HttpServerResponse response) {
        response.setStatusCode(answer.statusCode());
        for (String name : List.of("Content-Type", "Content-Length")) {
            if (answer.getHeader(name) != null) {
                response.putHeader(name, answer.getHeader(name));
            }
        }
        return response.send(answer);
    }
}

package ai.konko.assistant;

import ai.konko.RecentCache;
import ai.konko.chat.Owner;
import ai.konko.chat.WellFormed;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.virtual.threads.VirtualThreads;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The models that can be asked for: those that the provider lists, else the configured one. The
 * provider is asked at most once in a minute, whatever comes of it.
 */
@Singleton
public class ProviderModels {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration KEPT = Duration.ofMinutes(1);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int MOST_BYTES = 1024 * 1024;
    private static final String LIST = "models";

    private final ModelClient client;
    private final ModelEndpoint endpoint;
    private final TextInFlight inFlight;
    private final Executor threads;
    private final RecentCache<String, CompletableFuture<List<JsonNode>>> lists;

    @Inject
    ProviderModels(
            ModelClient client,
            ModelEndpoint endpoint,
            TextInFlight inFlight,
            @VirtualThreads ExecutorService threads) {
        this(client, endpoint, inFlight, threads, System::nanoTime);
    }

    ProviderModels(
            ModelClient client,
            ModelEndpoint endpoint,
            TextInFlight inFlight,
            Executor threads,
            LongSupplier nanos) {
        this.threads = threads;
        this.client = client;
        this.endpoint = endpoint;
        this.inFlight = inFlight;
        this.lists = RecentCache.put(2, KEPT, nanos);
    }

    /**
     * @return the models as OpenAI's API has them, without what else the provider says of them,
     *     such as where their files are; at least one. Never fails.
     */
    public CompletableFuture<List<JsonNode>> list() {
        CompletableFuture<List<JsonNode>> known = lists.get(LIST);
        if (known == null) {
            CompletableFuture<List<JsonNode>> asked = new CompletableFuture<>();
            known = lists.putIfAbsent(LIST, asked);
            if (known == null) {
                ask(asked);
                known = asked;
            }
        }
        return known.copy();
    }

    private void ask(CompletableFuture<List<JsonNode>> list) {
        Body body = new Body();
        TextAllowance allowance = inFlight.open(Owner.ANONYMOUS);
        try {
            CompletableFuture<@Nullable Void> _ =
                    client.send(
                                    HttpMethod.GET,
                                    client.target(LIST),
                                    Buffer.buffer(),
                                    Timeouts.whole(PATIENCE),
                                    new Cancellation(),
                                    allowance,
                                    body)
                            .whenCompleteAsync( // not on the event loop
                                    (_, failed) -> {
                                        allowance.close();
                                        list.complete(
                                                models(
                                                        failed == null
                                                                ? body.all
                                                                : Buffer.buffer()));
                                    },
                                    threads);
        } catch (RuntimeException | Error _) { // or all who ask would wait for ever
            allowance.close();
            list.complete(models(Buffer.buffer()));
        }
    }

    private List<JsonNode> models(Buffer body) {
        List<JsonNode> models = new ArrayList<>();
        try {
            JsonNode answer = JSON.readTree(body.getBytes());
            for (JsonNode each : answer.isArray() ? answer : answer.path("data")) {
                if (each instanceof ObjectNode model && isNamed(model)) {
                    models.add(complete(model));
                }
            }
        } catch (IOException | RuntimeException _) {
            // It is no list of models.
        }
        return models.isEmpty() ? List.of(configured()) : List.copyOf(models);
    }

    private static boolean isNamed(ObjectNode model) {
        JsonNode id = model.path("id");
        return id.isTextual() && !id.textValue().isEmpty() && WellFormed.holds(id.textValue());
    }

    /**
     * @return the configured model, of which nothing else is known
     */
    public JsonNode configured() {
        return complete(JSON.createObjectNode().put("id", endpoint.defaultModel()));
    }

    /** What OpenAI's clients want, also if the provider does not say it. */
    private static ObjectNode complete(ObjectNode model) {
        JsonNode created = model.path("created");
        JsonNode owner = model.path("owned_by");
        return JSON.createObjectNode()
                .put("id", model.path("id").textValue())
                .put("object", "model")
                .put("created", created.isIntegralNumber() ? created.longValue() : 0)
                .put("owned_by", owner.isTextual() ? owner.textValue() : "provider");
    }

    /** Reads the whole answer. */
    private static final class Body implements AnswerReader {
        private final Buffer all = Buffer.buffer();

        @Override
        public Progress read(Buffer part) {
            all.appendBuffer(part);
            if (all.length() > MOST_BYTES) {
                throw ModelException.tooLong();
            }
            return Progress.NONE;
        }

        @Override
        public int held() {
            return all.length();
        }

        @Override
        public void end() {}
    }
}

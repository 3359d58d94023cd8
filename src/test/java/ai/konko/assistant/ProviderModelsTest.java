package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.TestLimits;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import com.fasterxml.jackson.databind.JsonNode;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProviderModelsTest {
    private final Vertx vertx = Vertx.vertx();
    private final FakeModel model = FakeModel.start();
    private final AtomicLong nanos = new AtomicLong();

    @AfterEach
    void stop() throws Exception {
        model.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void list_isTheProvidersWithWhatClientsNeed() {
        model.models(
                answer(
                        "{\"data\":[{\"id\":\"a\",\"created\":7,\"owned_by\":\"x\",\"root\":\"/models/a\"},"
                                + "{\"id\":\"b/c\",\"created\":null},{\"name\":\"nothing\"},null]}"));

        List<JsonNode> list = models().list().join();

        assertThat(list)
                .extracting(JsonNode::toString)
                .containsExactly(
                        "{\"id\":\"a\",\"object\":\"model\",\"created\":7,\"owned_by\":\"x\"}",
                        "{\"id\":\"b/c\",\"object\":\"model\",\"created\":0,\"owned_by\":\"provider\"}");
    }

    @Test
    void list_isKeptForAMinuteAndAskedForOnce() {
        model.models(answer("{\"data\":[{\"id\":\"a\"}]}"));
        ProviderModels models = models();

        for (int i = 0; i < 5; i++) {
            models.list().join();
        }
        assertThat(model.modelsAsked()).isEqualTo(1);
        nanos.addAndGet(Duration.ofSeconds(61).toNanos());
        models.list().join();

        assertThat(model.modelsAsked()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<html>", "[]", "{}", "{\"data\":[]}", "{\"data\":7}"})
    void list_thatIsNone_isTheConfiguredModel(String body) {
        model.models(answer(body));

        assertThat(models().list().join())
                .singleElement()
                .satisfies(only -> assertThat(only.path("id").asText()).isEqualTo("own"));
    }

    @Test
    void list_thatIsTooLong_isTheConfiguredModel() {
        model.models(answer("{\"data\":[{\"id\":\"" + "a".repeat(1 << 20) + "\"}]}"));

        assertThat(models().list().join())
                .singleElement()
                .satisfies(only -> assertThat(only.path("id").asText()).isEqualTo("own"));
    }

    @Test
    void list_ofAProviderThatHasNone_isTheConfiguredModel() {
        assertThat(models().list().join()).hasSize(1);
        model.close();
        assertThat(models().list().join()).hasSize(1);
    }

    private static Reply.Status answer(String body) {
        return new Reply.Status(200, body, Map.of());
    }

    private ProviderModels models() {
        ModelEndpoint endpoint =
                new ModelEndpoint(
                        ModelAddress.of(model.baseUrl()),
                        Optional.empty(),
                        Optional.empty(),
                        "own");
        ModelConfig config =
                new SmallRyeConfigBuilder()
                        .addDiscoveredConverters()
                        .withMapping(ModelConfig.class)
                        .build()
                        .getConfigMapping(ModelConfig.class);
        return new ProviderModels(
                new ModelClient(endpoint, config, TestLimits.WIDE, Clock.systemUTC(), vertx),
                endpoint,
                new TextInFlight(TestLimits.WIDE),
                ForkJoinPool.commonPool(),
                nanos::get);
    }
}

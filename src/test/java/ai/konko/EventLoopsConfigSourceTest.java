package ai.konko;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.fake.FakeModelResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.config.ConfigValue;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(FakeModelResource.class)
class EventLoopsConfigSourceTest {

    @Test
    void loops_areAsManyAsProcessors_andTwoAtLeast() {
        ConfigValue loops =
                ConfigProvider.getConfig().getConfigValue("quarkus.vertx.event-loops-pool-size");

        assertThat(loops.getSourceName()).contains("konko.loops");
        assertThat(loops.getValue())
                .isEqualTo(
                        Integer.toString(Math.max(2, Runtime.getRuntime().availableProcessors())));
    }
}

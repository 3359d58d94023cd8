package ai.konko.fake;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/**
 * Starts a {@link FakeModel} before the service and points the service to it; sets it in the test.
 */
public final class FakeModelResource implements QuarkusTestResourceLifecycleManager {
    /** The key that the service is configured with; it must turn up nowhere but at the model. */
    public static final String KEY = "sk-test-secret-0451";

    private final FakeModel model = FakeModel.start();

    @Override
    public Map<String, String> start() {
        return Map.of(
                "konko.model.base-url",
                model.baseUrl(),
                "konko.model.api-key",
                KEY,
                "konko.model.name",
                "test-model");
    }

    @Override
    public void stop() {
        model.close();
    }

    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields(model, new TestInjector.MatchesType(FakeModel.class));
    }
}

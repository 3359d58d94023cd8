package ai.konko.fake;

import ai.konko.store.postgres.TestPostgres;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.HashMap;
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
        Map<String, String> config = new HashMap<>(store());
        config.put("konko.model.base-url", model.baseUrl());
        config.put("konko.model.api-key", KEY);
        config.put("konko.model.name", "test-model");
        return config;
    }

    /** The same tests run with each store: the build says with which. */
    private static Map<String, String> store() {
        return Boolean.getBoolean("test.postgres")
                ? Map.of(
                        "konko.store",
                        "postgres",
                        "konko.database.url",
                        TestPostgres.newDatabase("http"),
                        "konko.database.username",
                        TestPostgres.user(),
                        "konko.database.password",
                        TestPostgres.password())
                : Map.of();
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

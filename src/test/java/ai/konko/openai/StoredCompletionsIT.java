package ai.konko.openai;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, of what was packaged. */
@QuarkusIntegrationTest
class StoredCompletionsIT extends StoredCompletionsTest {}

package ai.konko.api;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, of what was packaged. */
@QuarkusIntegrationTest
class StreamsIT extends StreamsTest {}

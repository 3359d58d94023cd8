package ai.konko.api;

import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModelResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import java.net.URI;
import org.junit.jupiter.api.BeforeEach;

/** A test of the whole service over HTTP, with a model server that does as it is told. */
@QuarkusTestResource(FakeModelResource.class)
abstract class HttpTest {
    @TestHTTPResource("/")
    URI base;

    FakeModel model;
    Client client;

    @BeforeEach
    void freshClientAndModel() {
        model.reset();
        client = new Client(base);
    }
}

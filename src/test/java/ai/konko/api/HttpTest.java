package ai.konko.api;

import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModelResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import java.net.URI;
import org.junit.jupiter.api.BeforeEach;

/** A test of the whole service over HTTP, with a model server that does as it is told. */
@QuarkusTestResource(FakeModelResource.class)
public abstract class HttpTest {
    @TestHTTPResource("/")
    protected URI base;

    protected FakeModel model;
    protected Client client;

    @BeforeEach
    protected void freshClientAndModel() {
        model.reset();
        client = new Client(base);
    }
}

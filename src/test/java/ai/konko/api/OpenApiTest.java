package ai.konko.api;

import static io.restassured.RestAssured.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The documents that describe the service. */
@QuarkusTest
class OpenApiTest extends HttpTest {
    private static final Path SNAPSHOT = Path.of("src/main/openapi/openapi.yaml");

    /**
     * A change of the API shows in review: copy target/openapi.yaml over the snapshot if it is
     * meant.
     */
    @Test
    void openapi_isTheCommittedSnapshot() throws IOException {
        String served = get("/openapi").then().statusCode(200).extract().asString();
        Files.writeString(Path.of("target/openapi.yaml"), served);

        assertThat(served).isEqualTo(Files.readString(SNAPSHOT));
    }

    @Test
    void openapi_hasAnAddressForEachForm() {
        String json = get("/openapi?format=json").then().statusCode(200).extract().asString();
        String yaml = get("/openapi").then().statusCode(200).extract().asString();

        assertThat(get("/openapi.json").then().statusCode(200).extract().asString())
                .isEqualTo(json);
        assertThat(get("/openapi.yaml").then().statusCode(200).extract().asString())
                .isEqualTo(yaml);
    }

    @Test
    void docs_showSwaggerUi() {
        assertThat(get("/docs").then().statusCode(200).extract().asString()).contains("/openapi");
    }

    @Test
    void healthAndMetrics_areServed() {
        get("/q/health/live").then().statusCode(200);
        get("/q/health/ready").then().statusCode(200);
        assertThat(get("/q/metrics").then().statusCode(200).extract().asString()).contains("jvm_");
    }
}

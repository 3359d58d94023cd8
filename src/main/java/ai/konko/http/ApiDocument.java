package ai.konko.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * The OpenAPI document. It is written by hand and served as it is, or as JSON. Nothing is read
 * before somebody asks for it.
 */
@ApplicationScoped
class ApiDocument {
    private static final String FILE = "/META-INF/openapi.yaml";
    private static final String PATH = "/openapi(?:\\.(?:json|ya?ml))?/?";

    private final ObjectMapper json;

    /** Both are kept once they are made, because anybody may ask for them. */
    private volatile @Nullable Buffer asJson;

    private volatile @Nullable Buffer asYaml;

    ApiDocument(ObjectMapper json) {
        this.json = json;
    }

    void register(@Observes Router router) {
        router.routeWithRegex(PATH)
                .method(HttpMethod.GET)
                .method(HttpMethod.HEAD)
                .order(0)
                .blockingHandler(this::serve, false);
    }

    private void serve(RoutingContext request) {
        boolean wantsJson = wantsJson(request);
        Future<Void> _ =
                request.response()
                        .putHeader(
                                HttpHeaders.CONTENT_TYPE,
                                (wantsJson ? "application/json" : "application/yaml")
                                        + ";charset=UTF-8")
                        .end(wantsJson ? json() : yaml());
    }

    /** The address decides, then {@code Accept} or {@code ?format=json}. */
    private static boolean wantsJson(RoutingContext request) {
        String path = request.normalizedPath();
        if (path.contains(".")) {
            return path.contains(".json");
        }
        String accept = request.request().getHeader(HttpHeaders.ACCEPT);
        return (accept != null && accept.contains("application/json"))
                || "json".equalsIgnoreCase(request.request().getParam("format"));
    }

    private Buffer json() {
        Buffer known = asJson;
        if (known == null) {
            try {
                known =
                        Buffer.buffer(
                                json.writeValueAsBytes(
                                        new YAMLMapper().readTree(yaml().getBytes())));
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
            asJson = known;
        }
        return known;
    }

    private Buffer yaml() {
        Buffer known = asYaml;
        if (known == null) {
            known = read();
            asYaml = known;
        }
        return known;
    }

    private static Buffer read() {
        try (InputStream file = ApiDocument.class.getResourceAsStream(FILE)) {
            if (file == null) {
                throw new FileNotFoundException(FILE);
            }
            return Buffer.buffer(file.readAllBytes());
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}

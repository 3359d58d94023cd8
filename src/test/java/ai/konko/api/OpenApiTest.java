package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.io.IOException;
import java.io.InputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The documents that describe the service. That answers are as they say, {@link Client} checks. */
@QuarkusTest
class OpenApiTest extends HttpTest {
    /** OpenAI's parameters that are there to be refused. */
    private static final Set<String> REFUSED = Set.of("include_obfuscation");

    private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

    @Test
    void operations_areThoseOfTheResources() {
        assertThat(documented()).isEqualTo(implemented());
    }

    /** Generators of clients take the answer of the lowest of these for the operation's result. */
    @Test
    void successes_ofTheLowestStatus_areJsonWhereAnyIs() {
        JsonNode document = ApiContract.read();
        for (JsonNode path : document.path("paths")) {
            path.properties().stream()
                    .filter(each -> METHODS.contains(each.getKey()))
                    .map(each -> successes(document, each.getValue().path("responses")))
                    .filter(all -> all.values().stream().anyMatch(OpenApiTest::isJson))
                    .forEach(
                            all ->
                                    assertThat(isJson(all.firstEntry().getValue()))
                                            .describedAs(all.toString())
                                            .isTrue());
        }
    }

    private static NavigableMap<String, JsonNode> successes(JsonNode document, JsonNode responses) {
        NavigableMap<String, JsonNode> all = new TreeMap<>();
        responses.properties().stream()
                .filter(each -> each.getKey().startsWith("2"))
                .forEach(each -> all.put(each.getKey(), resolved(document, each.getValue())));
        return all;
    }

    private static boolean isJson(JsonNode response) {
        return response.path("content").has("application/json");
    }

    private static JsonNode resolved(JsonNode document, JsonNode found) {
        String reference = found.path("$ref").asText();
        return reference.isEmpty() ? found : document.at(reference.substring(1));
    }

    /** Each operation, as a method and a path, with its query parameters. */
    private static Map<String, Set<String>> documented() {
        JsonNode document = ApiContract.read();
        Map<String, Set<String>> operations = new TreeMap<>();
        document.path("paths")
                .properties()
                .forEach(
                        path ->
                                path.getValue().properties().stream()
                                        .filter(each -> METHODS.contains(each.getKey()))
                                        .forEach(
                                                each ->
                                                        operations.put(
                                                                "%s %s"
                                                                        .formatted(
                                                                                each.getKey(),
                                                                                path.getKey()),
                                                                query(document, each.getValue()))));
        return operations;
    }

    /** Without those whose names go on in brackets, which no resource can declare. */
    private static Set<String> query(JsonNode document, JsonNode operation) {
        Set<String> names = new TreeSet<>();
        for (JsonNode parameter : operation.path("parameters")) {
            JsonNode found = resolved(document, parameter);
            if (found.path("in").asText().equals("query")
                    && !found.path("style").asText().equals("deepObject")) {
                names.add(found.path("name").asText());
            }
        }
        return names;
    }

    private static Map<String, Set<String>> implemented() {
        Map<String, Set<String>> operations = new TreeMap<>();
        new ClassFileImporter()
                .withImportOption(new DoNotIncludeTests()).importPackages("ai.konko").stream()
                        .filter(type -> type.isAnnotatedWith(Path.class))
                        .map(JavaClass::reflect)
                        .flatMap(type -> Stream.of(type.getDeclaredMethods()))
                        .forEach(
                                method ->
                                        httpMethod(method)
                                                .ifPresent(
                                                        verb ->
                                                                operations.put(
                                                                        verb + " " + path(method),
                                                                        query(method))));
        return operations;
    }

    private static Optional<String> httpMethod(Method method) {
        return Stream.of(method.getAnnotations())
                .map(each -> each.annotationType().getAnnotation(HttpMethod.class))
                .filter(each -> each != null)
                .map(each -> each.value().toLowerCase(Locale.ROOT))
                .findFirst();
    }

    /** Without what a parameter may look like. */
    private static String path(Method method) {
        Path own = method.getAnnotation(Path.class);
        String path = method.getDeclaringClass().getAnnotation(Path.class).value();
        return (own == null ? path : path + own.value()).replaceAll(":[^}]*", "");
    }

    private static Set<String> query(Method method) {
        Set<String> names = new TreeSet<>();
        for (Annotation[] parameter : method.getParameterAnnotations()) {
            Arrays.stream(parameter)
                    .filter(QueryParam.class::isInstance)
                    .map(each -> ((QueryParam) each).value())
                    .filter(name -> !REFUSED.contains(name))
                    .forEach(names::add);
        }
        return names;
    }

    @Test
    void examples_areAsTheirSchemasSay() {
        JsonNode document = ApiContract.read();

        document.at("/components/schemas")
                .forEach(
                        schema ->
                                schema.path("examples")
                                        .forEach(example -> assertValid(schema, example)));
        document.findParents("example").stream()
                .filter(media -> media.has("schema"))
                .forEach(media -> assertValid(media.path("schema"), media.path("example")));
    }

    private static void assertValid(JsonNode schema, JsonNode example) {
        assertThat(ApiContract.DOCUMENT.flaws(schema, example))
                .describedAs(example.toPrettyString())
                .isEmpty();
    }

    @Test
    void openapi_isServedAsItIsWritten() throws IOException {
        assertThat(List.of("/openapi", "/openapi.yaml", "/openapi.yml"))
                .allSatisfy(
                        path -> {
                            Client.Answer answer = client.get(path);
                            assertThat(answer.status()).isEqualTo(200);
                            assertThat(answer.header("Content-Type"))
                                    .isEqualTo("application/yaml;charset=UTF-8");
                            assertThat(answer.text()).isEqualTo(written());
                        });
    }

    private static String written() {
        try (InputStream file = OpenApiTest.class.getResourceAsStream("/META-INF/openapi.yaml")) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        }
    }

    @Test
    void openapi_ifAskedFor_isJson() throws IOException {
        List<Client.Answer> answers =
                List.of(
                        client.get("/openapi.json"),
                        client.get("/openapi?format=json"),
                        client.get("/openapi", "Accept", "application/json"));

        assertThat(answers)
                .allSatisfy(
                        answer -> {
                            assertThat(answer.status()).isEqualTo(200);
                            assertThat(answer.header("Content-Type"))
                                    .isEqualTo("application/json;charset=UTF-8");
                            assertThat(new ObjectMapper().readTree(answer.text()))
                                    .isEqualTo(ApiContract.read());
                        });
    }

    @Test
    void docs_showSwaggerUi() {
        assertThat(client.get("/docs").status()).isEqualTo(302);
        assertThat(client.get("/docs/").text()).contains("/openapi");
    }

    @Test
    void healthAndMetrics_areServed() {
        assertThat(client.get("/q/health/live").status()).isEqualTo(200);
        assertThat(client.get("/q/health/ready").status()).isEqualTo(200);
        assertThat(client.get("/q/metrics").text()).contains("jvm_");
    }
}

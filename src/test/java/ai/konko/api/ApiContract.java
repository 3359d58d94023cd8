package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.oas.OpenApi31;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the OpenAPI document says of answers. Whatever a test is answered is compared with it: the
 * status, the headers that must be there, the media type, the problem's code and the JSON, that of
 * events too. The document allows fields that it does not name, because a client must; here they
 * are refused.
 */
final class ApiContract {
    private static final String PROBLEM = "application/problem+json";
    private static final String EVENTS = "text/event-stream";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern DESCRIBED = Pattern.compile("/(?:chats|usage|v1)(?:/.*)?");
    private static final Pattern PARAMETER = Pattern.compile("\\{[^}]+}");

    /** A model's name is the one parameter that may have slashes. */
    private static final Pattern MODEL = Pattern.compile("\\{model}");

    /** What the entrance says before anybody has looked for the operation. */
    private static final Set<Integer> AT_THE_ENTRANCE = Set.of(401, 403, 429, 503);

    /** Last of these, because it is made with the others. */
    static final ApiContract DOCUMENT = new ApiContract();

    private final JsonNode document = read();
    private final Map<Pattern, JsonNode> paths = new HashMap<>();
    private final JsonSchemaFactory factory;
    private final Map<String, JsonSchema> schemas = new ConcurrentHashMap<>();

    private ApiContract() {
        document.path("paths")
                .properties()
                .forEach(path -> paths.put(pattern(path.getKey()), path.getValue()));
        close(document.path("components"));
        String text = document.toString();
        factory =
                JsonSchemaFactory.getInstance(
                        VersionFlag.V202012,
                        builder ->
                                builder.metaSchema(OpenApi31.getInstance())
                                        .defaultMetaSchemaIri(OpenApi31.getInstance().getIri())
                                        .schemaLoaders(
                                                loaders ->
                                                        loaders.schemas(
                                                                Map.of("urn:openapi", text))));
    }

    /** The document as it is packaged. */
    static JsonNode read() {
        try (InputStream file = ApiContract.class.getResourceAsStream("/META-INF/openapi.yaml")) {
            return new YAMLMapper().readTree(file);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static Pattern pattern(String path) {
        String model = MODEL.matcher(path).replaceAll(".+");
        return Pattern.compile(PARAMETER.matcher(model).replaceAll("[^/]+"));
    }

    private static void close(JsonNode node) {
        if (node.has("properties")
                && node.path("type").asText().equals("object")
                && !node.has("additionalProperties")) {
            ((ObjectNode) node).put("additionalProperties", false);
        }
        node.forEach(ApiContract::close);
    }

    /**
     * @param body null if it is a stream, whose events are checked as they come
     */
    void check(HttpResponse<?> response, @Nullable String body) {
        String path = response.request().uri().getRawPath();
        String method = response.request().method();
        if (!DESCRIBED.matcher(path).matches() || method.equals("OPTIONS")) {
            return;
        }
        String said =
                "%s %s answered %d %s"
                        .formatted(method, path, response.statusCode(), body == null ? "…" : body);
        JsonNode declared = declared(response);
        if (declared.isMissingNode()) {
            anywhere(response, path, said, body);
            return;
        }
        headers(declared, response, said);
        content(declared, response, method, said, body);
    }

    /** The answer as its operation has it, or nothing. */
    private JsonNode declared(HttpResponse<?> response) {
        JsonNode operation = operation(response);
        JsonNode responses = operation.path("responses");
        JsonNode declared = responses.path(Integer.toString(response.statusCode()));
        return resolved(declared.isMissingNode() ? responses.path("default") : declared);
    }

    private JsonNode operation(HttpResponse<?> response) {
        String path = response.request().uri().getRawPath();
        String method = response.request().method().replace("HEAD", "GET");
        return paths.entrySet().stream()
                .filter(each -> each.getKey().matcher(path).matches())
                .findFirst()
                .map(each -> each.getValue().path(method.toLowerCase(Locale.ROOT)))
                .orElse(JSON.missingNode());
    }

    private JsonNode resolved(JsonNode node) {
        String reference = node.path("$ref").asText();
        return reference.isEmpty() ? node : document.at(reference.substring(1));
    }

    /** Where there is no such operation, or it could not be asked. */
    private void anywhere(
            HttpResponse<?> response, String path, String said, @Nullable String body) {
        if (response.request().method().equals("HEAD")) {
            assertThat(response.statusCode()).describedAs(said).isEqualTo(405);
            return;
        }
        assertThat(body).describedAs(said).isNotNull();
        boolean openAi = path.startsWith("/v1");
        JsonNode problem = valid(openAi ? "OpenAiProblem" : "Problem", body, said);
        boolean unknown = operation(response).isMissingNode();
        if (openAi || (unknown && AT_THE_ENTRANCE.contains(response.statusCode()))) {
            return;
        }
        assertThat(document.at("/info/description").asText())
                .describedAs(said)
                .contains(
                        "| %d | `%s` |"
                                .formatted(response.statusCode(), problem.path("code").asText()));
    }

    private static void headers(JsonNode declared, HttpResponse<?> response, String said) {
        for (Map.Entry<String, JsonNode> header : declared.path("headers").properties()) {
            if (header.getValue().path("required").asBoolean()) {
                assertThat(response.headers().firstValue(header.getKey()))
                        .describedAs("%s, header %s", said, header.getKey())
                        .isPresent();
            }
        }
    }

    private void content(
            JsonNode declared,
            HttpResponse<?> response,
            String method,
            String said,
            @Nullable String body) {
        if (!declared.has("content")) {
            assertThat(body).describedAs(said).isEmpty();
            return;
        }
        String type = type(response);
        JsonNode types = declared.path("content");
        JsonNode content = types.path(types.has("*/*") ? "*/*" : type);
        assertThat(content.isMissingNode()).describedAs("%s as %s", said, type).isFalse();
        if (body == null || method.equals("HEAD")) {
            return;
        }
        if (type.equals(EVENTS)) {
            events(response, body);
        } else if (type.endsWith("json")) {
            JsonNode answer = valid(content.path("schema"), body, said);
            if (type.equals(PROBLEM)) {
                assertThat(declared.path("description").asText())
                        .describedAs(said)
                        .contains("`" + answer.path("code").asText() + "`");
            }
        }
    }

    private void events(HttpResponse<?> response, String body) {
        for (String event : body.split("\n\n", -1)) {
            String name = "message";
            for (String line : event.split("\n", -1)) {
                if (line.startsWith("event: ")) {
                    name = line.substring("event: ".length());
                } else if (line.startsWith("data: ")) {
                    event(response, name, line.substring("data: ".length()));
                }
            }
        }
    }

    /** An event of a stream that is the answer. */
    void event(HttpResponse<?> response, String name, String data) {
        JsonNode stream = declared(response).path("content").path(EVENTS).path("schema");
        JsonNode declared = resolved(stream).path("x-events").path(name);
        String said = "event %s: %s".formatted(name, data);
        assertThat(declared.isMissingNode()).describedAs(said).isFalse();
        if (!data.equals("[DONE]")) {
            valid(declared, data, said);
        }
    }

    private static String type(HttpResponse<?> response) {
        return response.headers().firstValue("Content-Type").orElse("none").split(";", 2)[0];
    }

    private JsonNode valid(String schema, @Nullable String body, String said) {
        return valid(
                JSON.createObjectNode().put("$ref", "#/components/schemas/" + schema), body, said);
    }

    private JsonNode valid(JsonNode schema, @Nullable String body, String said) {
        try {
            JsonNode json = JSON.readTree(body);
            assertThat(flaws(schema, json)).describedAs(said).isEmpty();
            return json;
        } catch (JsonProcessingException notJson) {
            throw new AssertionError(said, notJson);
        }
    }

    /**
     * @return what in the JSON is not as this schema, which is of the document, has it
     */
    List<String> flaws(JsonNode schema, JsonNode json) {
        return schemas.computeIfAbsent(schema.toString(), this::compiled).validate(json).stream()
                .map(Object::toString)
                .toList();
    }

    private JsonSchema compiled(String schema) {
        SchemaValidatorsConfig config =
                SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();
        return factory.getSchema(schema.replace("\"#/", "\"urn:openapi#/"), config);
    }
}

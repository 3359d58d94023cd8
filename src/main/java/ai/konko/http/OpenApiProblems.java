package ai.konko.http;

import ai.konko.chat.ErrorCode;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;

/**
 * Writes into the OpenAPI document with which problems each operation may answer, by status, and
 * what would stand in it twice otherwise.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class OpenApiProblems implements OASFilter {

    private static final String KEY = "key";

    /** Of which there may be as much as an owner may leave unread. */
    private static final Set<String> LONG_ANSWERS =
            Set.of(
                    "listChats",
                    "getContext",
                    "listMessages",
                    "getMessage",
                    "cancelReply",
                    "getUsage");

    private static final Set<ErrorCode> RETRIED_LATER =
            EnumSet.of(
                    ErrorCode.CHAT_BUSY,
                    ErrorCode.QUEUE_FULL,
                    ErrorCode.RATE_LIMITED,
                    ErrorCode.MODEL_UNAVAILABLE,
                    ErrorCode.OVERLOADED,
                    ErrorCode.STORE_UNAVAILABLE);

    @Override
    public void filterOpenAPI(OpenAPI document) {
        List<Operation> operations =
                document.getPaths().getPathItems().values().stream()
                        .flatMap(path -> path.getOperations().values().stream())
                        .toList();
        document.getPaths()
                .getPathItems()
                .forEach(
                        (path, item) ->
                                item.getOperations()
                                        .values()
                                        .forEach(
                                                operation ->
                                                        describe(
                                                                operation,
                                                                ProblemForm.isOpenAi(path))));
        document.getComponents()
                .addSecurityScheme(
                        KEY,
                        OASFactory.createSecurityScheme()
                                .type(SecurityScheme.Type.HTTP)
                                .scheme("bearer")
                                .description(
                                        "An API key, or a token of the OpenID Connect provider; not asked for where"
                                                + " neither is configured."));
        document.addSecurityRequirement(OASFactory.createSecurityRequirement().addScheme(KEY));
        answerAlike(operation(operations, "postMessage"), operation(operations, "retryReply"));
    }

    private static Operation operation(List<Operation> operations, String id) {
        return operations.stream()
                .filter(each -> id.equals(each.getOperationId()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("there is no operation " + id));
    }

    /** What is true of a post's successes is true of a retry's. */
    private static void answerAlike(Operation post, Operation retry) {
        for (String status : List.of("200", "201", "202")) {
            retry.getResponses().addAPIResponse(status, post.getResponses().getAPIResponse(status));
        }
    }

    private static void describe(Operation operation, boolean openAi) {
        operation.getResponses().removeAPIResponse("400"); // what is there says nothing
        if (openAi) {
            operation
                    .getResponses()
                    .addAPIResponse(
                            "default",
                            json(
                                    "A problem, with the status that the native API has for it",
                                    MediaType.APPLICATION_JSON,
                                    "OpenAiProblem"));
            return;
        }
        Map<Integer, List<ErrorCode>> byStatus =
                codes(operation).stream()
                        .sorted(Comparator.naturalOrder())
                        .collect(
                                Collectors.groupingBy(
                                        Problem::status, TreeMap::new, Collectors.toList()));
        byStatus.forEach(
                (status, codes) ->
                        operation
                                .getResponses()
                                .addAPIResponse(status.toString(), response(codes)));
    }

    private static APIResponse response(List<ErrorCode> codes) {
        APIResponse response = problem(codes);
        if (codes.stream().anyMatch(RETRIED_LATER::contains)) {
            response.addHeader(
                    HttpHeaders.RETRY_AFTER,
                    OASFactory.createHeader()
                            .description(
                                    "Seconds after which the same may be tried again; of a turn that failed"
                                            + " (replyId), a retry of its reply.")
                            .schema(OASFactory.createSchema().addType(Schema.SchemaType.INTEGER)));
        }
        return response;
    }

    private static APIResponse problem(List<ErrorCode> codes) {
        return json(
                codes.stream().map(ErrorCode::wire).collect(Collectors.joining(", ")),
                Problem.MEDIA_TYPE,
                "Problem");
    }

    private static APIResponse json(String description, String mediaType, String schema) {
        return OASFactory.createAPIResponse()
                .description(description)
                .content(
                        OASFactory.createContent()
                                .addMediaType(
                                        mediaType,
                                        OASFactory.createMediaType()
                                                .schema(
                                                        OASFactory.createSchema()
                                                                .ref(
                                                                        "#/components/schemas/"
                                                                                + schema))));
    }

    private static Set<ErrorCode> codes(Operation operation) {
        Set<ErrorCode> codes =
                EnumSet.of(
                        ErrorCode.UNAUTHENTICATED,
                        ErrorCode.FORBIDDEN,
                        ErrorCode.NOT_ACCEPTABLE,
                        ErrorCode.RATE_LIMITED,
                        ErrorCode.STORE_UNAVAILABLE,
                        ErrorCode.INTERNAL);
        if (has(operation, Parameter.In.PATH, "chatId")) {
            codes.add(ErrorCode.CHAT_NOT_FOUND);
        }
        if (LONG_ANSWERS.contains(operation.getOperationId())) {
            codes.add(ErrorCode.OVERLOADED);
        }
        if (has(operation, Parameter.In.PATH, "messageId")) {
            codes.add(ErrorCode.MESSAGE_NOT_FOUND);
        }
        if (operation.getParameters() != null
                && operation.getParameters().stream()
                        .anyMatch(each -> each.getIn() == Parameter.In.QUERY)) {
            codes.add(ErrorCode.INVALID);
        }
        if (operation.getRequestBody() != null) {
            addAll(
                    codes,
                    ErrorCode.MALFORMED_JSON,
                    ErrorCode.TOO_LARGE,
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                    ErrorCode.INVALID,
                    ErrorCode.UNKNOWN_FIELD,
                    ErrorCode.CAPACITY,
                    ErrorCode.OVERLOADED);
        }
        if (has(operation, Parameter.In.HEADER, "Last-Event-ID")) {
            codes.add(ErrorCode.BAD_HEADER);
        }
        if (has(operation, Parameter.In.HEADER, "Idempotency-Key")) {
            addAll(
                    codes,
                    ErrorCode.BAD_HEADER,
                    ErrorCode.CHAT_BUSY,
                    ErrorCode.IDEMPOTENCY_KEY_REUSED,
                    ErrorCode.QUEUE_FULL);
        }
        if ("retryReply".equals(operation.getOperationId())) {
            codes.add(ErrorCode.NOT_RETRYABLE);
        }
        if (has(operation, Parameter.In.HEADER, "Prefer")) {
            addAll(
                    codes,
                    ErrorCode.MODEL_FAILED,
                    ErrorCode.MODEL_UNAVAILABLE,
                    ErrorCode.MODEL_TIMEOUT,
                    ErrorCode.OVERLOADED,
                    ErrorCode.INTERRUPTED);
        }
        return codes;
    }

    private static void addAll(Set<ErrorCode> codes, ErrorCode... more) {
        codes.addAll(Arrays.asList(more));
    }

    private static boolean has(Operation operation, Parameter.In in, String name) {
        return operation.getParameters() != null
                && operation.getParameters().stream()
                        .anyMatch(each -> each.getIn() == in && name.equals(each.getName()));
    }
}

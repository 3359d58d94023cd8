package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Message;
import ai.konko.chat.RefusedException.Violation;
import ai.konko.chat.Status;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A problem as OpenAI's clients expect it. */
@RegisterForReflection
public record OpenAiProblem(OpenAiError error) {
    private static final int BAD_REQUEST = 400;

    /** The problem of a reply that failed, or whose end has no name in OpenAI's API. */
    public static OpenAiProblem of(Message reply) {
        return of(
                reply.status() == Status.FAILED
                        ? Problem.of(reply)
                        : Problem.of(ErrorCode.MODEL_FAILED, "The reply broke off."));
    }

    /** What the provider has found wrong with a request. */
    public static OpenAiProblem ofRequest(String message, @Nullable String param, String code) {
        return new OpenAiProblem(new OpenAiError(message, type(BAD_REQUEST), param, code));
    }

    static OpenAiProblem of(Problem problem) {
        var violations = problem.violations() == null ? List.<Violation>of() : problem.violations();
        String code = code(problem);
        return new OpenAiProblem(
                new OpenAiError(
                        violations.isEmpty() || code == null
                                ? problem.detail()
                                : violations.stream()
                                        .map(each -> each.field() + " " + each.message())
                                        .collect(Collectors.joining("; ", "", ".")),
                        type(problem.status()),
                        violations.isEmpty() ? null : violations.getFirst().field(),
                        code));
    }

    private static String type(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 429 -> "rate_limit_error";
            default -> status >= 500 ? "server_error" : "invalid_request_error";
        };
    }

    /** The native API's code, unless OpenAI has a well-known one, or none. */
    private static @Nullable String code(Problem problem) {
        return switch (problem.code()) {
            case "bad-request" -> null;
            case "chat-busy" -> "conversation_locked";
            case "chat-not-found", "message-not-found" -> "not_found";
            case "unknown-field" -> "unknown_parameter";
            case "unauthenticated" -> "invalid_api_key";
            case "rate-limited" -> "rate_limit_exceeded";
            default -> problem.code().replace('-', '_');
        };
    }

    /** The native API's status, except that an unknown parameter is a bad request. */
    int status(Problem problem) {
        return "unknown_parameter".equals(error.code()) ? BAD_REQUEST : problem.status();
    }

    /**
     * What went wrong.
     *
     * @param param the first parameter that is at fault
     * @param code absent if OpenAI has none
     */
    @RegisterForReflection
    public record OpenAiError(
            String message, String type, @Nullable String param, @Nullable String code) {

        /** The same with a code, which an error of a WebSocket must have. */
        OpenAiError coded() {
            return code == null ? new OpenAiError(message, type, param, type) : this;
        }
    }
}

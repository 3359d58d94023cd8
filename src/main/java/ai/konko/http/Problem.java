package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Message;
import ai.konko.chat.RefusedException;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import jakarta.ws.rs.core.HttpHeaders;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A problem document (RFC 9457). */
@RegisterForReflection(targets = {Problem.class, RefusedException.Violation.class})
@JsonInclude(JsonInclude.Include.NON_NULL)
record Problem(
        URI type,
        String title,
        int status,
        String detail,
        String code,
        @Nullable String requestId,
        @Nullable List<RefusedException.Violation> violations,
        @Nullable Long retryAfter,
        @Nullable UUID chatId,
        @Nullable UUID replyId,
        @Nullable Integer providerStatus) {

    static final String MEDIA_TYPE = "application/problem+json";

    static Problem of(ErrorCode code, String detail) {
        return of(code, detail, null);
    }

    static Problem of(RefusedException refused) {
        String detail = refused.getMessage();
        Problem problem =
                of(
                        refused.code(),
                        detail == null ? title(refused.code()) : detail,
                        refused.retryAfter());
        return refused.violations().isEmpty() ? problem : problem.with(refused.violations());
    }

    /** The problem of a turn whose reply failed. */
    static Problem of(Message reply) {
        if (reply.failure() == null) {
            throw new IllegalArgumentException("not a failed reply");
        }
        Problem problem =
                of(reply.failure().code(), reply.failure().message(), reply.failure().retryAfter());
        return new Problem(
                problem.type,
                problem.title,
                problem.status,
                problem.detail,
                problem.code,
                null,
                null,
                problem.retryAfter,
                reply.chatId(),
                reply.id(),
                reply.failure().providerStatus());
    }

    private static Problem of(ErrorCode code, String detail, @Nullable Duration retryAfter) {
        return new Problem(
                URI.create("urn:konko:problem:" + code.wire()),
                title(code),
                status(code),
                detail,
                code.wire(),
                null,
                null,
                retryAfter == null ? null : retryAfter.toSeconds(),
                null,
                null,
                null);
    }

    private Problem with(List<RefusedException.Violation> broken) {
        return new Problem(
                type,
                title,
                status,
                detail,
                code,
                requestId,
                broken,
                retryAfter,
                chatId,
                replyId,
                providerStatus);
    }

    Problem withRequestId(@Nullable String id) {
        return new Problem(
                type,
                title,
                status,
                detail,
                code,
                id,
                violations,
                retryAfter,
                chatId,
                replyId,
                providerStatus);
    }

    /** The headers that the problem goes with, as the answer to this request. */
    void headers(HttpServerRequest request, BiConsumer<String, String> header) {
        if (retryAfter != null) {
            header.accept(HttpHeaders.RETRY_AFTER, retryAfter.toString());
        }
        if (status == status(ErrorCode.TOO_LARGE) && request.version() != HttpVersion.HTTP_2) {
            header.accept("Connection", "close"); // the rest of the body is not read
        }
        if (status == status(ErrorCode.UNAUTHENTICATED)) {
            header.accept(HttpHeaders.WWW_AUTHENTICATE, "Bearer"); // RFC 6750, section 3
        }
    }

    static int status(ErrorCode code) {
        return switch (code) {
            case MALFORMED_JSON,
                    BAD_HEADER,
                    UNSUPPORTED,
                    BAD_REQUEST,
                    CONTEXT_LENGTH_EXCEEDED,
                    PREVIOUS_RESPONSE_NOT_FOUND ->
                    400;
            case UNAUTHENTICATED -> 401;
            case FORBIDDEN -> 403;
            case CHAT_NOT_FOUND, MESSAGE_NOT_FOUND, NOT_FOUND -> 404;
            case METHOD_NOT_ALLOWED -> 405;
            case REQUEST_TIMEOUT -> 408;
            case URI_TOO_LONG -> 414;
            case HEADERS_TOO_LARGE -> 431;
            case NOT_ACCEPTABLE -> 406;
            case CHAT_BUSY, NOT_LAST, NOT_RETRYABLE, CALL_CLOSED, NOTHING_TO_COMPACT -> 409;
            case TOO_LARGE -> 413;
            case UNSUPPORTED_MEDIA_TYPE -> 415;
            case INVALID, UNKNOWN_FIELD, IDEMPOTENCY_KEY_REUSED -> 422;
            case QUEUE_FULL, RATE_LIMITED -> 429;
            case INTERNAL -> 500;
            case MODEL_FAILED -> 502;
            case MODEL_UNAVAILABLE, OVERLOADED, CAPACITY, STORE_UNAVAILABLE, INTERRUPTED -> 503;
            case MODEL_TIMEOUT -> 504;
        };
    }

    private static String title(ErrorCode code) {
        return switch (code) {
            case MALFORMED_JSON -> "Malformed JSON";
            case BAD_HEADER -> "Unusable header";
            case REQUEST_TIMEOUT -> "Request timed out";
            case URI_TOO_LONG -> "Address too long";
            case HEADERS_TOO_LARGE -> "Headers too large";
            case UNAUTHENTICATED -> "Unauthenticated";
            case FORBIDDEN -> "Forbidden";
            case CHAT_NOT_FOUND -> "Chat not found";
            case MESSAGE_NOT_FOUND -> "Message not found";
            case NOT_FOUND -> "Not found";
            case METHOD_NOT_ALLOWED -> "Method not allowed";
            case NOT_ACCEPTABLE -> "Not acceptable";
            case UNSUPPORTED_MEDIA_TYPE -> "Unsupported media type";
            case CHAT_BUSY -> "Chat busy";
            case NOT_LAST -> "Not the last message";
            case NOT_RETRYABLE -> "Not retryable";
            case CALL_CLOSED -> "Call closed";
            case NOTHING_TO_COMPACT -> "Nothing to compact";
            case TOO_LARGE -> "Body too large";
            case INVALID -> "Invalid request";
            case UNKNOWN_FIELD -> "Unknown field";
            case UNSUPPORTED -> "Not supported";
            case BAD_REQUEST -> "Bad request";
            case CONTEXT_LENGTH_EXCEEDED -> "Context length exceeded";
            case PREVIOUS_RESPONSE_NOT_FOUND -> "Previous response not found";
            case IDEMPOTENCY_KEY_REUSED -> "Idempotency key reused";
            case QUEUE_FULL -> "Too many turns waiting";
            case RATE_LIMITED -> "Rate limited";
            case MODEL_FAILED -> "Model failed";
            case MODEL_UNAVAILABLE -> "Model unavailable";
            case MODEL_TIMEOUT -> "Model timed out";
            case OVERLOADED -> "Overloaded";
            case CAPACITY -> "At capacity";
            case STORE_UNAVAILABLE -> "Store unavailable";
            case INTERRUPTED -> "Interrupted";
            case INTERNAL -> "Internal error";
        };
    }
}

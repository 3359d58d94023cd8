package ai.konko.assistant;

import ai.konko.assistant.AnswerReader.Progress;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * An answer with another status than 200. Its body is read only if it may say that waiting does not
 * help, or what is wrong with a request that is passed on, and only as far as its beginning.
 * Nothing else of it is passed on to clients.
 */
final class Refusal implements AnswerReader {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int UNAVAILABLE = 503;
    private static final int MOST_BYTES = 16 * 1024;

    /** The fields in which providers name an error. */
    private static final Set<String> NAMES = Set.of("code", "type", "status", "reason");

    /** The names that OpenAI, Moonshot, Alibaba and gateways have for a quota that is used up. */
    private static final Pattern QUOTA =
            Pattern.compile(
                    "insufficient[_-]?(user[_-]?)?(quota|balance|credits?|funds?)|billing[_-].*"
                            + "|exceeded[_-]current[_-]quota.*|arrear.*|out[_-]of[_-]credits?"
                            + "|(credits?|balance|funds?)[_-](exhausted|exceeded|depleted)",
                    Pattern.CASE_INSENSITIVE);

    private final int status;
    private final Duration retryAfter;
    private final boolean explained;
    private final Buffer body = Buffer.buffer();

    /**
     * @param explained whether it matters what is wrong with the request
     */
    Refusal(HttpClientResponse response, Instant now, boolean explained) {
        this(response.statusCode(), RetryAfter.of(response::getHeader, now), explained);
    }

    Refusal(int status, Duration retryAfter, boolean explained) {
        this.status = status;
        this.retryAfter = retryAfter;
        this.explained = explained && ProviderError.isOfRequest(status);
    }

    /** Whether the body can change what the refusal means. */
    boolean isToBeRead() {
        return explained || status == TOO_MANY_REQUESTS;
    }

    @Override
    public Progress read(Buffer part) {
        body.appendBuffer(part, 0, Math.min(part.length(), MOST_BYTES - body.length()));
        if (body.length() == MOST_BYTES) {
            throw failure();
        }
        return Progress.NONE;
    }

    @Override
    public int held() {
        return body.length();
    }

    @Override
    public void end() {
        throw failure();
    }

    /**
     * @return what the refusal means, as far as it was read
     */
    ModelException failure() {
        if (status == TOO_MANY_REQUESTS && isOfQuota()) {
            return new ModelException(
                    new Failure(
                            ErrorCode.MODEL_FAILED,
                            "The quota at the model's provider is used up.",
                            null,
                            status));
        }
        if (status == TOO_MANY_REQUESTS || status == UNAVAILABLE) {
            return new ModelException(
                    new Failure(
                            ErrorCode.MODEL_UNAVAILABLE,
                            "The model's provider has no room at the moment.",
                            retryAfter,
                            status));
        }
        return new ModelException(
                new Failure(
                        ErrorCode.MODEL_FAILED,
                        "The model's provider answered with status " + status + ".",
                        null,
                        status),
                explained ? ProviderError.of(status, body.getBytes()) : null);
    }

    private boolean isOfQuota() {
        try (JsonParser json = JSON.createParser(body.getBytes())) {
            for (JsonToken next = json.nextToken(); next != null; next = json.nextToken()) {
                if (next == JsonToken.VALUE_STRING
                        && NAMES.contains(json.currentName())
                        && QUOTA.matcher(json.getText()).matches()) {
                    return true;
                }
            }
        } catch (IOException _) {
            // It is no JSON, or was cut: what came did not say so.
        }
        return false;
    }
}

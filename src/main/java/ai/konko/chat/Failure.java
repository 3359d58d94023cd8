package ai.konko.chat;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Why a turn failed.
 *
 * @param code one of the model's codes, {@link ErrorCode#OVERLOADED} (the service was stopped, or
 *     holds as much text as it may), {@link ErrorCode#INTERRUPTED} (it was stopped too often) or
 *     {@link ErrorCode#INTERNAL}
 * @param message for the client: no upstream body, class name or key
 * @param retryAfter after what time a new attempt may succeed, if anybody said so
 * @param providerStatus the HTTP status with which the model's provider refused, if it did
 */
public record Failure(
        ErrorCode code,
        String message,
        @Nullable Duration retryAfter,
        @Nullable Integer providerStatus) {

    public Failure {
        switch (code) {
            case MODEL_FAILED,
                    MODEL_UNAVAILABLE,
                    MODEL_TIMEOUT,
                    OVERLOADED,
                    INTERRUPTED,
                    INTERNAL -> {}
            default ->
                    throw new IllegalArgumentException("a turn does not fail with " + code.wire());
        }
    }

    public Failure(ErrorCode code, String message, @Nullable Duration retryAfter) {
        this(code, message, retryAfter, null);
    }

    public static Failure of(ErrorCode code, String message) {
        return new Failure(code, message, null);
    }
}

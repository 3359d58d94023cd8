package ai.konko.assistant;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import org.jspecify.annotations.Nullable;

/** A model call failed. What the provider said is apart from the failure, which may be kept. */
final class ModelException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Failure failure;
    private final transient @Nullable ProviderError error;

    ModelException(Failure failure) {
        this(failure, null);
    }

    ModelException(Failure failure, @Nullable ProviderError error) {
        super(failure.message(), null, false, false);
        this.failure = failure;
        this.error = error;
    }

    static ModelException failed(String message) {
        return new ModelException(Failure.of(ErrorCode.MODEL_FAILED, message));
    }

    static ModelException nonsense() {
        return failed("The model's provider answered nonsense.");
    }

    static ModelException brokeOff() {
        return failed("The model's provider broke off.");
    }

    static ModelException reported() {
        return failed("The model's provider reported an error.");
    }

    /**
     * @param word the provider's finish reason
     */
    static ModelException ended(String word) {
        return failed("The model's provider ended with a reason that is not known here: " + word);
    }

    static ModelException tooLong() {
        return failed("The model's answer is too long.");
    }

    static ModelException unreachable() {
        return new ModelException(
                new Failure(
                        ErrorCode.MODEL_UNAVAILABLE,
                        "The model's provider can't be reached.",
                        RetryAfter.DEFAULT));
    }

    static ModelException timedOut(String message) {
        return new ModelException(Failure.of(ErrorCode.MODEL_TIMEOUT, message));
    }

    Failure failure() {
        return failure;
    }

    /**
     * @return why the provider has found the request wrong, if somebody wanted to know and it says
     *     so
     */
    @Nullable ProviderError error() {
        return error;
    }

    /**
     * @return the model's failure among the causes of {@code thrown}, which a library may have
     *     wrapped
     */
    static @Nullable Failure in(Throwable thrown) {
        for (Throwable each = thrown; each != null; each = each.getCause()) {
            if (each instanceof ModelException model) {
                return model.failure();
            }
        }
        return null;
    }
}

package ai.konko.chat;

import org.jspecify.annotations.Nullable;

/**
 * How a reply ended. Only the legal combinations can be made.
 *
 * @param status one of the terminal ones
 * @param content the reply's whole text; empty if failed, possibly empty if cancelled
 * @param failure why it failed; or why it was interrupted, if the provider has a word for it
 */
public record Outcome(
        Status status,
        String content,
        @Nullable FinishReason finishReason,
        @Nullable Usage usage,
        @Nullable Failure failure) {

    public Outcome {
        boolean legal =
                switch (status) {
                    case COMPLETED ->
                            finishReason == FinishReason.STOP
                                    && !content.isEmpty()
                                    && failure == null;
                    case INCOMPLETE ->
                            finishReason != null
                                    && finishReason != FinishReason.STOP
                                    && (failure == null || finishReason == FinishReason.INTERRUPTED)
                                    && (finishReason == FinishReason.CANCELLED
                                            || !content.isEmpty());
                    case FAILED -> finishReason == null && content.isEmpty() && failure != null;
                    case QUEUED, IN_PROGRESS -> false;
                };
        if (!legal) {
            throw new IllegalArgumentException(
                    "not a legal end of a reply: " + status + ", " + finishReason);
        }
    }

    /** The model came to its end; text-less, that is a failure. */
    public static Outcome ended(String content, FinishReason reason, @Nullable Usage usage) {
        if (content.isEmpty() && reason != FinishReason.CANCELLED) {
            return failed(
                    Failure.of(ErrorCode.MODEL_FAILED, "The model ended without any text."), usage);
        }
        Status status = reason == FinishReason.STOP ? Status.COMPLETED : Status.INCOMPLETE;
        return new Outcome(status, content, reason, usage, null);
    }

    /** Somebody stopped it; what there is of the text is kept. */
    public static Outcome cancelled(String content) {
        return ended(content, FinishReason.CANCELLED, null);
    }

    /** It broke off: interrupted after some text, else failed. */
    public static Outcome brokenOff(String content, Failure failure) {
        return content.isEmpty()
                ? failed(failure, null)
                : ended(content, FinishReason.INTERRUPTED, null);
    }

    /** The same, of a model that has said why in words that nobody here knows. */
    public static Outcome brokenOff(String content, Failure why, @Nullable Usage usage) {
        return content.isEmpty()
                ? failed(why, usage)
                : new Outcome(Status.INCOMPLETE, content, FinishReason.INTERRUPTED, usage, why);
    }

    /** Whether the model did something that is counted as use of it. */
    public boolean countsAsUse() {
        return usage != null || !content.isEmpty();
    }

    private static Outcome failed(Failure failure, @Nullable Usage usage) {
        return new Outcome(Status.FAILED, "", null, usage, failure);
    }

    @Override
    public String toString() {
        return "Outcome[status=%s, finishReason=%s, failure=%s]"
                .formatted(status, finishReason, failure);
    }
}

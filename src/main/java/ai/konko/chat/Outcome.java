package ai.konko.chat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a reply ended. Only the legal combinations can be made.
 *
 * @param status one of the terminal ones
 * @param content the reply's whole text; empty if failed, possibly empty if cancelled
 * @param items what there is beside the text, as it was when the reply ended; calls are open
 * @param failure why it failed; or why it was interrupted, if the provider has a word for it
 * @param windowFrom if its turn has cut the chat's window: the seq of the message that the window
 *     begins with since; else 0. See {@link ChatRepository#recall}
 * @param cutBy what held for the window of the chat then
 */
public record Outcome(
        Status status,
        String content,
        List<Item> items,
        @Nullable FinishReason finishReason,
        @Nullable Usage usage,
        @Nullable Failure failure,
        int windowFrom,
        Memory cutBy) {

    public Outcome {
        items = List.copyOf(items);
        boolean calls = Items.haveCalls(items);
        boolean answer = calls || !content.isEmpty();
        boolean legal =
                switch (status) {
                    case COMPLETED ->
                            finishReason == (calls ? FinishReason.CALLS : FinishReason.STOP)
                                    && answer
                                    && failure == null;
                    case INCOMPLETE ->
                            finishReason != null
                                    && finishReason != FinishReason.STOP
                                    && finishReason != FinishReason.CALLS
                                    && (failure == null || finishReason == FinishReason.INTERRUPTED)
                                    && (finishReason == FinishReason.CANCELLED || answer);
                    case FAILED -> finishReason == null && !answer && failure != null;
                    case QUEUED, IN_PROGRESS -> false;
                };
        if (!legal) {
            throw new IllegalArgumentException(
                    "not a legal end of a reply: " + status + ", " + finishReason);
        }
    }

    /** An outcome of a turn that has not cut the window. */
    public Outcome(
            Status status,
            String content,
            List<Item> items,
            @Nullable FinishReason finishReason,
            @Nullable Usage usage,
            @Nullable Failure failure) {
        this(status, content, items, finishReason, usage, failure, 0, Memory.NONE);
    }

    /** The same of a turn that has cut the window to begin there, or has not. */
    public Outcome cutting(int from, Memory by) {
        return from == windowFrom && by.window().equals(cutBy.window())
                ? this
                : new Outcome(status, content, items, finishReason, usage, failure, from, by);
    }

    /** The same without a cut, if something else holds for the window by now. */
    public Outcome under(Memory now) {
        return now.window().equals(cutBy.window()) ? this : cutting(0, now);
    }

    /**
     * The model came to its end; with neither text nor calls, that is a failure.
     *
     * @param reason {@link FinishReason#STOP} also if the model wants tools to be called
     */
    public static Outcome ended(Written what, FinishReason reason, @Nullable Usage usage) {
        if (what.isNoAnswer() && reason != FinishReason.CANCELLED) {
            return failed(
                    what,
                    Failure.of(ErrorCode.MODEL_FAILED, "The model ended without any text."),
                    usage);
        }
        if (reason != FinishReason.STOP && reason != FinishReason.CALLS) {
            return new Outcome(Status.INCOMPLETE, what.text(), what.items(), reason, usage, null);
        }
        FinishReason end = Items.haveCalls(what.items()) ? FinishReason.CALLS : FinishReason.STOP;
        return new Outcome(Status.COMPLETED, what.text(), what.items(), end, usage, null);
    }

    /** The same of a reply that is text alone. */
    public static Outcome ended(String content, FinishReason reason, @Nullable Usage usage) {
        return ended(Written.of(content), reason, usage);
    }

    /** Somebody stopped it; what there is of it is kept. */
    public static Outcome cancelled(Written what) {
        return ended(what, FinishReason.CANCELLED, null);
    }

    /** It never ran. */
    public static Outcome cancelled() {
        return cancelled(Written.NOTHING);
    }

    /** It broke off: interrupted after some text or a call, else failed. */
    public static Outcome brokenOff(Written what, Failure failure) {
        return what.isNoAnswer()
                ? failed(what, failure, null)
                : ended(what, FinishReason.INTERRUPTED, null);
    }

    /** The same, of a model that has said why in words that nobody here knows. */
    public static Outcome brokenOff(Written what, Failure why, @Nullable Usage usage) {
        return what.isNoAnswer()
                ? failed(what, why, usage)
                : new Outcome(
                        Status.INCOMPLETE,
                        what.text(),
                        what.items(),
                        FinishReason.INTERRUPTED,
                        usage,
                        why);
    }

    /** Whether the model did something that is counted as use of it. */
    public boolean countsAsUse() {
        return usage != null || !content.isEmpty() || !items.isEmpty();
    }

    private static Outcome failed(Written what, Failure failure, @Nullable Usage usage) {
        return new Outcome(Status.FAILED, "", what.items(), null, usage, failure);
    }

    @Override
    public String toString() {
        return "Outcome[status=%s, finishReason=%s, failure=%s]"
                .formatted(status, finishReason, failure);
    }
}

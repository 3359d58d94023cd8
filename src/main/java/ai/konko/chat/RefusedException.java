package ai.konko.chat;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request was refused and left no trace. The message is written for the client and carries no
 * text of a chat.
 */
public final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final Duration SOON = Duration.ofSeconds(1);

    private final ErrorCode code;
    private final transient @Nullable Duration retryAfter;
    private final transient List<Violation> violations;

    private RefusedException(
            ErrorCode code,
            String detail,
            @Nullable Duration retryAfter,
            List<Violation> violations) {
        super(detail, null, false, false);
        this.code = code;
        this.retryAfter = retryAfter;
        this.violations = List.copyOf(violations);
    }

    public static RefusedException of(ErrorCode code, String detail) {
        return new RefusedException(code, detail, null, List.of());
    }

    /** A refusal that may pass if the client asks again after {@code retryAfter}. */
    public static RefusedException forNow(ErrorCode code, String detail, Duration retryAfter) {
        return new RefusedException(code, detail, retryAfter, List.of());
    }

    public static RefusedException invalid(String field, String message) {
        return invalid(List.of(new Violation(field, message)));
    }

    public static RefusedException invalid(List<Violation> violations) {
        return new RefusedException(
                ErrorCode.INVALID, "The request breaks a rule; see violations.", null, violations);
    }

    public static RefusedException unknownFields(List<String> fields) {
        return new RefusedException(
                ErrorCode.UNKNOWN_FIELD,
                "The request has a field that is not known here.",
                null,
                fields.stream().map(each -> new Violation(each, "is not known here")).toList());
    }

    /** What another API can and this service can't. */
    public static RefusedException unsupported(String field, String message) {
        return new RefusedException(
                ErrorCode.UNSUPPORTED,
                "The request asks for something that is not supported here.",
                null,
                List.of(new Violation(field, message)));
    }

    /**
     * For a request of another API that breaks a rule of that API.
     *
     * @param sentence all that its client is told
     */
    public static RefusedException badRequest(String field, String sentence) {
        return new RefusedException(
                ErrorCode.BAD_REQUEST, sentence, null, List.of(new Violation(field, sentence)));
    }

    /** For a request of another API. */
    public static RefusedException contextLengthExceeded(String field) {
        return new RefusedException(
                ErrorCode.CONTEXT_LENGTH_EXCEEDED,
                "The request and what it goes on from are longer than the model may see.",
                null,
                List.of(
                        new Violation(
                                field,
                                "and what it goes on from are longer than the model may see")));
    }

    /** For a request of another API that goes on from a reply that its caller has not. */
    public static RefusedException previousNotFound(String field) {
        return new RefusedException(
                ErrorCode.PREVIOUS_RESPONSE_NOT_FOUND,
                "The request goes on from a response that there is not.",
                null,
                List.of(new Violation(field, "names no response")));
    }

    public static RefusedException chatNotFound() {
        return of(ErrorCode.CHAT_NOT_FOUND, "There is no such chat.");
    }

    public static RefusedException messageNotFound() {
        return of(ErrorCode.MESSAGE_NOT_FOUND, "There is no such message in this chat.");
    }

    public static RefusedException attachmentNotFound() {
        return of(ErrorCode.NOT_FOUND, "There is no such attachment in this chat.");
    }

    /** A user's message where only a reply makes sense. */
    public static RefusedException replyNotFound() {
        return of(ErrorCode.MESSAGE_NOT_FOUND, "This message is a user's; only a reply will do.");
    }

    /** For a post that asks for it. */
    public static RefusedException chatBusy() {
        return forNow(ErrorCode.CHAT_BUSY, "An earlier turn of this chat is unfinished.", SOON);
    }

    /** For a post that asks to come right after a certain message. */
    public static RefusedException notLast() {
        return of(ErrorCode.NOT_LAST, "The chat has gone on after this message.");
    }

    public static RefusedException queueFull() {
        return forNow(ErrorCode.QUEUE_FULL, "As many turns wait in this chat as may.", SOON);
    }

    public static RefusedException chatFull() {
        return of(ErrorCode.CAPACITY, "This chat has as many messages as it may.");
    }

    public static RefusedException keyReused() {
        return of(
                ErrorCode.IDEMPOTENCY_KEY_REUSED,
                "The idempotency key stands for another request.");
    }

    public static RefusedException notRetryable() {
        return of(
                ErrorCode.NOT_RETRYABLE,
                "Only a failed or incomplete reply that is the chat's last can run again.");
    }

    /** For the output of a call that does not wait for one. */
    public static RefusedException callClosed() {
        return of(ErrorCode.CALL_CLOSED, "A call of these outputs does not wait for one any more.");
    }

    public static RefusedException nothingToCompact() {
        return of(
                ErrorCode.NOTHING_TO_COMPACT,
                "The chat has no turn that a summary could take in: its last one is always sent.");
    }

    public ErrorCode code() {
        return code;
    }

    /**
     * @return after what time the same request may be accepted; empty where waiting does not help.
     */
    public @Nullable Duration retryAfter() {
        return retryAfter;
    }

    public List<Violation> violations() {
        return violations;
    }

    /**
     * One rule that the request breaks.
     *
     * @param field the field, parameter or header by its name on the wire
     * @param message what is wrong with it, to be read after the name
     */
    public record Violation(String field, String message) {}
}

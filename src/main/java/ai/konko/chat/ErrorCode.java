package ai.konko.chat;

import java.util.Locale;

/** Every way in which a request is refused or a turn fails, by the names that clients see. */
public enum ErrorCode {
    MALFORMED_JSON,
    BAD_HEADER,
    /** A request took longer to come than it may. */
    REQUEST_TIMEOUT,
    URI_TOO_LONG,
    HEADERS_TOO_LARGE,
    /** The request has no credentials, or none that are known here. */
    UNAUTHENTICATED,
    /** The caller is known, and may not do this. */
    FORBIDDEN,
    CHAT_NOT_FOUND,
    MESSAGE_NOT_FOUND,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    UNSUPPORTED_MEDIA_TYPE,
    CHAT_BUSY,
    /** The chat has gone on meanwhile. */
    NOT_LAST,
    /** The chat has no turn that a summary could take in. */
    NOTHING_TO_COMPACT,
    /** Only a failed or incomplete reply that is the chat's last can run again. */
    NOT_RETRYABLE,
    /** An output for a call that does not wait for one any more. */
    CALL_CLOSED,
    TOO_LARGE,
    INVALID,
    UNKNOWN_FIELD,
    /** A request of another API for what this service does not do. */
    UNSUPPORTED,
    /** A request of another API breaks a rule of that API, which has no code for it. */
    BAD_REQUEST,
    /** A request of another API says more than the model may see, and wants nothing left out. */
    CONTEXT_LENGTH_EXCEEDED,
    /** A request of another API goes on from a reply that there is not. */
    PREVIOUS_RESPONSE_NOT_FOUND,
    IDEMPOTENCY_KEY_REUSED,
    QUEUE_FULL,
    /** The caller asks for more than it may in this time. */
    RATE_LIMITED,
    /** The model's provider refused, failed, broke off before any text, or answered nonsense. */
    MODEL_FAILED,
    /** The model's provider is not there, or asks to be left alone for a while. */
    MODEL_UNAVAILABLE,
    MODEL_TIMEOUT,
    /**
     * This service has as much under way as it may, be it turns, searches, or text that is written
     * or not read; or it is shutting down.
     */
    OVERLOADED,
    /** The log has reached one of its bounds. */
    CAPACITY,
    /** The log can't be reached at the moment. */
    STORE_UNAVAILABLE,
    /**
     * A reply was given up, since the service was stopped again and again while it worked on it.
     */
    INTERRUPTED,
    /** A fault of this service's own. */
    INTERNAL;

    /**
     * @return the code as it is sent to clients: lower case, words joined by hyphens.
     */
    public String wire() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

package ai.konko.http;

import ai.konko.http.OpenAiProblem.OpenAiError;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A problem as an event of a WebSocket, as OpenAI's clients expect it.
 *
 * @param status what the status of an HTTP answer would be
 */
@RegisterForReflection
record ErrorEvent(String type, int status, OpenAiError error) {
    private static final int BAD_REQUEST = 400;

    static ErrorEvent of(Problem problem) {
        OpenAiProblem theirs = OpenAiProblem.of(problem);
        return new ErrorEvent("error", theirs.status(problem), theirs.error().coded());
    }

    /** For a WebSocket that was open for as long as it may be. */
    static ErrorEvent tooOld() {
        OpenAiProblem theirs =
                OpenAiProblem.ofRequest(
                        "The connection was open for as long as it may be; open another.",
                        null,
                        "websocket_connection_limit_reached");
        return new ErrorEvent("error", BAD_REQUEST, theirs.error());
    }
}

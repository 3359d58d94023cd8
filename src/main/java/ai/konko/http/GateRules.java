package ai.konko.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * The rules for every connection's gate.
 *
 * @param longestLine the longest first line of a request, in bytes
 * @param longestHead the most bytes of its headers
 * @param requestTime in nanoseconds, see {@link HttpLimits#requestTime}
 * @param idleTime in nanoseconds, see {@link HttpLimits#idleTime}
 * @param refusals counts and writes the problems that are sent
 */
record GateRules(
        int longestLine, int longestHead, long requestTime, long idleTime, Refusals refusals) {

    private static final long BYTES_A_SECOND = 500;

    /**
     * @return how many bytes of a body must come within the time of a request for it to go on
     */
    long progress() {
        return progress(requestTime);
    }

    /**
     * @return how many bytes must come within so many nanoseconds of what is long
     */
    static long progress(long nanos) {
        return nanos / (TimeUnit.SECONDS.toNanos(1) / BYTES_A_SECOND);
    }

    /**
     * @param head the request's, as far as it is known
     * @return the whole response to bytes that are not a request; the last one on its connection
     */
    String answer(Problem problem, RequestHead head) {
        String id = RequestId.chosenFrom(head.requestId());
        ProblemForm form = form(problem.withRequestId(id), head.target());
        String body = body(form);
        return "HTTP/1.1 %d %s\r\nX-Request-Id: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\n\r\n%s"
                .formatted(
                        form.status(),
                        HttpResponseStatus.valueOf(form.status()).reasonPhrase(),
                        id,
                        form.mediaType(),
                        body.getBytes(StandardCharsets.UTF_8).length,
                        body);
    }

    ProblemForm form(Problem problem, String target) {
        refusals.count(problem);
        return ProblemForm.of(problem, target);
    }

    String body(ProblemForm form) {
        return refusals.written(form);
    }
}

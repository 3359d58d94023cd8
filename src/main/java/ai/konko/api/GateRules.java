package ai.konko.api;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * What every connection's gate goes by.
 *
 * @param longestLine the longest first line of a request, in bytes
 * @param longestHead the most bytes of its headers
 * @param requestTime in nanoseconds, see {@link HttpLimits#requestTime}
 * @param idleTime in nanoseconds, see {@link HttpLimits#idleTime}
 */
record GateRules(
        int longestLine, int longestHead, long requestTime, long idleTime, ProblemWriter writer) {

    private static final long BYTES_A_SECOND = 500;

    /** Writes a problem as it goes out, and counts it. */
    interface ProblemWriter {
        String write(Object body);

        void count(Problem problem);
    }

    /**
     * @return the fewest bytes of a body that come in the time of a request, if it goes on
     */
    long progress() {
        return requestTime / (TimeUnit.SECONDS.toNanos(1) / BYTES_A_SECOND);
    }

    /**
     * @return the whole response to what was never a request, after which nothing more comes
     */
    String answer(Problem problem, String target) {
        String id = RequestId.fresh();
        ProblemForm form = form(problem.withRequestId(id), target);
        String body = writer.write(form.body());
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
        writer.count(problem);
        return ProblemForm.of(problem, target);
    }
}

package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.RefusedException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Answers requests with problems, and counts those that clients were sent: {@code konko.refusals},
 * by their {@code code}.
 */
@Singleton
@Startup // so that a code that was never sent counts 0, and is not missing
public class Refusals {
    private final Map<String, Counter> counters;
    private final ObjectMapper json;

    Refusals(MeterRegistry registry, ObjectMapper json) {
        this.json = json;
        counters =
                Arrays.stream(ErrorCode.values())
                        .map(ErrorCode::wire)
                        .collect(
                                Collectors.toUnmodifiableMap(
                                        Function.identity(),
                                        code ->
                                                Counter.builder("konko.refusals")
                                                        .description(
                                                                "Problems that clients were sent")
                                                        .tag("code", code)
                                                        .register(registry)));
    }

    /** Counts a problem that somebody else sends. */
    public void count(ErrorCode code) {
        count(code.wire());
    }

    void count(Problem problem) {
        count(problem.code());
    }

    private void count(String code) {
        Counter counter = counters.get(code);
        if (counter == null) {
            throw new IllegalArgumentException("no code of ours: " + code);
        }
        counter.increment();
    }

    /** Answers a request with a refusal. */
    public void send(RefusedException refused, HttpServerRequest request) {
        send(Problem.of(refused), request);
    }

    void send(Problem problem, HttpServerRequest request) {
        count(problem);
        problem.headers(request, request.response()::putHeader);
        ProblemForm form =
                ProblemForm.of(problem.withRequestId(RequestId.of(request)), request.path());
        Future<Void> _ =
                request.response()
                        .setStatusCode(form.status())
                        .putHeader(HttpHeaders.CONTENT_TYPE, form.mediaType())
                        .end(written(form));
        if (!request.isEnded()) {
            request.resume(); // what is left of the body is thrown away
        }
    }

    /** The body of an answer that is a problem. */
    String written(ProblemForm form) {
        try {
            return json.writeValueAsString(form.body());
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("a problem can't be written", unwritable);
        }
    }
}

package ai.konko.http;

import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jspecify.annotations.Nullable;

/**
 * The form of a problem: a problem document, or under {@code /v1} an error as OpenAI's clients
 * expect it. It is decided here alone.
 *
 * @param body is written as JSON
 */
record ProblemForm(int status, String mediaType, Object body) {
    private static final String OPENAI = "/v1";

    static ProblemForm of(Problem problem, @Nullable String path) {
        if (path != null && isOpenAi(path)) {
            OpenAiProblem theirs = OpenAiProblem.of(problem);
            return new ProblemForm(theirs.status(problem), MediaType.APPLICATION_JSON, theirs);
        }
        return new ProblemForm(problem.status(), Problem.MEDIA_TYPE, problem);
    }

    static boolean isOpenAi(String path) {
        return path.equals(OPENAI) || path.startsWith(OPENAI + "/");
    }

    Response response(Problem problem, HttpServerRequest request) {
        Response.ResponseBuilder response = Response.status(status).type(mediaType).entity(body);
        problem.headers(request, response::header);
        return response.build();
    }
}

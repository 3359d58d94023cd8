package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Fault;
import ai.konko.chat.RefusedException;
import com.fasterxml.jackson.core.JacksonException;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jboss.resteasy.reactive.server.core.CurrentRequestManager;

/** Turns every failure of a request into a problem. */
class ProblemMapper {
    private static final Logger LOG = Logger.getLogger(ProblemMapper.class);

    /** Nginx' number for an answer that nobody gets. */
    private static final int GONE_AWAY = 499;

    static final Problem NOTHING_THERE =
            Problem.of(ErrorCode.NOT_FOUND, "There is nothing at this address.");

    static final Problem NOT_TAKEN =
            Problem.of(ErrorCode.METHOD_NOT_ALLOWED, "This address does not take this method.");

    private final Refusals refusals;

    ProblemMapper(Refusals refusals) {
        this.refusals = refusals;
    }

    @ServerExceptionMapper
    Response refused(RefusedException refused, HttpServerRequest request) {
        return response(Problem.of(refused), request);
    }

    @ServerExceptionMapper
    Response turnFailed(TurnFailedException failed, HttpServerRequest request) {
        return response(Problem.of(failed.reply()), request);
    }

    @ServerExceptionMapper
    Response notFound(NotFoundException unknown, HttpServerRequest request) {
        return unmatched(request);
    }

    @ServerExceptionMapper
    Response notAllowed(NotAllowedException refused, HttpServerRequest request) {
        return unmatched(request);
    }

    private Response unmatched(HttpServerRequest request) {
        Set<String> allowed = AllowedMethods.at(CurrentRequestManager.get());
        if (allowed.isEmpty() || allowed.contains(request.method().name())) {
            return response(NOTHING_THERE, request);
        }
        Response refused = response(NOT_TAKEN, request);
        return Response.fromResponse(refused).allow(allowed).build();
    }

    @ServerExceptionMapper
    Response http(WebApplicationException thrown, HttpServerRequest request) {
        Problem problem =
                switch (thrown.getResponse().getStatus()) {
                    case 404 -> NOTHING_THERE;
                    case 406 ->
                            Problem.of(
                                    ErrorCode.NOT_ACCEPTABLE,
                                    "There is no answer of an acceptable type.");
                    case 413 ->
                            Problem.of(ErrorCode.TOO_LARGE, "The body is longer than it may be.");
                    case 415 ->
                            Problem.of(
                                    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                                    "The body must be JSON and say so.");
                    case 400 ->
                            Problem.of(ErrorCode.BAD_HEADER, "The request can't be understood.");
                    default -> internal(thrown, request);
                };
        return response(problem, request);
    }

    /**
     * A body that can't be read to its end, or an answer that can't be written. The client has
     * gone, which is no fault, and nobody is left to be answered.
     */
    @ServerExceptionMapper
    Response left(IOException broken, HttpServerRequest request) {
        if (broken instanceof JacksonException) {
            return fault(broken, request);
        }
        LOG.debugf("The client of request %s has gone", RequestId.of(request));
        return Response.status(GONE_AWAY).build();
    }

    @ServerExceptionMapper
    Response fault(Throwable fault, HttpServerRequest request) {
        return response(internal(fault, request), request);
    }

    static Problem internal(Throwable fault, HttpServerRequest request) {
        LOG.errorf(
                Fault.of(fault),
                "Request %s failed for a reason of our own",
                RequestId.of(request));
        return Problem.of(
                ErrorCode.INTERNAL, "The service failed; its log says more, by the request's id.");
    }

    private Response response(Problem problem, HttpServerRequest request) {
        refusals.count(problem);
        return ProblemForm.of(problem.withRequestId(RequestId.of(request)), request.path())
                .response(problem, request);
    }
}

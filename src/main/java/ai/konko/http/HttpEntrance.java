package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Fault;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import ai.konko.security.Callers;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.quarkus.vertx.http.runtime.security.SecurityHandlerPriorities;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/**
 * Every request passes here first. The request gets its id, and the response its security headers.
 * Requests of {@linkplain SameSite other sites' pages} and bodies that are too long are refused.
 * Browsers are told which {@linkplain CrossOrigin pages of other origins} may use the service.
 * Unless the {@linkplain PublicAddress address is public}, the caller must be known and within its
 * limits. {@linkplain ReplicaDoor Other replicas} are no callers, and have an address of their own.
 */
@ApplicationScoped
public class HttpEntrance {
    /**
     * A filter with a lower priority gets only requests that were let in. Their bodies are counted
     * after that with the next lower one, so that it may refuse a request whose body is not read.
     */
    public static final int PRIORITY = 1000;

    private static final int BEFORE_BODIES = PRIORITY - 2;

    private static final Logger LOG = Logger.getLogger(HttpEntrance.class);
    private static final int NO_CONTENT = 204;
    private static final Set<HttpMethod> READING = Set.of(HttpMethod.GET, HttpMethod.HEAD);

    private final ReplicaDoor replicas;
    private final Callers callers;
    private final RateLimit rateLimit;
    private final Refusals refusals;
    private final SameSite sameSite;
    private final CrossOrigin crossOrigin;
    private final ContentSecurity contentSecurity;
    private final BodyLimit bodies;
    private final Incoming incoming;
    private final Vertx vertx;

    HttpEntrance(
            ReplicaDoor replicas,
            Callers callers,
            RateLimit rateLimit,
            Refusals refusals,
            SameSite sameSite,
            CrossOrigin crossOrigin,
            ContentSecurity contentSecurity,
            BodyLimit bodies,
            Incoming incoming,
            Vertx vertx) {
        this.replicas = replicas;
        this.callers = callers;
        this.rateLimit = rateLimit;
        this.refusals = refusals;
        this.sameSite = sameSite;
        this.crossOrigin = crossOrigin;
        this.contentSecurity = contentSecurity;
        this.bodies = bodies;
        this.incoming = incoming;
        this.vertx = vertx;
    }

    void register(@Observes Filters filters) {
        filters.register(this::enter, PRIORITY);
        filters.register(this::countBody, BEFORE_BODIES);
    }

    void register(@Observes Router router) {
        router.route().order(1 - SecurityHandlerPriorities.AUTHENTICATION).handler(this::forget);
    }

    /**
     * Drops what Quarkus keeps in order to find the caller. Nobody asks it to, and the request
     * would hold that while a turn runs.
     */
    private void forget(RoutingContext context) {
        context.remove(QuarkusHttpUser.DEFERRED_IDENTITY_KEY);
        context.remove(QuarkusHttpUser.AUTH_FAILURE_HANDLER);
        context.next();
    }

    private void enter(RoutingContext context) {
        mark(context);
        HttpServerRequest request = context.request();
        RequestHeaders.tidy(request);
        String path = context.normalizedPath();
        if (ReplicaDoor.is(path)) {
            enterAsReplica(context);
            return;
        }
        boolean isPublic = PublicAddress.is(path);
        try {
            sameSite.require(request, isPublic);
        } catch (RefusedException foreign) {
            refusals.send(foreign, request);
            return;
        }
        if (crossOrigin.isPreflight(request) && !PublicAddress.isOfProcess(path)) {
            crossOrigin.answer(request);
        } else if (Incoming.length(request) > bodies.of(path)) {
            incoming.discard(
                    context, () -> refusals.send(BodyLimit.tooLarge(bodies.of(path)), request));
        } else if (!isPublic) {
            identify(context);
        } else if (READING.contains(request.method()) || !PublicAddress.isReadOnly(path)) {
            context.next();
        } else {
            refuseToWrite(request);
        }
    }

    private void enterAsReplica(RoutingContext context) {
        if (replicas.admits(context)) {
            Caller.set(context, Owner.ANONYMOUS);
            context.next();
        } else {
            refusals.send(ProblemMapper.NOTHING_THERE, context.request());
        }
    }

    /** Gives the request its id, and the response its headers for browsers. */
    void mark(RoutingContext context) {
        HttpServerRequest request = context.request();
        String path = context.normalizedPath();
        String id = RequestId.chosenFor(request);
        request.response()
                .putHeader(RequestId.HEADER, id)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Content-Security-Policy", contentSecurity.of(path));
        if (!PublicAddress.isOfProcess(path)) {
            crossOrigin.mark(request);
        }
        MDC.put("requestId", id); // of this request's own context
    }

    /** RFC 9110, 9.3.7 and 15.5.6. */
    private void refuseToWrite(HttpServerRequest request) {
        request.response().putHeader("Allow", "GET, HEAD, OPTIONS");
        if (request.method().equals(HttpMethod.OPTIONS)) {
            Future<Void> _ = request.response().setStatusCode(NO_CONTENT).end();
        } else {
            refusals.send(ProblemMapper.NOT_TAKEN, request);
        }
    }

    private void identify(RoutingContext context) {
        List<String> authorization = context.request().headers().getAll(HttpHeaders.AUTHORIZATION);
        Optional<Owner> caller;
        try {
            caller = callers.identify(authorization);
        } catch (RefusedException refused) {
            refusals.send(refused, context.request());
            return;
        }
        if (caller.isPresent()) {
            admit(context, caller.get());
            return;
        }
        Context thread = vertx.getOrCreateContext();
        callers.subject(authorization)
                .subscribe()
                .with(
                        subject -> on(thread, () -> admit(context, subject)),
                        failed ->
                                on(
                                        thread,
                                        () -> refusals.send(problem(failed), context.request())));
    }

    /** A token's issuer may answer on any thread. */
    private static void on(Context thread, Runnable action) {
        if (thread.equals(Vertx.currentContext())) {
            action.run();
        } else {
            thread.runOnContext(_ -> action.run());
        }
    }

    private static Problem problem(Throwable failed) {
        if (failed instanceof RefusedException refused) {
            return Problem.of(refused);
        }
        LOG.error("A caller can't be identified for a reason of our own", Fault.of(failed));
        return Problem.of(ErrorCode.INTERNAL, "The service failed.");
    }

    private void admit(RoutingContext context, Owner caller) {
        try {
            rateLimit.count(caller);
        } catch (RefusedException refused) {
            refusals.send(refused, context.request());
            return;
        }
        Caller.set(context, caller);
        context.next();
    }

    private void countBody(RoutingContext context) {
        if (!PublicAddress.is(context.normalizedPath())) {
            try {
                incoming.admit(context, Caller.of(context));
            } catch (RefusedException refused) {
                refuseAndClose(context.request(), refused);
                return;
            }
        }
        context.next();
    }

    /**
     * Closes the connection after the answer, because the client may go on sending its body for
     * long. In HTTP/2 the body is thrown away as it comes.
     */
    private void refuseAndClose(HttpServerRequest request, RefusedException refused) {
        boolean closes = request.version() != HttpVersion.HTTP_2;
        if (closes) {
            request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        refusals.send(refused, request);
        if (closes) {
            Future<Void> _ = request.connection().close(); // after the answer
        }
    }
}

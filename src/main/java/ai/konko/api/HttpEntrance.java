package ai.konko.api;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Fault;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import ai.konko.conversation.TurnEngine;
import ai.konko.security.Callers;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/**
 * What every request passes first. It gets its id, and its response what browsers must know; what
 * {@linkplain SameSite another site's page} sends, and a body that says it is too long, is refused;
 * and but for what is public, it is let in only if its caller is known and has not used up what it
 * may.
 */
@ApplicationScoped
class HttpEntrance {
    private static final Logger LOG = Logger.getLogger(HttpEntrance.class);

    /**
     * How much of a refused body is read and thrown away, so that its sender gets to see the
     * answer.
     */
    private static final long DISCARDED_BYTES = 64L << 20;

    private static final long DISCARDING_MILLIS = TimeUnit.SECONDS.toMillis(10);
    private static final int BEFORE_ALL_ELSE = 1000;
    private static final int BAD_REQUEST = 400;
    private static final int NO_CONTENT = 204;

    /**
     * What needs no credentials: the page, which asks for them itself, the documentation, and what
     * is said of the process' health and load, which has no name, id or text in it. {@code /q} is
     * not for other networks.
     */
    private static final Pattern PUBLIC =
            Pattern.compile(
                    "/|/index\\.html|/(?:docs|openapi(?:\\.(?:json|ya?ml))?|page|q|_static)(?:/.*)?");

    /** For answers that are data: a browser that is led to show one loads and runs nothing. */
    private static final String NO_PAGE = "default-src 'none'; frame-ancestors 'none'";

    /** What adds a turn. At the limit of turns it is refused at once, for next to nothing. */
    private static final Pattern TURNS =
            Pattern.compile(
                    "/chats/[^/]+/messages(?:/[^/]+/retry)?|/v1/(?:responses|chat/completions)");

    /**
     * What of the public can only be read; Quarkus answers other methods there as if it were so.
     */
    private static final Pattern READ =
            Pattern.compile(
                    "/|/index\\.html|/(?:docs|openapi(?:\\.(?:json|ya?ml))?|page|_static|q/health|q/metrics)(?:/.*)?");

    private static final Set<HttpMethod> READING = Set.of(HttpMethod.GET, HttpMethod.HEAD);

    private static final Pattern PAGE = Pattern.compile("/|/index\\.html|/(?:page|_static)/.*");

    /** Swagger UI's start page carries its script and style inline. */
    private static final String DOCUMENTATION =
            "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
                    + " img-src 'self' data:; frame-ancestors 'none'";

    /** Quarkus' own pages, of which production has none. */
    private static final String DEVELOPMENT = "frame-ancestors 'self'";

    private final Callers callers;
    private final TurnEngine turns;
    private final RateLimit rateLimit;
    private final Refusals refusals;
    private final SameSite sameSite;
    private final HttpLimits limits;
    private final Incoming incoming;
    private final ObjectMapper json;
    private final Vertx vertx;
    private final String page = PagePolicy.read();

    HttpEntrance(
            Callers callers,
            TurnEngine turns,
            RateLimit rateLimit,
            Refusals refusals,
            SameSite sameSite,
            HttpLimits limits,
            Incoming incoming,
            ObjectMapper json,
            Vertx vertx) {
        this.callers = callers;
        this.turns = turns;
        this.rateLimit = rateLimit;
        this.refusals = refusals;
        this.sameSite = sameSite;
        this.vertx = vertx;
        this.limits = limits;
        this.incoming = incoming;
        this.json = json;
    }

    void register(@Observes Filters filters) {
        filters.register(this::enter, BEFORE_ALL_ELSE);
    }

    void register(@Observes Router router) {
        router.route().order(Integer.MIN_VALUE).failureHandler(this::unusable);
        router.route().order(1 - SecurityHandlerPriorities.AUTHENTICATION).handler(this::forget);
        // The first to ask has the document read, see OpenApiOnDemand: not for an event loop.
        router.route("/openapi.*").order(0).blockingHandler(RoutingContext::next, false);
        router.route().order(Integer.MAX_VALUE).handler(this::notFound);
    }

    /**
     * Nobody asks Quarkus who the caller is, and what it would need to find that out is not kept
     * while a turn runs.
     */
    private void forget(RoutingContext context) {
        context.remove(QuarkusHttpUser.DEFERRED_IDENTITY_KEY);
        context.remove(QuarkusHttpUser.AUTH_FAILURE_HANDLER);
        context.next();
    }

    /**
     * What the router refuses before anybody has seen it: a request without {@code Host}, or for
     * {@code *}, which is the service as a whole and no address.
     */
    private void unusable(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (request.response().closed()) {
            return; // its client has left, which is no fault
        }
        if (RequestId.of(request) != null) {
            context.next();
        } else {
            mark(context);
            refuse(
                    request,
                    context.statusCode() == BAD_REQUEST
                            ? Problem.of(ErrorCode.BAD_HEADER, "A request needs one valid Host.")
                            : ProblemMapper.NOTHING_THERE);
        }
    }

    /** What no resource and no page answers. */
    private void notFound(RoutingContext context) {
        refuse(context.request(), ProblemMapper.NOTHING_THERE);
    }

    private void enter(RoutingContext context) {
        mark(context);
        HttpServerRequest request = context.request();
        RequestHeaders.tidy(request);
        boolean isPublic = PUBLIC.matcher(context.normalizedPath()).matches();
        try {
            sameSite.require(request, isPublic);
        } catch (RefusedException foreign) {
            refuse(request, Problem.of(foreign));
            return;
        }
        if (Incoming.length(request) > limits.bodySize().asLongValue()) {
            discard(request);
        } else if (isPublic
                && !READING.contains(request.method())
                && READ.matcher(context.normalizedPath()).matches()) {
            readOnly(request);
        } else if (isPublic) {
            context.next();
        } else {
            identify(context);
        }
    }

    /** RFC 9110, 9.3.7 and 15.5.6. */
    private void readOnly(HttpServerRequest request) {
        request.response().putHeader("Allow", "GET, HEAD, OPTIONS");
        if (request.method().equals(HttpMethod.OPTIONS)) {
            Future<Void> _ = request.response().setStatusCode(NO_CONTENT).end();
        } else {
            refuse(request, ProblemMapper.NOT_TAKEN);
        }
    }

    /** Gives the request its id, and its response what browsers must know. */
    private void mark(RoutingContext context) {
        HttpServerRequest request = context.request();
        String id = RequestId.chosenFor(request);
        request.response()
                .putHeader(RequestId.HEADER, id)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Content-Security-Policy", contentSecurity(context.normalizedPath()));
        MDC.put("requestId", id); // of this request's own context
    }

    private String contentSecurity(String path) {
        if (path.startsWith("/q/")) {
            return DEVELOPMENT;
        }
        if (PAGE.matcher(path).matches()) {
            return page;
        }
        return path.equals("/docs") || path.startsWith("/docs/") ? DOCUMENTATION : NO_PAGE;
    }

    private void identify(RoutingContext context) {
        List<String> authorization = context.request().headers().getAll(HttpHeaders.AUTHORIZATION);
        Optional<Owner> caller;
        try {
            caller = callers.identify(authorization);
        } catch (RefusedException refused) {
            refuse(context.request(), Problem.of(refused));
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
                        failed -> on(thread, () -> refuse(context.request(), problem(failed))));
    }

    private void admit(RoutingContext context, Owner caller) {
        try {
            rateLimit.count(caller);
            requireRoom(context, caller);
        } catch (RefusedException refused) {
            refuse(context.request(), Problem.of(refused));
            return;
        }
        try {
            incoming.admit(context, caller);
        } catch (RefusedException refused) {
            refuseAndClose(context.request(), Problem.of(refused));
            return;
        }
        Caller.set(context, caller);
        context.next();
    }

    /** The body would come on for as long as it likes. In HTTP/2 it is thrown away as it comes. */
    private void refuseAndClose(HttpServerRequest request, Problem problem) {
        boolean closes = request.version() != HttpVersion.HTTP_2;
        if (closes) {
            request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        refuse(request, problem);
        if (closes) {
            Future<Void> _ = request.connection().close(); // after the answer
        }
    }

    private void requireRoom(RoutingContext context, Owner caller) {
        if (context.request().method().equals(HttpMethod.POST)
                && TURNS.matcher(context.normalizedPath()).matches()) {
            turns.requireRoom(caller);
        }
    }

    /** A token's issuer answers on whatever thread it likes. */
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

    /**
     * Most clients read the answer only after they have sent the body; one that waits for a
     * go-ahead needs none.
     */
    private void discard(HttpServerRequest request) {
        Problem tooLarge = Problem.of(JsonBodyReader.tooLarge(limits));
        if (request.headers().contains(HttpHeaders.EXPECT)
                || Incoming.length(request) > DISCARDED_BYTES) {
            refuse(request, tooLarge);
            return;
        }
        long timer = vertx.setTimer(DISCARDING_MILLIS, _ -> request.response().reset());
        request.handler(_ -> {});
        request.exceptionHandler(_ -> vertx.cancelTimer(timer));
        request.endHandler(
                _ -> {
                    vertx.cancelTimer(timer);
                    refuse(request, tooLarge);
                });
        request.resume();
    }

    /** Answers with a problem in place of whatever else there would be. */
    void refuse(HttpServerRequest request, Problem problem) {
        try {
            refusals.count(problem);
            problem.headers(request, request.response()::putHeader);
            ProblemForm form =
                    ProblemForm.of(problem.withRequestId(RequestId.of(request)), request.path());
            request.response()
                    .setStatusCode(form.status())
                    .putHeader(HttpHeaders.CONTENT_TYPE, form.mediaType())
                    .end(json.writeValueAsString(form.body()));
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("a problem can't be written", unwritable);
        }
        if (!request.isEnded()) {
            request.resume(); // what is left of the body is thrown away
        }
    }
}

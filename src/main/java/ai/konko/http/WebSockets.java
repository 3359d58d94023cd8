package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.virtual.threads.VirtualThreads;
import io.vertx.core.Context;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Opens WebSockets for requests that ask for one (RFC 6455), which {@link HttpEntrance} has let in
 * as any other. Bounds how many each owner has open, and for how long. Each message is counted as a
 * request is.
 */
@ApplicationScoped
public class WebSockets {
    /** Before turns are waited for, because their events still go out. */
    private static final int FIRST = 1000;

    private static final Problem NO_HANDSHAKE =
            Problem.of(
                    ErrorCode.METHOD_NOT_ALLOWED,
                    "GET opens a WebSocket here, if it comes with the handshake of one over HTTP/1.1 (Upgrade: websocket).");

    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Pattern UPGRADES = Pattern.compile("(?i)(?:^|[,\\s])upgrade(?:$|[,\\s])");
    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9+/]{22}==");

    private final HttpLimits limits;
    private final BodyLimit bodies;
    private final StreamConfig streams;
    private final RateLimit rateLimit;
    private final Refusals refusals;
    private final Incoming incoming;
    private final ObjectMapper json;
    private final ExecutorService threads;
    private final Set<WebSocketConnection> open = ConcurrentHashMap.newKeySet();
    private final Map<Owner, Integer> byOwner = new ConcurrentHashMap<>();
    private volatile boolean stopping;

    WebSockets(
            HttpLimits limits,
            BodyLimit bodies,
            StreamConfig streams,
            RateLimit rateLimit,
            Refusals refusals,
            Incoming incoming,
            ObjectMapper json,
            @VirtualThreads ExecutorService threads) {
        this.limits = limits;
        this.bodies = bodies;
        this.streams = streams;
        this.rateLimit = rateLimit;
        this.refusals = refusals;
        this.incoming = incoming;
        this.json = json;
        this.threads = threads;
    }

    /**
     * Opens a WebSocket. A request that does not ask for one is told how to.
     *
     * @param others the methods that the address takes beside
     * @param answers answer the messages of this one
     */
    public void open(RoutingContext routing, String others, Supplier<Answers> answers) {
        HttpServerRequest request = routing.request();
        if (!asksForOne(request)) {
            request.response().putHeader(HttpHeaders.ALLOW, others);
            refusals.send(NO_HANDSHAKE, request);
            return;
        }
        Owner owner = Caller.of(routing);
        try {
            requireHandshake(request);
            take(owner);
        } catch (RefusedException refused) {
            refusals.send(refused, request);
            return;
        }
        Context context = routing.vertx().getOrCreateContext();
        request.toWebSocket()
                .onSuccess(socket -> begin(context, routing, socket, answers.get()))
                .onFailure(_ -> giveBack(owner)); // Vert.x has answered, or the client is gone
    }

    private static boolean asksForOne(HttpServerRequest request) {
        return request.version() == HttpVersion.HTTP_1_1
                && "websocket".equalsIgnoreCase(request.getHeader(HttpHeaders.UPGRADE));
    }

    private static void requireHandshake(HttpServerRequest request) {
        List<String> keys = request.headers().getAll("Sec-WebSocket-Key");
        String connection = String.join(",", request.headers().getAll(HttpHeaders.CONNECTION));
        if (!UPGRADES.matcher(connection).find()
                || keys.size() != 1
                || !KEY.matcher(keys.getFirst()).matches()
                || !"13".equals(request.getHeader("Sec-WebSocket-Version"))) {
            throw RefusedException.of(
                    ErrorCode.BAD_HEADER, "This is no handshake of a WebSocket of version 13.");
        }
    }

    private void take(Owner owner) {
        if (stopping) {
            throw RefusedException.forNow(
                    ErrorCode.OVERLOADED, "The service is shutting down.", RETRY);
        }
        if (byOwner.merge(owner, 1, Integer::sum) > limits.webSockets()) {
            giveBack(owner);
            throw RefusedException.forNow(
                    ErrorCode.OVERLOADED,
                    "The caller has as many WebSockets open as it may.",
                    RETRY);
        }
    }

    private void giveBack(Owner owner) {
        byOwner.computeIfPresent(owner, (_, count) -> count == 1 ? null : count - 1);
    }

    private void begin(
            Context context, RoutingContext routing, ServerWebSocket socket, Answers answers) {
        WebSocketConnection connection =
                new WebSocketConnection(this, context, routing, socket, answers);
        open.add(connection);
        connection.start();
        if (stopping) {
            connection.goAway();
        }
    }

    void stop(@Observes @Priority(FIRST) ShutdownDelayInitiatedEvent event) {
        stopping = true;
        open.forEach(WebSocketConnection::goAway);
    }

    void closed(WebSocketConnection connection, RoutingContext routing) {
        open.remove(connection);
        giveBack(Caller.of(routing));
        UpgradedRequest.isOver(routing.request());
    }

    /** How long a message may be, in bytes. */
    int longest(RoutingContext routing) {
        return bodies.of(routing.normalizedPath());
    }

    HttpLimits limits() {
        return limits;
    }

    Duration heartbeat() {
        return streams.heartbeat();
    }

    Incoming incoming() {
        return incoming;
    }

    /**
     * @throws RefusedException {@link ErrorCode#RATE_LIMITED}
     */
    void count(Owner owner) {
        rateLimit.count(owner);
    }

    /** Runs what may take long. */
    void execute(Runnable task) {
        threads.execute(task);
    }

    /**
     * @return what a client is told of a failure, which is counted
     */
    String told(Throwable failed, HttpServerRequest request) {
        Problem problem =
                failed instanceof RefusedException refused
                        ? Problem.of(refused)
                        : ProblemMapper.internal(failed, request);
        refusals.count(problem);
        return written(ErrorEvent.of(problem));
    }

    String written(ErrorEvent event) {
        try {
            return json.writeValueAsString(event);
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("an event can't be written", unwritable);
        }
    }
}

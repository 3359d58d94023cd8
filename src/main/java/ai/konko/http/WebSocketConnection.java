package ai.konko.http;

import ai.konko.chat.Owner;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One client's WebSocket: its messages are answered one after the other, each with events. What
 * waits is bounded in bytes; events are made when the connection has room for them. All but {@link
 * #answer} and {@link #wake} happens on the event loop of {@code context}.
 */
final class WebSocketConnection {
    private static final short NORMAL = 1000;
    private static final short GOING_AWAY = 1001;
    private static final short AGAINST_POLICY = 1008;
    private static final short TOO_BIG = 1009;

    /** What is given out at once, roughly, in UTF-16 units. */
    private static final int BATCH = Outgoing.LONG;

    private final WebSockets service;
    private final Context context;
    private final RoutingContext routing;
    private final Owner owner;
    private final ServerWebSocket socket;
    private final Answers answers;
    private final int longest;
    private final Inbox inbox;
    private final WebSocketPulse pulse;
    private final EventFrames frames = new EventFrames(this::write);
    private final AtomicBoolean woken = new AtomicBoolean();

    /** Whether a message is being answered. */
    private boolean answering;

    private @Nullable ServerSentEvents events;

    /** What ends the connection once the message under way is answered. */
    private @Nullable Runnable retirement;

    private boolean closed;

    WebSocketConnection(
            WebSockets service,
            Context context,
            RoutingContext routing,
            ServerWebSocket socket,
            Answers answers) {
        this.service = service;
        this.context = context;
        this.routing = routing;
        this.owner = Caller.of(routing);
        this.socket = socket;
        this.answers = answers;
        this.longest = service.longest(routing);
        this.inbox =
                new Inbox(
                        longest,
                        service.incoming(),
                        owner,
                        this::next,
                        () -> close(AGAINST_POLICY));
        this.pulse =
                new WebSocketPulse(
                        context, routing.request(), socket, service.heartbeat(), service.limits());
    }

    void start() {
        socket.closeHandler(_ -> leave());
        socket.exceptionHandler(_ -> {}); // the close handler comes too
        socket.drainHandler(_ -> send());
        socket.pongHandler(_ -> pulse.heard());
        socket.frameHandler(
                frame -> {
                    pulse.heard();
                    inbox.read(frame);
                });
        new FrameMeter(routing.request(), longest, service.incoming(), owner, pulse, this::tooLong)
                .start();
        pulse.start(this::expire);
    }

    /** Goes on with the next message, unless one is being answered. */
    private void next() {
        if (answering || closed) {
            return;
        }
        if (retirement != null) {
            retirement.run();
            return;
        }
        Inbox.Received message = inbox.poll();
        if (message == null) {
            return;
        }
        answering = true;
        if (message.refused() == null) {
            service.execute(() -> answer(message));
        } else {
            refuse(message.refused());
        }
    }

    private void answer(Inbox.Received message) {
        try {
            service.count(owner);
            ServerSentEvents made = answers.to(JsonTree.of(message.text().getBytes()));
            context.runOnContext(_ -> follow(made));
        } catch (Throwable failed) { // as for a request
            context.runOnContext(_ -> refuse(failed));
        } finally {
            message.over();
        }
    }

    private void refuse(Throwable failed) {
        fail(failed);
        context.runOnContext(_ -> answered());
    }

    private void answered() {
        answering = false;
        next();
    }

    private void fail(Throwable failed) {
        if (!closed) {
            writeText(service.told(failed, routing.request()));
        }
    }

    private void writeText(String text) {
        write(WebSocketFrame.textFrame(text, true));
    }

    private void write(WebSocketFrame frame) {
        pulse.wrote(frame.binaryData().length());
        Future<Void> _ = socket.writeFrame(frame); // one that fails comes with the close handler
    }

    private void follow(ServerSentEvents made) {
        if (closed) {
            made.abandoned();
            return;
        }
        events = made;
        try {
            StringBuilder first = new StringBuilder();
            made.open(BATCH, this::wake, first);
            frames.write(first);
            send();
        } catch (RuntimeException | Error failed) {
            Unsent.drop(routing.request());
            throw failed;
        }
    }

    /** Sends later, so that all that came in with one read goes out together. */
    private void wake() {
        if (woken.compareAndSet(false, true)) {
            context.runOnContext(
                    _ -> {
                        woken.set(false);
                        send();
                    });
        }
    }

    /** Sends what there is, as far as the connection has room. */
    private void send() {
        boolean more = true;
        while (more && events != null && !socket.writeQueueFull()) {
            StringBuilder batch = new StringBuilder();
            more = events.next(batch);
            if (events.left()) {
                stop();
                close(GOING_AWAY); // the client may read the response elsewhere
                return;
            }
            frames.write(batch);
            if (events.over()) {
                stop();
                answered();
                return;
            }
        }
    }

    private void stop() {
        if (events != null) {
            events.close();
            events = null;
        }
    }

    /** Closes the connection because it is too old. */
    private void expire() {
        retire(
                () -> {
                    writeText(service.written(ErrorEvent.tooOld()));
                    close(NORMAL);
                });
    }

    /** Closes the connection because the service stops. */
    void goAway() {
        retire(() -> close(GOING_AWAY));
    }

    /** Messages that wait are not answered any more; one that is being answered is. */
    private void retire(Runnable end) {
        context.runOnContext(
                _ -> {
                    if (retirement == null) {
                        retirement = end;
                        inbox.close();
                        next();
                    }
                });
    }

    /** A frame is longer than a message may be, and nothing is read any more. */
    private void tooLong() {
        if (!frames.insideMessage()) {
            fail(BodyLimit.tooLarge(longest));
        }
        close(TOO_BIG);
    }

    private void close(short code) {
        leave();
        Future<Void> _ = socket.close(code);
    }

    /** The connection is over. */
    private void leave() {
        if (closed) {
            return;
        }
        closed = true;
        pulse.stop();
        inbox.close();
        ServerSentEvents unsent = events;
        stop();
        if (unsent != null) {
            unsent.abandoned();
        }
        answers.closed();
        service.closed(this, routing);
    }
}

package ai.konko.assistant;

import ai.konko.chat.Owner;
import io.netty.channel.SingleThreadEventLoop;
import io.vertx.core.Future;
import io.vertx.core.http.impl.HttpClientConnection;
import io.vertx.core.impl.ContextInternal;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop to the provider. A connection belongs to the one call that has
 * taken it, until the call gives it back or closes it: closing it stops nobody else.
 *
 * <p>The pool of Vert.x lends a connection to the next call by itself once an answer has ended, so
 * that closing it later may hit a stranger, and looks for a free one among all; hence this one.
 * Everything here happens on the event loop of {@code loop}, so nothing is locked.
 */
final class Connections {
    /**
     * How long a connection is kept for the next call, in seconds. Servers close theirs after 5 or
     * more, and a call that is sent into that moment is lost, because nothing is sent twice.
     */
    static final int KEPT_SECONDS = 2;

    private static final long SWEEP_MILLIS = 1000;

    /** Vert.x' name for what reads HTTP. */
    private static final String CODEC = "codec";

    private final ContextInternal loop;
    private final Connector connector;
    private final int most;

    private final Set<HttpClientConnection> open = new HashSet<>();
    private final SequencedSet<HttpClientConnection> idle = new LinkedHashSet<>();
    private final WaitingLine<Taker> waiting = new WaitingLine<>(Taker::waits);
    private final ReadTurns turns;
    private int opening;
    private boolean sweeping;

    /** Told to other threads by {@link #full}. */
    private volatile boolean full;

    /** A call that needs a connection. */
    interface Taker {
        /** The owner for whom the call is made. */
        Owner owner();

        /** Whether it still needs one. */
        boolean waits();

        /** From now on the connection belongs to the caller. */
        void take(HttpClientConnection connection);

        /** No connection could be opened. */
        void unreachable();
    }

    /**
     * @param most how many may be open; a call that needs one more waits, see {@link WaitingLine}
     */
    Connections(ContextInternal loop, Connector connector, int most) {
        this.loop = loop;
        this.turns = new ReadTurns((SingleThreadEventLoop) loop.nettyEventLoop());
        this.connector = connector;
        this.most = most;
    }

    /** Whether one more call would have to wait, as far as another thread can tell. */
    boolean full() {
        return full;
    }

    void take(Taker taker) {
        HttpClientConnection kept = kept();
        if (kept != null) {
            reader(kept).isFor(taker.owner());
            taker.take(kept);
        } else if (open.size() + opening < most) {
            open(taker);
        } else {
            waiting.add(taker.owner(), taker);
        }
        note();
    }

    /** What reads on a connection. */
    static ReadTurns.Reader reader(HttpClientConnection connection) {
        return connection.channel().pipeline().get(ReadTurns.Reader.class);
    }

    private void note() {
        full = idle.isEmpty() && open.size() + opening >= most;
    }

    /** The connection that was used last, so that surplus ones time out. */
    private @Nullable HttpClientConnection kept() {
        while (!idle.isEmpty()) {
            HttpClientConnection youngest = idle.removeLast();
            if (youngest.isValid()) {
                return youngest;
            }
            Future<Void> _ = youngest.close();
        }
        return null;
    }

    private void open(Taker taker) {
        opening++;
        loop.emit(
                _ -> { // in no call's context, because it will serve many
                    Future<HttpClientConnection> _ =
                            connector
                                    .connect(loop)
                                    .onSuccess(connection -> opened(connection, taker))
                                    .onFailure(_ -> failed(taker));
                });
    }

    private void opened(HttpClientConnection connection, Taker taker) {
        opening--;
        open.add(connection);
        connection.channel().pipeline().addFirst(turns.new Reader(taker.owner()));
        connection.channel().pipeline().addAfter(CODEC, null, new InterimAnswers());
        // It comes without a context, in which others could be opened.
        connection.evictionHandler(_ -> loop.emit(_ -> gone(connection)));
        if (taker.waits()) {
            taker.take(connection);
        } else {
            giveBack(connection);
        }
    }

    private void failed(Taker taker) {
        opening--;
        note();
        taker.unreachable();
        serveNext();
    }

    /** Keeps a connection whose request is answered, unless it was closed meanwhile. */
    void giveBack(HttpClientConnection connection) {
        if (open.contains(connection)) {
            idle.add(connection);
            note();
            serveNext();
            sweepLater();
        }
    }

    private void gone(HttpClientConnection connection) {
        open.remove(connection);
        idle.remove(connection);
        note();
        serveNext();
    }

    private void serveNext() {
        Taker next = waiting.poll();
        if (next != null) {
            take(next);
        }
    }

    private void sweepLater() {
        if (!sweeping) {
            sweeping = true;
            loop.setTimer(SWEEP_MILLIS, _ -> sweep());
        }
    }

    private void sweep() {
        sweeping = false;
        for (HttpClientConnection each : List.copyOf(idle)) {
            if (!each.isValid()) {
                Future<Void> _ = each.close();
            }
        }
        if (!idle.isEmpty()) {
            sweepLater();
        }
    }
}

package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Fault;
import ai.konko.http.RequestHead.Flaw;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.ssl.AbstractSniHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads a connection before Netty and Vert.x do, and lets through requests that follow {@link
 * RequestFraming}'s rules and come in their time. Any other is answered here with a problem, once
 * those before it are answered, and the connection is closed. Netty and Vert.x would repair it,
 * answer without a problem, or wait for ever. One for each connection, on its event loop.
 *
 * <p>HTTP/2 leaves no such freedom in its framing. There {@link StreamGate} checks heads, and how
 * long bodies take.
 */
final class RequestGate extends ChannelDuplexHandler {
    private static final Logger LOG = Logger.getLogger(RequestGate.class);
    private static final String NAME = "konko.gate";
    private static final long LINGER_SECONDS = 5;

    /** How the connection is read. */
    private enum Mode {
        /** The version of HTTP is not known yet. */
        NEW,
        HTTP_1,
        HTTP_2,
        /** Another protocol, on which both sides have agreed. */
        OTHER,
        /** Not any more. */
        REFUSED
    }

    private final GateRules rules;
    private final RequestFraming framing;
    private final GateClock clock;
    private final Backlog backlog = new Backlog(this::channelRead);
    private Mode mode = Mode.NEW;
    private @Nullable ByteBuf held;
    private @Nullable StreamGate streams;
    private @Nullable Problem refusal;
    private boolean served;
    private boolean answering;

    /** Whether the head of the last request has not been passed on yet. */
    private boolean unseen;

    /**
     * The refusal is sent when no more requests than these are unanswered: 1 if the refused one is
     * among them, because its head was passed on, else 0.
     */
    private int beforeRefusal;

    RequestGate(GateRules rules) {
        this.rules = rules;
        this.framing = new RequestFraming(rules.longestLine(), rules.longestHead());
        this.clock = new GateClock(this, rules);
    }

    /** Puts a gate before all other handlers of a new connection. */
    static void guard(ChannelPipeline connection, GateRules rules) {
        connection.addFirst(NAME, new RequestGate(rules));
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        clock.watch(context);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        clock.stop();
        ReferenceCountUtil.release(held);
        held = null;
        backlog.release();
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        boolean behind = standsBehind(context);
        context.fireChannelActive();
        if (behind) {
            context.pipeline().remove(this);
        }
    }

    /**
     * The gate must come after the handlers of TLS and of the PROXY protocol, which read a
     * connection before there is HTTP on it. The handler of TLS may be added after that of the
     * PROXY protocol.
     *
     * @return whether another gate stands there now, in place of this one
     */
    private boolean standsBehind(ChannelHandlerContext context) {
        ChannelPipeline pipeline = context.pipeline();
        List<String> names = pipeline.names();
        for (String name : names.subList(names.indexOf(context.name()) + 1, names.size())) {
            ChannelHandler handler = pipeline.get(name);
            if (handler instanceof SslHandler
                    || handler instanceof AbstractSniHandler
                    || handler instanceof HAProxyMessageDecoder) {
                pipeline.addAfter(name, NAME + "." + name, new RequestGate(rules));
                return true;
            }
        }
        return false;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        try {
            if (message instanceof ByteBuf bytes) {
                take(context, bytes);
                return;
            }
            context.fireChannelRead(message);
            if (standsBehind(context)) {
                context.pipeline().remove(this);
            }
        } catch (RuntimeException failed) {
            mode = Mode.REFUSED;
            fail(context, failed);
        }
    }

    /** Logs a fault of a gate, because Vert.x would not, and closes the connection. */
    static void fail(ChannelHandlerContext context, RuntimeException failed) {
        LOG.error("The gate of a connection failed", Fault.of(failed));
        ChannelFuture _ = context.close();
    }

    private void take(ChannelHandlerContext context, ByteBuf bytes) {
        if (mode == Mode.REFUSED || refusal != null) {
            bytes.release();
        } else if (backlog.isFull()) {
            backlog.add(bytes);
        } else if (mode == Mode.NEW) {
            begin(context, bytes);
        } else if (mode == Mode.HTTP_1) {
            read(context, bytes);
        } else {
            context.fireChannelRead(bytes);
        }
    }

    @Override
    public void read(ChannelHandlerContext context) {
        backlog.read(context);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        context.fireChannelWritabilityChanged();
        backlog.goOnSoon(context);
    }

    /** Nobody knows how to read a connection until HTTP/2's preface is whole, or broken. */
    private void begin(ChannelHandlerContext context, ByteBuf more) {
        ByteBuf bytes = withHeld(more);
        int same = StreamGate.preface(bytes);
        if (same < 0) {
            mode = Mode.HTTP_1;
            read(context, bytes);
        } else if (same < StreamGate.PREFACE_LENGTH) {
            held = bytes;
        } else {
            mode = Mode.HTTP_2;
            context.fireChannelRead(bytes.readRetainedSlice(same));
            toStreams(context);
            context.fireChannelRead(bytes);
        }
    }

    private ByteBuf withHeld(ByteBuf more) {
        ByteBuf before = held;
        if (before == null) {
            return more;
        }
        held = null;
        before.writeBytes(more);
        more.release();
        return before;
    }

    private void toStreams(ChannelHandlerContext context) {
        Http2ConnectionHandler handler = context.pipeline().get(Http2ConnectionHandler.class);
        if (handler != null) {
            streams = StreamGate.on(handler, rules);
        }
        clock.restart();
    }

    private void read(ChannelHandlerContext context, ByteBuf more) {
        int at = more.readerIndex();
        ByteBuf bytes = more;
        if (held != null) {
            at = held.readableBytes();
            bytes = withHeld(more);
            at += bytes.readerIndex();
        }
        pass(context, bytes, at);
    }

    /**
     * @param from the index of the first new byte; before it there is only part of a first line
     */
    private void pass(ChannelHandlerContext context, ByteBuf given, int from) {
        ByteBuf bytes = given.readerIndex() == 0 ? given : given.slice();
        int at = from - given.readerIndex();
        int good = 0;
        unseen = false;
        try {
            while (at < bytes.writerIndex()) {
                if (framing.isBetween() && backlog.hasNoRoom(context)) {
                    forward(context, bytes.readRetainedSlice(at));
                    backlog.stop(context, bytes);
                    return;
                }
                boolean inFirstLine =
                        !framing.insideBody() && (framing.isBetween() || framing.insideFirstLine());
                at = follow(bytes, at, inFirstLine);
                if (inFirstLine
                        && framing.insideHeaders()
                        && !RequestTarget.isMethod(framing.head().method())) {
                    ByteBuf known = withKnownMethod(context, bytes, at);
                    at += known.readableBytes() - bytes.readableBytes();
                    bytes.release();
                    bytes = known;
                }
                good = framing.isBetween() ? at : good;
            }
        } catch (Flaw flaw) {
            refuse(context, bytes.writerIndex(good), flaw.problem());
            return;
        }
        hold(context, bytes, good);
    }

    /**
     * @param from the index to begin at
     * @return the index after what was read
     */
    private int follow(ByteBuf bytes, int from, boolean inFirstLine) throws Flaw {
        boolean inHead = !framing.insideBody();
        boolean begun = framing.begun();
        int at = framing.follow(bytes, from);
        if (!begun && framing.begun()) {
            clock.restart();
        }
        if (!inHead) {
            clock.bodyCame(at - from);
        } else if (!inFirstLine && !framing.insideHead()) {
            served = true;
            unseen = true;
            backlog.headCame();
            clock.startBody();
        }
        unseen &= !framing.isBetween();
        return at;
    }

    /** Keeps part of a first line back until the line is whole. */
    private void hold(ChannelHandlerContext context, ByteBuf bytes, int good) {
        if (framing.insideFirstLine()) {
            ByteBuf rest = context.alloc().buffer(bytes.writerIndex() - good);
            rest.writeBytes(bytes, good, bytes.writerIndex() - good);
            bytes.writerIndex(good);
            held = rest;
        }
        forward(context, bytes);
    }

    private void forward(ChannelHandlerContext context, ByteBuf bytes) {
        if (!bytes.isReadable()) {
            bytes.release();
            return;
        }
        ChannelPipeline pipeline = context.pipeline();
        while (pipeline.context(HttpResponseEncoder.class) == null && bytes.readableBytes() > 1) {
            context.fireChannelRead(bytes.readRetainedSlice(1)); // so that Vert.x chooses HTTP/1
        }
        var encoder = pipeline.context(HttpResponseEncoder.class);
        if (encoder != null && pipeline.get(NAME + ".answers") == null) {
            pipeline.addAfter(encoder.name(), NAME + ".answers", new GateAnswers(this));
        }
        context.fireChannelRead(bytes);
    }

    /** Replaces a method that nobody knows, because metrics would keep its name. */
    private ByteBuf withKnownMethod(ChannelHandlerContext context, ByteBuf bytes, int lineEnd) {
        RequestHead head = framing.head();
        int start = lineEnd - 2 - head.lineLength();
        int end = start + head.method().length();
        ByteBuf known = context.alloc().buffer(bytes.readableBytes() + 16);
        known.writeBytes(bytes, 0, start);
        known.writeCharSequence(RequestTarget.NO_METHOD, StandardCharsets.US_ASCII);
        if (head.hasNoAddress()) {
            known.writeCharSequence(" /", StandardCharsets.US_ASCII);
            end += 1 + head.target().length();
        }
        return known.writeBytes(bytes, end, bytes.writerIndex() - end);
    }

    /**
     * @param good whole requests before the one that is refused
     */
    private void refuse(ChannelHandlerContext context, ByteBuf good, Problem problem) {
        if (unseen) {
            backlog.answered(); // here, and not by the server
        }
        beforeRefusal = framing.insideBody() && !unseen ? 1 : 0;
        refusal = problem;
        forward(context, good);
        if (backlog.unanswered() <= beforeRefusal) {
            answer(context, problem);
        }
    }

    private void answer(ChannelHandlerContext context, Problem problem) {
        if (mode == Mode.REFUSED) {
            return;
        }
        mode = Mode.REFUSED;
        if (answering) {
            ChannelFuture _ = context.close();
            return;
        }
        ByteBuf answer =
                ByteBufUtil.writeUtf8(context.alloc(), rules.answer(problem, framing.head()));
        ChannelFuture _ =
                context.writeAndFlush(answer)
                        .addListener((ChannelFutureListener) _ -> linger(context));
    }

    /**
     * Lingers if the client is still sending, because it would lose the answer with the connection.
     */
    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        if (mode != Mode.HTTP_1 || !framing.insideBody()) {
            ChannelFuture _ = context.close(promise);
            return;
        }
        mode = Mode.REFUSED;
        context.channel().config().setAutoRead(true);
        ChannelFuture _ = context.channel().closeFuture().addListener(_ -> promise.trySuccess());
        linger(context);
    }

    /** Throws away for a while what the client goes on sending, so that it gets the answer. */
    private static void linger(ChannelHandlerContext context) {
        if (context.channel() instanceof DuplexChannel channel
                && context.pipeline().get(SslHandler.class) == null) {
            ChannelFuture _ = channel.shutdownOutput();
            Future<?> _ =
                    context.executor()
                            .schedule(() -> close(channel), LINGER_SECONDS, TimeUnit.SECONDS);
        } else {
            ChannelFuture _ = context.close();
        }
    }

    private static void close(DuplexChannel channel) {
        ChannelFuture _ = channel.close();
    }

    boolean isWatched(ChannelHandlerContext context) {
        return context.channel().isOpen() && mode != Mode.OTHER && mode != Mode.REFUSED;
    }

    /**
     * Whether nothing needs to come now, because a request is worked on, or the server does not
     * read its body yet.
     */
    boolean isBusy(ChannelHandlerContext context, long now) {
        if (mode == Mode.HTTP_2) {
            var handler = context.pipeline().context(Http2ConnectionHandler.class);
            return streams != null && handler != null && streams.isBusy(handler, now);
        }
        return (framing.insideBody() && !answering)
                ? !context.channel().config().isAutoRead()
                : backlog.unanswered() > 0;
    }

    boolean insideBody() {
        return framing.insideBody();
    }

    /** How long the present state may last, in nanoseconds. */
    long time() {
        boolean idle =
                mode == Mode.HTTP_2
                        ? (streams != null && streams.served())
                        : (served && !framing.begun() && backlog.unanswered() == 0);
        return idle ? rules.idleTime() : rules.requestTime();
    }

    /**
     * Ends a connection on which nothing has come in time.
     *
     * @param unsent whether there are answers that the client has not taken
     */
    void giveUp(ChannelHandlerContext context, boolean unsent) {
        int unanswered = backlog.unanswered();
        if (mode == Mode.HTTP_1
                && (framing.insideHead()
                        ? unanswered == 0
                        : framing.insideBody() && unanswered == 1)) {
            answer(
                    context,
                    Problem.of(ErrorCode.REQUEST_TIMEOUT, "The request took too long to come."));
        } else if (unsent) {
            ChannelFuture _ = context.close(); // Vert.x would first wait until all is sent
        } else {
            ChannelFuture _ = context.channel().close();
        }
    }

    void answerBegins() {
        answering = true;
    }

    void answerEnds(ChannelHandlerContext context) {
        answering = false;
        backlog.answered();
        clock.restart();
        backlog.goOnSoon(context);
        Problem waiting = refusal;
        if (waiting != null && backlog.unanswered() <= beforeRefusal) {
            context.executor().execute(() -> answer(context, waiting));
        }
    }

    /** Both sides have agreed upon something other than HTTP/1. */
    void upgraded(ChannelHandlerContext context) {
        mode = Mode.OTHER;
        context.executor()
                .execute(
                        () -> {
                            toStreams(context);
                            backlog.goOn(context);
                            if (streams != null) {
                                mode = Mode.HTTP_2;
                                clock.watch(context);
                            }
                        });
    }
}

package ai.konko.http;

import ai.konko.http.RequestHead.Flaw;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Fault;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.ssl.AbstractSniHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Stands before Netty's and Vert.x' own reading of a connection, and lets through what follows
 * {@link RequestFraming}'s rules and comes in its time. All else is answered here, once those
 * before it are, with a problem, and the connection closed: those two repair much of it, answer
 * without a problem, and wait for ever. One for each connection, on its event loop.
 *
 * <p>HTTP/2 has no such freedom in its framing. There {@link StreamGate} looks at heads, and at the
 * time that bodies take.
 */
final class RequestGate extends ChannelDuplexHandler {
    private static final Logger LOG = Logger.getLogger(RequestGate.class);
    private static final String NAME = "konko.gate";
    private static final long LINGER_SECONDS = 5;

    /**
     * How many requests of a connection are passed on before the first of them is answered. Vert.x
     * would keep any number, and their answers.
     */
    private static final int MOST_UNANSWERED = 16;

    /** With no more than these, others are passed on again. */
    private static final int FEW_UNANSWERED = 8;

    /** How the connection is read. */
    private enum Mode {
        /** Nothing says yet which version of HTTP it is. */
        NEW,
        HTTP_1,
        HTTP_2,
        /** Something else, which both sides have agreed upon. */
        OTHER,
        /** Not any more. */
        REFUSED
    }

    private final GateRules rules;
    private final RequestFraming framing;
    private Mode mode = Mode.NEW;
    private @Nullable ByteBuf held;
    private @Nullable Future<?> timer;
    private @Nullable StreamGate streams;
    private @Nullable Problem refusal;
    private boolean served;
    private boolean answering;
    private int unanswered;

    /** Whether what comes has to wait, in {@code waiting}, and no more is read. */
    private boolean full;

    private boolean goingOn;

    /** Oldest first. */
    private final Deque<ByteBuf> waiting = new ArrayDeque<>(1);

    /** While {@code full}: whether the server, which knows nothing of that, has paused, too. */
    private boolean paused;

    /**
     * With how many unanswered requests it is the refused one's turn: 1 if it is one of them,
     * because its head was passed on, else 0.
     */
    private int beforeRefusal;

    private long unsent;
    private long since = System.nanoTime();
    private long bodyBytes;

    RequestGate(GateRules rules) {
        this.rules = rules;
        this.framing = new RequestFraming(rules.longestLine(), rules.longestHead());
    }

    /** Puts one before all that a new connection has, or will have. */
    static void guard(ChannelPipeline connection, GateRules rules) {
        connection.addFirst(NAME, new RequestGate(rules));
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        watch(context, rules.requestTime());
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (timer != null) {
            timer.cancel(false);
        }
        ReferenceCountUtil.release(held);
        held = null;
        waiting.forEach(ByteBuf::release);
        waiting.clear();
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
     * What reads a connection before there is HTTP on it, TLS or the PROXY protocol, has to come
     * before the gate. The first may come up after the second.
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
            see(context, message);
        } catch (RuntimeException failed) {
            mode = Mode.REFUSED;
            fail(context, failed);
        }
    }

    /** A fault of a gate: what Vert.x finds wrong with a connection is not logged. */
    static void fail(ChannelHandlerContext context, RuntimeException failed) {
        LOG.error("The gate of a connection failed", Fault.of(failed));
        ChannelFuture _ = context.close();
    }

    private void see(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            context.fireChannelRead(message);
            if (standsBehind(context)) {
                context.pipeline().remove(this);
            }
        } else {
            take(context, bytes);
        }
    }

    private void take(ChannelHandlerContext context, ByteBuf bytes) {
        if (mode == Mode.REFUSED || refusal != null) {
            bytes.release();
        } else if (full) {
            waiting.add(bytes);
        } else if (mode == Mode.NEW) {
            begin(context, bytes);
        } else if (mode == Mode.HTTP_1) {
            read(context, bytes);
        } else {
            context.fireChannelRead(bytes);
        }
    }

    /** Until HTTP/2's preface is whole, or is none, this can't know how to read it. */
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
        since = System.nanoTime();
    }

    /**
     * A sender that is not done would lose the answer with the connection, so what it sends on is
     * let go for a while.
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
     * @param from where what is new begins; before it there is nothing but part of a first line
     */
    private void pass(ChannelHandlerContext context, ByteBuf given, int from) {
        ByteBuf bytes = given.readerIndex() == 0 ? given : given.slice();
        int at = from - given.readerIndex();
        int good = 0;
        boolean unseen = false;
        try {
            while (at < bytes.writerIndex()) {
                if (framing.isBetween() && isFull(context)) {
                    forward(context, bytes.readRetainedSlice(at));
                    stop(context, bytes);
                    return;
                }
                boolean inHead = !framing.insideBody();
                boolean inFirstLine = inHead && (framing.isBetween() || framing.insideFirstLine());
                boolean begun = framing.begun();
                int next = framing.follow(bytes, at);
                since = !begun && framing.begun() ? System.nanoTime() : since;
                bodyBytes += inHead ? 0 : next - at;
                at = next;
                if (inFirstLine && framing.insideHeaders()) {
                    if (!RequestTarget.isMethod(framing.head().method())) {
                        ByteBuf known = withKnownMethod(context, bytes, at);
                        at += known.readableBytes() - bytes.readableBytes();
                        bytes.release();
                        bytes = known;
                    }
                } else if (inHead && !inFirstLine && !framing.insideHead()) {
                    headCame();
                    unseen = true;
                }
                if (framing.isBetween()) {
                    good = at;
                    unseen = false;
                }
            }
        } catch (Flaw flaw) {
            unanswered -= unseen ? 1 : 0;
            refuse(context, bytes.writerIndex(good), flaw.problem(), unseen);
            return;
        }
        hold(context, bytes, good);
    }

    private boolean isFull(ChannelHandlerContext context) {
        return unanswered >= MOST_UNANSWERED || !context.channel().isWritable();
    }

    /** Lets this wait, and all that comes until {@link #goOn}. */
    private void stop(ChannelHandlerContext context, ByteBuf rest) {
        waiting.addFirst(rest);
        paused = !context.channel().config().isAutoRead();
        full = true;
        context.channel().config().setAutoRead(false);
        goOnSoon(context);
    }

    /** The server asks for more after a pause. It is given that when there is room. */
    @Override
    public void read(ChannelHandlerContext context) {
        if (full) {
            paused = false;
            context.channel().config().setAutoRead(false);
            goOnSoon(context);
        } else {
            context.read();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        context.fireChannelWritabilityChanged();
        goOnSoon(context);
    }

    /** As a task of its own: the server may be in the middle of something. */
    private void goOnSoon(ChannelHandlerContext context) {
        if (full
                && !goingOn
                && !paused
                && unanswered <= FEW_UNANSWERED
                && context.channel().isWritable()) {
            goingOn = true;
            context.executor().execute(() -> goOn(context));
        }
    }

    private void goOn(ChannelHandlerContext context) {
        goingOn = false;
        if (!full || context.isRemoved()) {
            return;
        }
        full = false;
        context.channel().config().setAutoRead(true);
        while (!full && !waiting.isEmpty()) {
            channelRead(context, waiting.removeFirst());
        }
        context.fireChannelReadComplete(); // upon which the server flushes
    }

    private void headCame() {
        served = true;
        unanswered++;
        bodyBytes = 0;
        since = System.nanoTime();
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
            pipeline.addAfter(encoder.name(), NAME + ".answers", new Answers());
        }
        context.fireChannelRead(bytes);
    }

    /** What nobody knows, metrics would keep the name of. */
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
     * @param good what is whole before it
     * @param unseen whether nobody has seen the head of the request that is refused
     */
    private void refuse(
            ChannelHandlerContext context, ByteBuf good, Problem problem, boolean unseen) {
        beforeRefusal = framing.insideBody() && !unseen ? 1 : 0;
        refusal = problem;
        forward(context, good);
        if (unanswered <= beforeRefusal) {
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

    /** What the sender goes on sending is let go for a while, so that it gets to see the answer. */
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

    private void watch(ChannelHandlerContext context, long nanos) {
        if (timer != null) {
            timer.cancel(false);
        }
        timer =
                context.executor()
                        .schedule(() -> look(context), Math.max(nanos, 0), TimeUnit.NANOSECONDS);
    }

    private void look(ChannelHandlerContext context) {
        if (!context.channel().isOpen() || mode == Mode.OTHER || mode == Mode.REFUSED) {
            return;
        }
        long now = System.nanoTime();
        if (isBusy(context, now)
                || isSending(context)
                || (framing.insideBody() && !context.channel().config().isAutoRead())
                || (since + time() <= now && goesOn())) {
            since = now;
        }
        long left = since + time() - now;
        if (left > 0) {
            watch(context, Math.min(left, rules.requestTime())); // half a request may come
        } else if (mode == Mode.HTTP_1
                && (framing.insideHead()
                        ? unanswered == 0
                        : framing.insideBody() && unanswered == 1)) {
            answer(
                    context,
                    Problem.of(ErrorCode.REQUEST_TIMEOUT, "The request took too long to come."));
        } else if (unsent > 0) {
            ChannelFuture _ = context.close(); // Vert.x would first wait until all is sent
        } else {
            ChannelFuture _ = context.channel().close();
        }
    }

    private boolean goesOn() {
        boolean enough = framing.insideBody() && bodyBytes >= rules.progress();
        bodyBytes = 0;
        return enough;
    }

    /** An answer that is written may take long to be sent. Who takes nothing of it is not busy. */
    private boolean isSending(ChannelHandlerContext context) {
        long before = unsent;
        unsent = Unsent.bytes(context.channel());
        return unsent > 0 && unsent != before;
    }

    private boolean isBusy(ChannelHandlerContext context, long now) {
        var handler = context.pipeline().context(Http2ConnectionHandler.class);
        return streams != null && handler != null && streams.isBusy(handler, now);
    }

    /** How long the present state may last, in nanoseconds. */
    private long time() {
        if (mode == Mode.HTTP_2) {
            return streams != null && streams.served() ? rules.idleTime() : rules.requestTime();
        }
        if (framing.insideBody() && !answering) {
            return rules.requestTime();
        }
        if (unanswered > 0) {
            since = System.nanoTime();
            return rules.requestTime();
        }
        return served && !framing.begun() ? rules.idleTime() : rules.requestTime();
    }

    /** Tells the gate of answers. */
    private final class Answers extends ChannelOutboundHandlerAdapter {
        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            int status = message instanceof HttpResponse answer ? answer.status().code() : 0;
            boolean interim = status >= 100 && status < 200;
            answering |= status >= 200;
            ChannelFuture _ = context.write(message, promise);
            if (status == 101) {
                upgraded(context);
            } else if (message instanceof LastHttpContent && !interim) {
                answered(context);
            }
        }

        private void answered(ChannelHandlerContext context) {
            answering = false;
            unanswered--;
            since = System.nanoTime();
            if (full) {
                goOnSoon(context.pipeline().context(RequestGate.this));
            }
            Problem waiting = refusal;
            if (waiting != null && unanswered <= beforeRefusal) {
                ChannelHandlerContext gate = context.pipeline().context(RequestGate.this);
                context.executor().execute(() -> answer(gate, waiting));
            }
        }

        private void upgraded(ChannelHandlerContext context) {
            mode = Mode.OTHER;
            ChannelHandlerContext gate = context.pipeline().context(RequestGate.this);
            context.executor()
                    .execute(
                            () -> {
                                toStreams(gate);
                                goOn(gate);
                                if (streams != null) {
                                    mode = Mode.HTTP_2;
                                    watch(gate, rules.requestTime());
                                }
                            });
        }
    }
}

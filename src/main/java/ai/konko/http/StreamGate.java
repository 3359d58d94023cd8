package ai.konko.http;

import ai.konko.chat.ErrorCode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Checks requests in HTTP/2 before anybody else reads them: the methods, addresses and sizes of
 * their heads, control characters in these, and how long their bodies take. One for each
 * connection, on its event loop.
 */
final class StreamGate extends Http2FrameListenerDecorator {
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    static final int PREFACE_LENGTH = PREFACE.length();

    /** The bytes of a header in HTTP/1 beside its name and value. */
    private static final int AROUND = ": \r\n".length();

    private static final String REQUEST_ID = RequestId.HEADER.toLowerCase(Locale.ROOT);

    private final Http2ConnectionHandler handler;
    private final GateRules rules;
    private final IntObjectMap<Body> bodies;

    /** A body that is still coming in. */
    private static final class Body {
        private long since = System.nanoTime();
        private long bytes;

        /** Whether too little of it has come for too long. */
        boolean isLate(long now, GateRules rules) {
            if (now - since < rules.requestTime()) {
                return false;
            }
            boolean late = bytes < rules.progress();
            since = now;
            bytes = 0;
            return late;
        }
    }

    private StreamGate(Http2ConnectionHandler handler, GateRules rules, IntObjectMap<Body> bodies) {
        super(handler.decoder().frameListener());
        this.handler = handler;
        this.rules = rules;
        this.bodies = bodies;
    }

    static StreamGate on(Http2ConnectionHandler handler, GateRules rules) {
        return new StreamGate(handler, rules, new IntObjectHashMap<>()).stand();
    }

    private StreamGate stand() {
        handler.decoder().frameListener(this);
        return this;
    }

    /**
     * Takes its place again, because with the first settings Vert.x puts another listener there.
     */
    @Override
    public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings)
            throws Http2Exception {
        super.onSettingsRead(context, settings);
        if (!(handler.decoder().frameListener() instanceof StreamGate)) {
            StreamGate _ = new StreamGate(handler, rules, bodies).stand();
        }
    }

    /**
     * @return how many bytes of HTTP/2's preface these are; negative if they are something else
     */
    static int preface(ByteBuf bytes) {
        int length = Math.min(bytes.readableBytes(), PREFACE_LENGTH);
        for (int i = 0; i < length; i++) {
            if (bytes.getByte(bytes.readerIndex() + i) != PREFACE.charAt(i)) {
                return -1;
            }
        }
        return length;
    }

    /** Whether a request has ever come. */
    boolean served() {
        return handler.connection().remote().lastStreamCreated() > 0;
    }

    /** Whether there is a request, after those are given up whose bodies have taken too long. */
    boolean isBusy(ChannelHandlerContext context, long now) {
        List<Integer> late = new ArrayList<>();
        for (var body : bodies.entries()) {
            if (body.value().isLate(now, rules)) {
                late.add(body.key());
            }
        }
        for (int stream : late) {
            bodies.remove(stream);
            reset(context, stream, Http2Error.CANCEL);
            context.flush();
        }
        return handler.connection().numActiveStreams() > 0;
    }

    private void reset(ChannelHandlerContext context, int stream, Http2Error why) {
        if (handler.connection().stream(stream) != null) {
            ChannelFuture _ =
                    handler.resetStream(context, stream, why.code(), context.newPromise());
        }
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext context,
            int stream,
            Http2Headers headers,
            int padding,
            boolean last)
            throws Http2Exception {
        if (isLetIn(context, stream, headers, last)) {
            super.onHeadersRead(context, stream, headers, padding, last);
        }
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext context,
            int stream,
            Http2Headers headers,
            int dependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean last)
            throws Http2Exception {
        if (isLetIn(context, stream, headers, last)) {
            super.onHeadersRead(
                    context, stream, headers, dependency, weight, exclusive, padding, last);
        }
    }

    @Override
    public int onDataRead(
            ChannelHandlerContext context, int stream, ByteBuf data, int padding, boolean last)
            throws Http2Exception {
        Body body = last ? bodies.remove(stream) : bodies.get(stream);
        if (body != null) {
            body.bytes += data.readableBytes();
        }
        return super.onDataRead(context, stream, data, padding, last);
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext context, int stream, long why)
            throws Http2Exception {
        bodies.remove(stream);
        super.onRstStreamRead(context, stream, why);
    }

    private boolean isLetIn(
            ChannelHandlerContext context, int stream, Http2Headers headers, boolean last) {
        try {
            return look(context, stream, headers, last);
        } catch (RuntimeException failed) {
            RequestGate.fail(context, failed);
            return false;
        }
    }

    private boolean look(
            ChannelHandlerContext context, int stream, Http2Headers headers, boolean last) {
        CharSequence method = headers.method();
        if (method == null) { // what follows a body, or what Vert.x refuses
            bodies.remove(stream);
            return true;
        }
        if (!RequestTarget.isMethod(method)) {
            headers.method(RequestTarget.NO_METHOD); // metrics would keep an unknown name
            if (headers.path() == null) {
                headers.path("/").scheme("http");
            }
        }
        Problem flaw = flaw(headers);
        if (flaw != null) {
            refuse(context, stream, headers, flaw, last);
            return false;
        }
        if (!last) {
            bodies.put(stream, new Body());
        }
        return true;
    }

    private @Nullable Problem flaw(Http2Headers headers) {
        if (headers.path() != null && !RequestTarget.isAddress(headers.path())) {
            return Problem.of(ErrorCode.BAD_HEADER, RequestHead.NO_ADDRESS);
        }
        long size = 0;
        for (var header : headers) {
            size += header.getKey().length() + header.getValue().length() + AROUND;
            if (hasControls(header.getValue())) {
                return Problem.of(ErrorCode.BAD_HEADER, RequestHead.CONTROLS);
            }
        }
        return size > rules.longestHead()
                ? Problem.of(ErrorCode.HEADERS_TOO_LARGE, RequestHead.TOO_LARGE)
                : null;
    }

    /** In HTTP/1 they would end a line, or be refused. */
    private static boolean hasControls(CharSequence value) {
        for (int i = 0; i < value.length(); i++) {
            if (RequestHead.isControl(value.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    private void refuse(
            ChannelHandlerContext context,
            int stream,
            Http2Headers headers,
            Problem problem,
            boolean last) {
        CharSequence path = headers.path();
        String id = RequestId.chosenFrom(headers.get(REQUEST_ID));
        ProblemForm form =
                rules.form(problem.withRequestId(id), path == null ? "" : path.toString());
        Http2Headers answer =
                new DefaultHttp2Headers()
                        .status(Integer.toString(form.status()))
                        .set(REQUEST_ID, id)
                        .set("content-type", form.mediaType())
                        .set("x-content-type-options", "nosniff");
        var encoder = handler.encoder();
        ChannelFuture _ =
                encoder.writeHeaders(context, stream, answer, 0, false, context.newPromise());
        ByteBuf body = ByteBufUtil.writeUtf8(context.alloc(), rules.body(form));
        ChannelFuture _ = encoder.writeData(context, stream, body, 0, true, context.newPromise());
        if (!last) {
            reset(context, stream, Http2Error.NO_ERROR);
        }
        context.flush();
    }
}

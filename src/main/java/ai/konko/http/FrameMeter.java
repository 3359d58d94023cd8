package ai.konko.http;

import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpServerRequest;

/**
 * Counts a frame that is still coming in, because Netty holds its bytes until it is whole. If there
 * is no room for it, the connection is closed. One that is longer than a message may be is the last
 * that is read. One meter for each WebSocket, on its event loop.
 */
final class FrameMeter extends ChannelInboundHandlerAdapter {
    private static final int LENGTH_IN_TWO = 126;
    private static final int LENGTH_IN_EIGHT = 127;
    private static final int MASK = 4;

    /** Shorter frames are not counted. */
    private static final int SHORT = 1024;

    private final HttpServerRequest request;
    private final long most;
    private final Incoming incoming;
    private final Owner owner;
    private final WebSocketPulse pulse;
    private final Runnable tooLong;

    /** Whether nothing is read any more. */
    private boolean skipping;

    /** How many bytes of the frame's head have come. */
    private int head;

    private int extended;
    private long length;

    /** How many bytes of the frame are still to come after its head. */
    private long left;

    private long counted;

    /**
     * @param most how long a frame may be
     * @param pulse is told what comes
     * @param tooLong is run when one is longer
     */
    FrameMeter(
            HttpServerRequest request,
            long most,
            Incoming incoming,
            Owner owner,
            WebSocketPulse pulse,
            Runnable tooLong) {
        this.request = request;
        this.most = most;
        this.incoming = incoming;
        this.owner = owner;
        this.pulse = pulse;
        this.tooLong = tooLong;
    }

    /** Begins with the first frame. */
    void start() {
        ChannelPipeline pipeline = Unsent.channel(request).pipeline();
        pipeline.addBefore(
                pipeline.context(WebSocketFrameDecoder.class).name(), "konko.frames", this);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf bytes) {
            pulse.came(bytes.readableBytes());
            try {
                follow(bytes);
            } catch (RefusedException _) {
                skipping = true;
                Unsent.drop(request);
            }
        }
        if (skipping) {
            ReferenceCountUtil.release(message);
        } else {
            context.fireChannelRead(message);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        giveBack();
    }

    private void follow(ByteBuf bytes) {
        int at = bytes.readerIndex();
        while (at < bytes.writerIndex() && !skipping) {
            if (left == 0) {
                head(bytes.getUnsignedByte(at));
                at++;
            } else {
                int some = (int) Math.min(left, bytes.writerIndex() - at);
                left -= some;
                at += some;
            }
            if (left == 0 && head == 0) {
                giveBack();
            }
        }
    }

    /** RFC 6455, 5.2. A client's frame always has a mask. */
    private void head(int octet) {
        head++;
        if (head == 2) {
            int given = octet & 0x7f;
            extended = given == LENGTH_IN_TWO ? 2 : given == LENGTH_IN_EIGHT ? 8 : 0;
            length = extended == 0 ? given : 0;
        } else if (head > 2 && head <= 2 + extended) {
            length = (length << 8) | octet;
        }
        if (head == 2 + extended + MASK) {
            begin();
        }
    }

    private void begin() {
        head = 0;
        left = length;
        if (length < 0 || length > most) {
            skipping = true;
            tooLong.run();
        } else if (left > SHORT) {
            incoming.take(owner, left);
            counted = left;
        }
    }

    private void giveBack() {
        if (counted > 0) {
            incoming.giveBack(owner, counted);
            counted = 0;
        }
    }
}

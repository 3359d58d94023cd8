package ai.konko.assistant;

import ai.konko.chat.Owner;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.SingleThreadEventLoop;

/**
 * Shares an event loop out among models that write faster than it reads. A connection on which more
 * has come than is read at once is read again when it is its turn: one in each round of the loop,
 * and those of each owner in turn. So a round stays short, and what else the loop has to do comes
 * in between. The others, which is most, are read as soon as something comes. Used on the loop's
 * own thread alone.
 */
final class ReadTurns {
    /** How many bytes are read at once. A piece of an answer mostly has fewer. */
    static final int AT_ONCE = 16_384;

    private final SingleThreadEventLoop loop;
    private final WaitingLine<Channel> ahead = new WaitingLine<>(Channel::isActive);
    private boolean pending;

    ReadTurns(SingleThreadEventLoop loop) {
        this.loop = loop;
    }

    /**
     * To be put first among the handlers of a connection. Whose answers are read on it may change
     * with each call.
     */
    final class Reader extends ChannelInboundHandlerAdapter {
        private Owner owner;
        private boolean more;

        Reader(Owner owner) {
            this.owner = owner;
        }

        void isFor(Owner next) {
            owner = next;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            context.channel()
                    .config()
                    .setRecvByteBufAllocator(
                            new AdaptiveRecvByteBufAllocator(64, 2048, AT_ONCE)
                                    .maxMessagesPerRead(1));
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            more |= message instanceof ByteBuf bytes && bytes.readableBytes() >= AT_ONCE;
            context.fireChannelRead(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            if (more) {
                more = false;
                context.channel().config().setAutoRead(false);
                ahead.add(owner, context.channel());
                readNextLater();
            }
            context.fireChannelReadComplete();
        }
    }

    /** After the round: the task in it keeps the loop from waiting for something to come. */
    private void readNextLater() {
        if (!pending) {
            pending = true;
            loop.execute(() -> loop.executeAfterEventLoopIteration(this::readNext));
        }
    }

    private void readNext() {
        pending = false;
        Channel next = ahead.poll();
        if (next != null) {
            next.config().setAutoRead(true);
        }
        if (!ahead.isEmpty()) {
            readNextLater();
        }
    }
}

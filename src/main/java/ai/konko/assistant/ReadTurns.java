package ai.konko.assistant;

import ai.konko.chat.Owner;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.channel.SingleThreadEventLoop;
import org.jspecify.annotations.Nullable;

/**
 * Shares an event loop among models that write faster than it reads. A connection on which more has
 * come than is read at once waits in a line. One of the line is read in each round of the loop, and
 * owners take turns. So a round stays short, and the loop's other work is done in between. All
 * other connections are read as soon as something comes. Used on the loop's own thread alone.
 */
final class ReadTurns {
    /** How many bytes are read at once. A piece of an answer mostly has fewer. */
    static final int AT_ONCE = 16_384;

    private final SingleThreadEventLoop loop;
    private final WaitingLine<Reader> ahead = new WaitingLine<>(Reader::isOpen);
    private boolean pending;

    ReadTurns(SingleThreadEventLoop loop) {
        this.loop = loop;
    }

    /**
     * @return how many connections wait to be read; a test checks that none waits twice
     */
    int waiting() {
        return ahead.size();
    }

    /**
     * The first handler of a connection. The owner whose answers are read on it may change with
     * each call.
     */
    final class Reader extends ChannelInboundHandlerAdapter {
        private Owner owner;
        private @Nullable Channel channel;
        private boolean more;
        private boolean inLine;

        /** Whether nobody takes what is read. */
        private boolean held;

        /** Whether its turn has come meanwhile. */
        private boolean missed;

        Reader(Owner owner) {
            this.owner = owner;
        }

        /** A connection that waits already is read once more in the turn of its owner before. */
        void isFor(Owner next) {
            owner = next;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            channel = context.channel();
            ChannelConfig config = channel.config();
            if (config.getRecvByteBufAllocator() instanceof MaxMessagesRecvByteBufAllocator used) {
                used.maxMessagesPerRead(1); // a channel that has read already goes on with it
            }
            config.setRecvByteBufAllocator(
                    new AdaptiveRecvByteBufAllocator(64, 2048, AT_ONCE).maxMessagesPerRead(1));
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
                waitInLine();
            }
            context.fireChannelReadComplete();
        }

        /** With epoll, a connection may be read twice in its turn. */
        private void waitInLine() {
            if (!inLine) {
                inLine = true;
                ahead.add(owner, this);
                readNextLater();
            }
        }

        private boolean isOpen() {
            return channel != null && channel.isActive();
        }

        /** Nobody takes what is read, so the connection is not to be read in its turn. */
        void hold() {
            held = true;
        }

        /** Somebody takes what is read again. */
        void release() {
            held = false;
            if (missed) {
                missed = false;
                resume();
            }
        }

        private void resume() {
            inLine = false;
            if (held) {
                missed = true;
            } else if (channel != null) {
                channel.config().setAutoRead(true);
            }
        }
    }

    /** Reads after the round. The task keeps the loop from sleeping. */
    private void readNextLater() {
        if (!pending) {
            pending = true;
            loop.execute(() -> loop.executeAfterEventLoopIteration(this::readNext));
        }
    }

    private void readNext() {
        pending = false;
        Reader next = ahead.poll();
        if (next != null) {
            next.resume();
        }
        if (!ahead.isEmpty()) {
            readNextLater();
        }
    }
}

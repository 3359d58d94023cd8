package ai.konko.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BiConsumer;

/**
 * Holds back what a connection sends while too many of its requests are unanswered, because Vert.x
 * would keep any number of them, and their answers. Used on the connection's event loop.
 */
final class Backlog {
    /** How many requests are passed on before the first of them is answered. */
    private static final int MOST_UNANSWERED = 16;

    /** Once there are no more than these, others are passed on again. */
    private static final int FEW_UNANSWERED = 8;

    private final BiConsumer<ChannelHandlerContext, ByteBuf> reader;

    /** Oldest first. */
    private final Deque<ByteBuf> waiting = new ArrayDeque<>(1);

    private int unanswered;

    /** Whether bytes are held back, in {@code waiting}, and no more are read. */
    private boolean full;

    private boolean goingOn;

    /** Whether the server, too, has paused the connection while it is {@code full}. */
    private boolean paused;

    /**
     * @param reader reads the bytes that were held back
     */
    Backlog(BiConsumer<ChannelHandlerContext, ByteBuf> reader) {
        this.reader = reader;
    }

    int unanswered() {
        return unanswered;
    }

    void headCame() {
        unanswered++;
    }

    /** One request is answered, or the server will never see it. */
    void answered() {
        unanswered--;
    }

    boolean isFull() {
        return full;
    }

    boolean hasNoRoom(ChannelHandlerContext context) {
        return unanswered >= MOST_UNANSWERED || !context.channel().isWritable();
    }

    /** Holds these bytes back, and all that follow until there is room. */
    void stop(ChannelHandlerContext context, ByteBuf rest) {
        waiting.addFirst(rest);
        paused = !context.channel().config().isAutoRead();
        full = true;
        context.channel().config().setAutoRead(false);
        goOnSoon(context);
    }

    void add(ByteBuf bytes) {
        waiting.add(bytes);
    }

    /** The server asks for more bytes after a pause. It gets them when there is room. */
    void read(ChannelHandlerContext context) {
        if (full) {
            paused = false;
            context.channel().config().setAutoRead(false);
            goOnSoon(context);
        } else {
            context.read();
        }
    }

    /** As a task of its own: the server may be in the middle of something. */
    void goOnSoon(ChannelHandlerContext context) {
        if (full
                && !goingOn
                && !paused
                && unanswered <= FEW_UNANSWERED
                && context.channel().isWritable()) {
            goingOn = true;
            context.executor().execute(() -> goOn(context));
        }
    }

    void goOn(ChannelHandlerContext context) {
        goingOn = false;
        if (!full || context.isRemoved()) {
            return;
        }
        full = false;
        context.channel().config().setAutoRead(true);
        while (!full && !waiting.isEmpty()) {
            reader.accept(context, waiting.removeFirst());
        }
        context.fireChannelReadComplete(); // upon which the server flushes
    }

    void release() {
        waiting.forEach(ByteBuf::release);
        waiting.clear();
    }
}

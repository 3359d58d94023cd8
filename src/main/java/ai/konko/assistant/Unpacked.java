package ai.konko.assistant;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.compression.ZlibCodecFactory;
import io.netty.handler.codec.compression.ZlibWrapper;
import io.vertx.core.buffer.Buffer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks an answer that is compressed, although nobody asked for that.
 *
 * <p>Some bytes may unpack to a thousand times as many. So they are unpacked in small portions, the
 * reader refuses a text that is too long, and the whole has a bound too. What came unpacked before
 * a fault is read.
 *
 * <p>To be closed, because the decoder has memory of its own.
 */
final class Unpacked implements AnswerReader {
    /** One portion unpacks to 1 MB at most. */
    private static final int PORTION = 1024;

    /** How many bytes a stream may have for each unit of the longest text; a chunk is some 250. */
    private static final long FRAMES = 64;

    private final AnswerReader reader;
    private final EmbeddedChannel decoder;
    private long left;
    private boolean closed;

    private Unpacked(
            ZlibWrapper wrapper, AnswerReader reader, int most, ByteBufAllocator allocator) {
        this.reader = reader;
        this.decoder = new EmbeddedChannel();
        decoder.config().setAllocator(allocator);
        decoder.pipeline().addLast(ZlibCodecFactory.newZlibDecoder(wrapper, 0));
        this.left = FRAMES * most;
    }

    /**
     * @param encoding the answer's {@code Content-Encoding}
     * @param most the longest text in bytes
     * @return a reader of the bytes as they come
     * @throws ModelException if nobody here can unpack them
     */
    static AnswerReader of(@Nullable String encoding, AnswerReader reader, int most) {
        return of(encoding, reader, most, ByteBufAllocator.DEFAULT);
    }

    static AnswerReader of(
            @Nullable String encoding, AnswerReader reader, int most, ByteBufAllocator allocator) {
        return switch (encoding == null ? "" : encoding.strip().toLowerCase(Locale.ROOT)) {
            case "", "identity" -> reader;
            case "gzip", "x-gzip" -> new Unpacked(ZlibWrapper.GZIP, reader, most, allocator);
            case "deflate" -> new Unpacked(ZlibWrapper.ZLIB_OR_NONE, reader, most, allocator);
            default ->
                    throw ModelException.failed(
                            "The model's provider answered with a content encoding that nobody asked for.");
        };
    }

    @Override
    public Progress read(Buffer part) {
        Progress progress = Progress.NONE;
        for (int from = 0;
                from < part.length() && !closed && progress != Progress.WHOLE;
                from += PORTION) {
            byte[] portion = part.getBytes(from, Math.min(part.length(), from + PORTION));
            Progress brought = unpack(portion);
            progress = brought == Progress.NONE ? progress : brought;
        }
        return progress;
    }

    private Progress unpack(byte[] portion) {
        boolean sound = true;
        try {
            decoder.writeInbound(Unpooled.wrappedBuffer(portion));
        } catch (DecompressionException _) {
            sound = false;
        }
        Progress progress = readOn();
        if (!sound && progress != Progress.WHOLE) {
            throw ModelException.nonsense();
        }
        return progress;
    }

    private Progress readOn() {
        Progress progress = Progress.NONE;
        try {
            while (progress != Progress.WHOLE && decoder.readInbound() instanceof ByteBuf bytes) {
                Progress brought = reader.read(Buffer.buffer(taken(bytes)));
                progress = brought == Progress.NONE ? progress : brought;
            }
            return progress;
        } finally {
            boolean _ = decoder.releaseInbound();
        }
    }

    private byte[] taken(ByteBuf bytes) {
        byte[] plain = ByteBufUtil.getBytes(bytes);
        bytes.release();
        left -= plain.length;
        if (left < 0) {
            throw ModelException.tooLong();
        }
        return plain;
    }

    @Override
    public int held() {
        return reader.held();
    }

    @Override
    public void end() {
        close();
        reader.end();
    }

    @Override
    public void close() {
        if (closed) { // the reader may bring it about while it reads
            return;
        }
        closed = true;
        try {
            boolean _ = decoder.finishAndReleaseAll();
        } catch (DecompressionException _) {
            // It has tried what was left of a faulty answer once more.
        }
    }
}

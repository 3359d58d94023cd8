package ai.konko.assistant;

import io.netty.buffer.ByteBuf;
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
 * An answer that somebody on the way has compressed, although nobody asked for it.
 *
 * <p>Some bytes may unpack to a thousand times as many. So they are unpacked in small portions, the
 * reader refuses a text that is too long, and the whole has a bound too.
 */
final class Unpacked implements AnswerReader {
    /** One portion unpacks to 1 MB at most. */
    private static final int PORTION = 1024;

    /** How many bytes a stream may have for each unit of the longest text; a chunk is some 250. */
    private static final long FRAMES = 64;

    private final AnswerReader reader;
    private final EmbeddedChannel decoder;
    private long left;

    private Unpacked(ZlibWrapper wrapper, AnswerReader reader, int most) {
        this.reader = reader;
        this.decoder = new EmbeddedChannel(ZlibCodecFactory.newZlibDecoder(wrapper, 0));
        this.left = FRAMES * most;
    }

    /**
     * @param encoding the answer's {@code Content-Encoding}
     * @param most the longest text in bytes
     * @return a reader of the bytes as they come
     * @throws ModelException if nobody here can unpack them
     */
    static AnswerReader of(@Nullable String encoding, AnswerReader reader, int most) {
        return switch (encoding == null ? "" : encoding.strip().toLowerCase(Locale.ROOT)) {
            case "", "identity" -> reader;
            case "gzip", "x-gzip" -> new Unpacked(ZlibWrapper.GZIP, reader, most);
            case "deflate" -> new Unpacked(ZlibWrapper.ZLIB_OR_NONE, reader, most);
            default ->
                    throw ModelException.failed(
                            "The model's provider answered with a content encoding that nobody asked for.");
        };
    }

    @Override
    public Progress read(Buffer part) {
        Progress progress = Progress.NONE;
        for (int from = 0; from < part.length() && progress != Progress.WHOLE; from += PORTION) {
            byte[] portion = part.getBytes(from, Math.min(part.length(), from + PORTION));
            Progress brought = unpack(portion);
            progress = brought == Progress.NONE ? progress : brought;
        }
        return progress;
    }

    private Progress unpack(byte[] portion) {
        try {
            decoder.writeInbound(Unpooled.wrappedBuffer(portion));
        } catch (DecompressionException _) {
            throw ModelException.nonsense();
        }
        Progress progress = Progress.NONE;
        for (ByteBuf bytes = decoder.readInbound(); bytes != null; bytes = decoder.readInbound()) {
            byte[] plain = ByteBufUtil.getBytes(bytes);
            bytes.release();
            left -= plain.length;
            if (left < 0) {
                throw ModelException.tooLong();
            }
            Progress brought =
                    progress == Progress.WHOLE ? progress : reader.read(Buffer.buffer(plain));
            progress = brought == Progress.NONE ? progress : brought;
        }
        return progress;
    }

    @Override
    public int held() {
        return reader.held();
    }

    @Override
    public void end() {
        decoder.finishAndReleaseAll();
        reader.end();
    }
}

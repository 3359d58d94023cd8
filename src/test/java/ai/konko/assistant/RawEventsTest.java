package ai.konko.assistant;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class RawEventsTest {
    private static final String EVENTS =
            ": hello\n\ndata: a\r\n\r\nevent: x\r\ndata: drop\r\n\r\ndata: \u65e5\rdata: c\r\rdata: drop\n\n\n"
                    + "id: 7\ndata: d\n\ndata: never ended";

    @Test
    void read_inPartsOfAnySize_leavesOutWhatIsNotWanted() {
        byte[] bytes = EVENTS.getBytes(UTF_8);
        for (int size = 1; size <= bytes.length; size++) {
            RawEvents events = new RawEvents(1000);
            Buffer out = Buffer.buffer();
            Predicate<ByteBuffer> wanted =
                    event -> !UTF_8.decode(event).toString().contains("drop");

            for (int from = 0; from < bytes.length; from += size) {
                Buffer part = Buffer.buffer(bytes).slice(from, Math.min(from + size, bytes.length));
                out.appendBuffer(events.read(part, wanted));
            }
            out.appendBuffer(events.rest(wanted));

            assertThat(out.toString().replaceAll("[\r\n]+", "\n"))
                    .isEqualTo(
                            ": hello\ndata: a\ndata: \u65e5\ndata: c\nid: 7\ndata: d\ndata: never ended\n");
            assertThat(events.held()).isZero();
        }
    }

    @Test
    void read_ofWholeEvents_givesTheirBytesWithoutACopy() {
        Buffer part = Buffer.buffer("data: a\n\ndata: b\n\ndata: c");
        RawEvents events = new RawEvents(1000);

        Buffer out = events.read(part, _ -> true);

        part.setByte("data: ".length(), (byte) 'x');
        assertThat(out.toString()).isEqualTo("data: x\n\ndata: b\n\n");
        assertThat(events.held()).isEqualTo("data: c".length());
    }

    @Test
    void read_ofAnEventThatIsTooLong_fails() {
        RawEvents events = new RawEvents(10);

        assertThatThrownBy(() -> events.read(Buffer.buffer("data: abcdefg"), _ -> true))
                .isInstanceOf(ModelException.class);
    }
}

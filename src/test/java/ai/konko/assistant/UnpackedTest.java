package ai.konko.assistant;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.assistant.AnswerReader.Progress;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnpackedTest {
    private static final int MOST = 2048;
    private static final AnswerBounds BOUNDS = new AnswerBounds(MOST, MOST);
    private static final String STREAM =
            StreamedAnswerTest.delta("a")
                    + StreamedAnswerTest.delta("b")
                    + StreamedAnswerTest.STOP
                    + StreamedAnswerTest.DONE;

    private final List<String> pieces = new ArrayList<>();
    private final StreamedAnswer answer =
            new StreamedAnswer(BOUNDS, StreamedAnswerTest.texts(pieces::add));

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
    private final AnswerReader unpacking = Unpacked.of("gzip", answer, MOST, allocator);

    @ParameterizedTest
    @CsvSource({
        "gzip, gzip",
        "x-gzip, gzip",
        "' GZip ', gzip",
        "deflate, zlib",
        "deflate, raw",
        "identity, none",
        "'', none",
        ", none"
    })
    void read_ofAnswersInAnyEncoding_readsThem(String encoding, String packing) throws Exception {
        AnswerReader reader = Unpacked.of(encoding, answer, MOST);
        byte[] body = packed(STREAM, packing);

        Progress last = Progress.NONE;
        for (byte each : body) {
            Progress brought = reader.read(Buffer.buffer(new byte[] {each}));
            last = brought == Progress.NONE ? last : brought;
        }
        reader.end();

        assertThat(last).isEqualTo(Progress.WHOLE);
        assertThat(pieces).containsExactly("a", "b");
    }

    @Test
    void read_ofOneThatComesAtOnce_saysThatItIsWhole() throws Exception {
        AnswerReader reader = Unpacked.of("gzip", answer, MOST);

        assertThat(reader.read(Buffer.buffer(packed(STREAM, "gzip")))).isEqualTo(Progress.WHOLE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "zstd", "gzip, gzip", "compress"})
    void of_anEncodingThatIsNotKnown_fails(String encoding) {
        assertThatThrownBy(() -> Unpacked.of(encoding, answer, MOST))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("content encoding");
    }

    @ParameterizedTest
    @ValueSource(strings = {"not packed at all, and long enough to tell", "{\"choices\":[]}"})
    void read_ofWhatIsNotPacked_fails(String body) {
        AnswerReader reader = Unpacked.of("gzip", answer, MOST);

        assertThatThrownBy(() -> reader.read(Buffer.buffer(body)))
                .isInstanceOf(ModelException.class)
                .hasNoCause();
    }

    @Test
    void end_ofACutAnswer_fails() throws Exception {
        AnswerReader reader = Unpacked.of("gzip", answer, MOST);
        byte[] body = packed(STREAM, "gzip");
        reader.read(Buffer.buffer().appendBytes(body, 0, body.length / 2));

        assertThatThrownBy(reader::end).isInstanceOf(ModelException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "data: ", ": comment\n", "data:\n\n"})
    void read_ofManyTimesTheMost_stops(String repeated) throws Exception {
        AnswerReader reader = Unpacked.of("gzip", answer, MOST);
        byte[] bomb = packed(repeated.repeat(64 * MOST), "gzip");

        assertThatThrownBy(() -> reader.read(Buffer.buffer(bomb)))
                .isInstanceOf(ModelException.class)
                .hasMessage("The model's answer is too long.");
    }

    @Test
    void read_ofAFaultAfterText_givesOutTheTextFirst() throws Exception {
        byte[] body = packed(StreamedAnswerTest.delta("a") + noise(), "gzip");
        int fault = body.length / 2;
        for (int i = fault; i < body.length; i++) {
            body[i] = (byte) 0xFF;
        }

        assertThatThrownBy(() -> unpacking.read(Buffer.buffer(body)))
                .isInstanceOf(ModelException.class)
                .hasMessage("The model's provider answered nonsense.");

        assertThat(pieces).containsExactly("a");
        assertNothingIsHeld();
    }

    @Test
    void read_ofAFaultAfterTheEnd_isWhole() throws Exception {
        byte[] body = packed(STREAM + noise(), "gzip");
        for (int i = body.length / 2; i < body.length; i++) {
            body[i] = (byte) 0xFF;
        }

        assertThat(unpacking.read(Buffer.buffer(body))).isEqualTo(Progress.WHOLE);
        assertNothingIsHeld();
    }

    @Test
    void read_byAReaderThatFails_holdsNothing() throws Exception {
        byte[] body = packed(StreamedAnswerTest.event("{nonsense") + "x".repeat(100_000), "gzip");

        assertThatThrownBy(() -> unpacking.read(Buffer.buffer(body)))
                .isInstanceOf(ModelException.class);

        assertNothingIsHeld();
    }

    @Test
    void close_whileItReads_readsNoFurther() throws Exception {
        List<String> texts = new ArrayList<>();
        AnswerReader[] self = new AnswerReader[1];
        StreamedAnswer closing =
                new StreamedAnswer(
                        BOUNDS,
                        StreamedAnswerTest.texts(
                                piece -> {
                                    texts.add(piece);
                                    self[0].close();
                                }));
        self[0] = Unpacked.of("gzip", closing, MOST, allocator);
        Buffer body = Buffer.buffer(packed(StreamedAnswerTest.delta("a") + noise(), "gzip"));

        Progress _ = self[0].read(body);
        Progress after = self[0].read(body);

        assertThat(after).isEqualTo(Progress.NONE);
        assertThat(texts).containsExactly("a");
        assertThat(allocator.metric().usedHeapMemory()).isZero();
    }

    /** Comments that can't be packed into a few bytes. */
    private static String noise() {
        Random random = new Random(7);
        return random.ints(3000, 'a', 'z')
                .mapToObj(letter -> ": " + (char) letter + "\n\n")
                .collect(Collectors.joining());
    }

    private void assertNothingIsHeld() {
        unpacking.close();
        assertThat(allocator.metric().usedHeapMemory()).isZero();
    }

    private static byte[] packed(String text, String packing) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out =
                switch (packing) {
                    case "gzip" -> new GZIPOutputStream(bytes);
                    case "zlib" -> new DeflaterOutputStream(bytes);
                    case "raw" -> new DeflaterOutputStream(bytes, new Deflater(9, true));
                    default -> bytes;
                }) {
            out.write(text.getBytes(UTF_8));
        }
        return bytes.toByteArray();
    }
}

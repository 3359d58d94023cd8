package ai.konko.assistant;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.buffer.impl.BufferImpl;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventStreamTest {
    private static final int WIDE = 1_000_000;

    /** Every kind of line end, comments, other fields, and characters of 1 to 4 bytes. */
    private static final String MIXED =
            """
            : hello\r
            event: x\r
            data: eins\r
            data: zwei é 日 \ud83d\ude00\r
            \r
            data:drei\r\rid: 4\rdata\rdata: \u00fc\r
            \ndata: f\u00fcnf

            retry: 7

            : ping

            data: [DONE]

            data: never ended""";

    private static final List<String> EVENTS =
            List.of("eins\nzwei é 日 \ud83d\ude00", "drei", "\n\u00fc", "f\u00fcnf", "[DONE]");

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void read_takesEveryLineEnd(String lineEnd) {
        String body = String.join(lineEnd, "data: a", "data: b", "", "data: c", "", "", "");

        List<String> events = events(body);

        assertThat(events).containsExactly("a\nb", "c");
    }

    @Test
    void read_ofManyEventsInOneBuffer_givesThemInOrder() {
        List<String> numbers = IntStream.range(0, 1_000).mapToObj(Integer::toString).toList();
        String body = "data: " + String.join("\n\ndata: ", numbers) + "\n\n";

        List<String> events = events(body);

        assertThat(events).containsExactlyElementsOf(numbers);
    }

    @Test
    void read_ofABodyCutAnywhere_givesTheSameEvents() {
        byte[] body = MIXED.getBytes(UTF_8);
        for (int cut = 0; cut <= body.length; cut++) {
            Buffer whole = Buffer.buffer(body);

            List<String> events =
                    read(WIDE, whole.slice(0, cut), Buffer.buffer(), whole.slice(cut, body.length));

            assertThat(events).as("cut at byte %d", cut).isEqualTo(EVENTS);
        }
    }

    @Test
    void read_ofPartsThatAreEmptyOrBeginInsideOfTheirArray_givesTheSameEvents() {
        ByteBuf inside = Unpooled.buffer().writeBytes(("??" + MIXED).getBytes(UTF_8)).skipBytes(2);

        List<String> events =
                read(
                        WIDE,
                        BufferImpl.buffer(Unpooled.EMPTY_BUFFER),
                        BufferImpl.buffer(inside),
                        BufferImpl.buffer(Unpooled.EMPTY_BUFFER));

        assertThat(events).isEqualTo(EVENTS);
    }

    @Test
    void read_ofABufferWithoutAnArray_givesTheSameEvents() {
        ByteBuf direct = Unpooled.directBuffer().writeBytes(MIXED.getBytes(UTF_8));

        List<String> events = read(WIDE, BufferImpl.buffer(direct));

        assertThat(events).isEqualTo(EVENTS);
    }

    @Test
    void read_ofABodyByteByByte_givesTheSameEvents() {
        byte[] body = ("\uFEFF" + MIXED).getBytes(UTF_8);
        Buffer[] parts = new Buffer[body.length];
        for (int i = 0; i < body.length; i++) {
            parts[i] = Buffer.buffer(new byte[] {body[i]});
        }

        List<String> events = read(WIDE, parts);

        assertThat(events).isEqualTo(EVENTS);
    }

    @ParameterizedTest
    @CsvSource({
        "data:x, x",
        "data: x, x",
        "'data:  x', ' x'",
        "'data: x ', 'x '",
        "data:x:y, x:y",
        "data:data: x, data: x",
        "data, ''",
        "data:, ''",
        "'data: ', ''"
    })
    void read_takesTheValueAfterTheColonAndOneSpace(String line, String value) {
        List<String> events = events(line + "\n\n");

        assertThat(events).containsExactly(value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ": comment",
                ":data: x",
                "event: data",
                "id: 1",
                "retry: 1",
                "datas: x",
                "dat: x",
                "d",
                "Data: x",
                " data: x",
                "data : x"
            })
    void read_passesOverWhatIsNotData(String line) {
        List<String> alone = events(line + "\n\n");
        List<String> amongData = events("data: a\n" + line + "\ndata: b\n\n");

        assertThat(alone).isEmpty();
        assertThat(amongData).containsExactly("a\nb");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "\r\n\r\n", "data: x", "data: x\n", "data: x\r\n"})
    void read_withoutABlankLineAfterData_givesNoEvent(String body) {
        List<String> events = events(body);

        assertThat(events).isEmpty();
    }

    @Test
    void read_ofEventsUpToTheLimit_givesThemAll() {
        String event = "data: 789\n"; // its line is as long as the limit
        Buffer[] parts =
                Collections.nCopies(20, Buffer.buffer(event + "\n")).toArray(Buffer[]::new);

        List<String> events = read(9, parts);

        assertThat(events).hasSize(20).containsOnly("789");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: SECRET",
                "data: SE\ndata: CRET\ndata: SECRET",
                "data: S\n\ndata: SECRET",
                ": a SECRET comment"
            })
    void read_ofAnEventOverTheLimit_refuses(String body) {
        assertThatThrownBy(() -> read(11, Buffer.buffer(body)))
                .isInstanceOf(ModelException.class)
                .hasMessage("The model's answer is too long.");
    }

    @Test
    void read_ofAnEventThatGrowsOverTheLimit_refusesWithinTheLimit() {
        EventStream stream = new EventStream(100);
        Buffer line = Buffer.buffer("data: 0123456789\n"); // adds 11 bytes to the event, first 10
        List<String> events = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            stream.read(line, data -> events.add(UTF_8.decode(data).toString()));
        }

        assertThatThrownBy(
                        () -> stream.read(line, data -> events.add(UTF_8.decode(data).toString())))
                .isInstanceOf(ModelException.class);
        assertThat(events).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "data: {x}\\n\\n              | {x}",
                "data: {x\\ndata: y}\\n\\n      | {x\\ny}",
                "data: {x\\rdata: y}\\n\\n      | {x\\ny}",
                "data: {x}\\nid: {7}\\n\\n      | {x}",
                "id: 7\\r\\ndata: {x}\\r\\n\\r\\n | {x}"
            })
    void readOne_hasTheEventsDataHoweverManyLines(String event, String data) {
        List<String> events = new ArrayList<>();

        new EventStream(WIDE)
                .readOne(
                        UTF_8.encode(event.translateEscapes()),
                        each -> events.add(UTF_8.decode(each).toString()));

        assertThat(events).containsExactly(data.translateEscapes());
    }

    private static List<String> events(String body) {
        return read(WIDE, Buffer.buffer(body));
    }

    private static List<String> read(int mostBytes, Buffer... parts) {
        EventStream stream = new EventStream(mostBytes);
        List<String> events = new ArrayList<>();
        for (Buffer part : parts) {
            stream.read(part, data -> events.add(UTF_8.decode(data).toString()));
        }
        return events;
    }

    @Test
    void end_afterDataWithoutABlankLine_givesTheEvent() {
        for (String body : List.of("data: x", "data: x\n", "data: x\n\n")) {
            List<String> events = new ArrayList<>();
            EventStream stream = new EventStream(100);
            stream.read(Buffer.buffer(body), data -> events.add(UTF_8.decode(data).toString()));

            stream.end(data -> events.add(UTF_8.decode(data).toString()));

            assertThat(events).as(body).containsExactly("x");
        }
    }

    @Test
    void read_ofABodyWithAByteOrderMark_passesOverIt() {
        List<String> events = new ArrayList<>();

        new EventStream(100)
                .read(
                        Buffer.buffer("\uFEFFdata: x\n\ndata: \uFEFFy\n\n"),
                        data -> events.add(UTF_8.decode(data).toString()));

        assertThat(events).containsExactly("x", "\uFEFFy");
    }
}

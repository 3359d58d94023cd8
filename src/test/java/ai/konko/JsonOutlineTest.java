package ai.konko;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonOutlineTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\": 1, \"b\" :2}      | set b 3     | {\"a\": 1, \"b\" :3}",
                "{\"a\": 1, \"b\": 2}      | set c 3     | {\"a\": 1, \"b\": 2,\"c\":3}",
                "{}                        | set c 3     | {\"c\":3}",
                "{ }                       | set c 3     | {\"c\":3 }",
                "{\"a\":[1 , {}] }         | remove a    | { }",
                "{\"a\":1, \"b\":2, \"c\":3} | remove a  | {\"b\":2, \"c\":3}",
                "{\"a\":1, \"b\":2, \"c\":3} | remove b  | {\"a\":1,\"c\":3}",
                "{\"a\":1, \"b\":2, \"c\":3} | remove c  | {\"a\":1, \"b\":2}",
                "{\"a\": 1e400}            | remove b    | {\"a\": 1e400}",
                "{\"a\" : \"\\u00e9\"}     | rename a b  | {\"b\":\"\\u00e9\"}",
                "{\"\\u0061\": \"x\"}      | set a 3     | {\"\\u0061\": 3}",
                "{\"a\":\"{,}\\\"\" , \"b\":null} | remove b | {\"a\":\"{,}\\\"\"}"
            })
    void changes_leaveAllElseToTheLetter(String text, String change, String changed)
            throws IOException {
        JsonOutline.Changes changes = outline(text).changes();
        String[] words = change.split(" ", -1);

        switch (words[0]) {
            case "set" -> changes.set(words[1], Integer.parseInt(words[2]));
            case "remove" -> changes.remove(words[1]);
            default -> changes.rename(words[1], words[2]);
        }

        assertThat(new String(changes.bytes(), UTF_8)).isEqualTo(changed);
    }

    @Test
    void values_areReadOneByOne() throws IOException {
        JsonOutline outline = outline("\n{\"a\" :\t\"x\\n\u65e5\",\r\n\"b\":[1,2] ,\"c\":null}\n");

        assertThat(outline.get("a").textValue()).isEqualTo("x\n\u65e5");
        assertThat(outline.get("b")).hasSize(2);
        assertThat(outline.get("c").isMissingNode()).isTrue();
        assertThat(outline.has("c")).isFalse();
        assertThat(outline.has("b")).isTrue();
        assertThat(outline.names()).containsExactly("a", "b", "c");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "{", "{\"a\":1,}", "{\"a\":1}x", "{\"a\":{\"b\":1,\"b\":2}}"})
    void whatIsNoJson_isRefused(String text) {
        assertThatThrownBy(() -> JsonOutline.of(text.getBytes(UTF_8)))
                .isInstanceOf(JsonProcessingException.class);
    }

    @Test
    void anotherEncoding_isRefused() {
        assertThatThrownBy(() -> JsonOutline.of("{\"a\":1}".getBytes(StandardCharsets.UTF_16LE)))
                .isInstanceOf(JsonProcessingException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "1", "\"x\"", "null"})
    void whatIsNoObject_hasNoOutline(String text) throws IOException {
        assertThat(JsonOutline.of(text.getBytes(UTF_8))).isNull();
    }

    @Test
    void randomObjects_changeAsTreesDo() throws IOException {
        long seed = 0x0071E;
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            ObjectNode tree = JSON.createObjectNode();
            for (int n = random.nextInt(6); n > 0; n--) {
                tree.putPOJO(name(random), value(random));
            }
            String text =
                    random.nextBoolean() ? tree.toPrettyString() : JSON.writeValueAsString(tree);
            String removed = name(random);
            String set = name(random);
            JsonOutline.Changes changes = outline(text).changes().remove(removed);
            if (!set.equals(removed)) {
                changes.set(set, "s");
            }

            byte[] changed = changes.bytes();

            tree.remove(removed);
            if (!set.equals(removed)) {
                tree.put(set, "s");
            }
            assertThat(JSON.readTree(changed))
                    .as("number %d of seed %d: %s", i, seed, text)
                    .isEqualTo(JSON.readTree(tree.toString()));
        }
    }

    private static String name(Random random) {
        return List.of("a", "b", "\u00e9", "x\"y", "", "long name").get(random.nextInt(6));
    }

    private static Object value(Random random) {
        return List.of(1, -2.5, true, "t,\"}\\", List.of(1, "]"), List.of()).get(random.nextInt(6));
    }

    private static JsonOutline outline(String text) throws IOException {
        return Objects.requireNonNull(JsonOutline.of(text.getBytes(UTF_8)));
    }
}

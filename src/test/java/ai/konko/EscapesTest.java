package ai.konko;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EscapesTest {

    @ParameterizedTest
    @CsvSource({
        "'', ''",
        "plain, plain",
        "a+b, a+b",
        "%41%2b%2B, A++",
        "p%zzw, p%zzw",
        "%, %",
        "a%4, a%4",
        "%%41, %A",
        "%4%41, %4A",
        "%-1%+1, %-1%+1",
        "%e2%82%ac, \u20ac",
        "\u20ac%25, \u20ac%",
        "%ff, \ufffd"
    })
    void decoded_ofEscapesAndOthers_leavesTheOthers(String text, String decoded) {
        assertThat(Escapes.decoded(text)).isEqualTo(decoded);
    }
}

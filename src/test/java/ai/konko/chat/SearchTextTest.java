package ai.konko.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SearchTextTest {
    private static final long SEED = 20_261_130;
    private static final String LETTERS = "abAB-iIıİéÉ\u0301Σςσ\u0307KK";

    @ParameterizedTest
    @CsvSource({
        "The Needle in it, needle, true",
        "needLE, needle, true",
        "neneedle, needle, true",
        "NEneedle, needle, true",
        "need, needle, false",
        "nEeDl, needle, false",
        "'', a, false",
        "x3-4y, 3-4, true",
        "STRASSE, straße, false",
        "KIRIK, kırık, true",
        "Café, CAFE\u0301, true",
        "\u212A, k, true",
        "cafe\u0301, cafe, false",
        "I\u0307, i, true",
        "aabaabaac, aabaac, true",
        "aabaabaab, aabaac, false",
    })
    void isIn_isInAnyCase(String text, String searched, boolean found) {
        assertThat(SearchText.of(searched).isIn(text)).isEqualTo(found);
    }

    /** However it is cut before letters of ASCII, which are one letter with nothing before them. */
    @Test
    void finds_ofAnyParts_isAsOfTheWhole() {
        Random random = new Random(SEED);
        int found = 0;
        for (int i = 0; i < 200_000; i++) {
            String text = some(random, 20);
            SearchText searched =
                    SearchText.of(
                            some(random, 3) + LETTERS.charAt(random.nextInt(LETTERS.length())));
            boolean expected = searched.isIn(text);
            found += expected ? 1 : 0;

            assertThat(isInParts(searched, text, random)).as(text).isEqualTo(expected);
        }
        assertThat(found).isBetween(20_000, 180_000);
    }

    private static boolean isInParts(SearchText searched, String text, Random random) {
        SearchText.Scan scan = searched.scan();
        int from = 0;
        boolean found = false;
        for (int i = 1; i <= text.length() && !found; i++) {
            boolean mayEnd = i == text.length() || SearchText.beginsPart(text.charAt(i));
            if (mayEnd && (i == text.length() || random.nextBoolean())) {
                String part = text.substring(from, i);
                byte[] bytes = ("a" + part + "b").getBytes(UTF_8);
                found =
                        random.nextBoolean()
                                ? scan.finds(part)
                                : scan.finds(bytes, 1, bytes.length - 1);
                from = i;
            }
        }
        return found;
    }

    private static String some(Random random, int most) {
        StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(most); left > 0; left--) {
            text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return text.toString();
    }
}

package ai.konko.assistant;

import static ai.konko.assistant.StreamedAnswerTest.DONE;
import static ai.konko.assistant.StreamedAnswerTest.STOP;
import static ai.konko.assistant.StreamedAnswerTest.USAGE;
import static ai.konko.assistant.StreamedAnswerTest.delta;
import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.assistant.AnswerReader.Progress;
import ai.konko.chat.WellFormed;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Text that the provider and the network cut where they like. */
class StreamedAnswerRandomTest {

    @Test
    void read_ofRandomTextCutAtRandom_givesOutTheTextInWholeCharacters() {
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            String text = text(random);
            Buffer body = Buffer.buffer(deltas(text, random) + STOP + USAGE + DONE);
            List<String> given = new ArrayList<>();
            StreamedAnswer cut =
                    new StreamedAnswer(
                            StreamedAnswerTest.BOUNDS, StreamedAnswerTest.texts(given::add));

            Progress last = Progress.NONE;
            for (int from = 0, to; from < body.length(); from = to) {
                to = Math.min(body.length(), from + 1 + random.nextInt(200));
                last = cut.read(body.slice(from, to));
            }

            assertThat(last).as("seed %d", seed).isEqualTo(Progress.WHOLE);
            assertThat(String.join("", given)).as("seed %d", seed).isEqualTo(text);
            assertThat(given).as("seed %d", seed).allMatch(WellFormed::holds).doesNotContain("");
        }
    }

    /** Cuts the text into deltas, also inside of pairs; half of a pair can only come escaped. */
    private static String deltas(String text, Random random) {
        StringBuilder deltas = new StringBuilder();
        for (int from = 0, to; from < text.length(); from = to) {
            to = Math.min(text.length(), from + random.nextInt(4));
            String delta = text.substring(from, to);
            boolean raw = WellFormed.holds(delta) && random.nextBoolean();
            deltas.append(delta(raw ? delta : escaped(delta)));
        }
        return deltas.toString();
    }

    private static String text(Random random) {
        List<String> letters =
                List.of("a", " ", "\u00e9", "\u65e5", "\ud83d\ude00", "\ud83c\udde9");
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(200); i >= 0; i--) {
            text.append(letters.get(random.nextInt(letters.size())));
        }
        return text.toString();
    }

    private static String escaped(String text) {
        return text.chars()
                .mapToObj(unit -> "\\u%04x".formatted(unit))
                .collect(Collectors.joining());
    }
}

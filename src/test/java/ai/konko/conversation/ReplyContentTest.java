package ai.konko.conversation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.CallStatus;
import ai.konko.chat.Draft;
import ai.konko.chat.DraftContent;
import ai.konko.chat.Item;
import ai.konko.chat.Item.Call;
import ai.konko.chat.Item.Reasoning;
import ai.konko.chat.Written;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReplyContentTest {
    private static final int MANY = 1000;

    private final ReplyContent content = new ReplyContent();

    /** What one reader was given, each character by itself, and where it was then. */
    private static final class Reader {
        final List<String> given = new ArrayList<>();
        final List<Position> positions = new ArrayList<>();
        Position at;

        Reader(Position from) {
            at = from;
        }

        Reader read(ReplyContent content, int most) {
            ReplyPart part = content.after(at, most);
            while (part != null) {
                switch (part) {
                    case ReplyPart.Text text -> characters("text ", text.piece());
                    case ReplyPart.Thought thought ->
                            characters("thought %d ".formatted(thought.index()), thought.piece());
                    case ReplyPart.Begun begun -> given.add("begun " + begun.index());
                    case ReplyPart.Whole whole ->
                            given.add("whole %d %s".formatted(whole.index(), whole.item()));
                }
                at = part.end();
                positions.add(at);
                part = content.after(at, most);
            }
            return this;
        }

        private void characters(String kind, String piece) {
            piece.codePoints().forEach(each -> given.add(kind + Character.toString(each)));
        }
    }

    static IntStream seeds() {
        return IntStream.range(0, 100);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void after_fromEachPosition_givesTheSameLiveAndAfterwards(int seed) {
        Random random = new Random(seed);
        DraftContent draft = new DraftContent();
        content.beginAnew();
        Reader live = new Reader(Position.START);
        Reader slow = new Reader(Position.START);
        for (int i = 0; i < 30; i++) {
            add(random, draft, i);
            live.read(content, MANY);
            if (random.nextInt(8) == 0) {
                slow.read(content, 1 + random.nextInt(5));
            }
            Position some = live.positions.get(random.nextInt(live.positions.size()));
            assertThat(content.has(some)).as("seed %d", seed).isTrue();
            assertThat(new Reader(some).read(content, MANY).at).isEqualTo(live.at);
        }
        Written all = draft.written();
        content.end(all);

        live.read(content, MANY);
        List<String> whole = new Reader(Position.START).read(content, MANY).given;

        assertThat(content.version()).isZero();
        assertThat(content.ends(live.at)).isTrue();
        assertThat(live.given).as("seed %d", seed).isEqualTo(whole);
        assertThat(slow.read(content, 3).given).as("seed %d", seed).isEqualTo(whole);
        for (Position each : live.positions) {
            assertThat(content.has(each)).as("seed %d, %s", seed, each).isTrue();
            List<String> rest = new Reader(each).read(content, 4).given;
            assertThat(whole.subList(whole.size() - rest.size(), whole.size())).isEqualTo(rest);
        }
    }

    /** Adds a text, a call, or reasoning in pieces, to both. */
    private void add(Random random, DraftContent draft, int i) {
        int offset = draft.text().length();
        switch (random.nextInt(3)) {
            case 0 -> both(draft, each -> each.text("t\u00e9\ud83d\ude00".repeat(1 + i % 2)));
            case 1 -> {
                both(draft, each -> each.begin(Call.open(offset, "c" + i, "tool", "")));
                both(draft, each -> each.whole(Call.open(offset, "c" + i, "tool", "{}")));
            }
            default -> {
                both(draft, each -> each.begin(new Reasoning(offset, "")));
                both(draft, each -> each.reasoning("why\ud83d\ude00"));
                both(draft, each -> each.reasoning("so" + i));
                both(draft, each -> each.whole(new Reasoning(offset, "why\ud83d\ude00so" + i)));
            }
        }
    }

    private void both(DraftContent draft, Consumer<Draft> addition) {
        addition.accept(draft);
        addition.accept(content.growing());
        content.grown();
    }

    @Test
    void has_takesEachPositionAndNoOther() {
        List<Item> items =
                List.of(
                        new Reasoning(0, "ab"),
                        Call.open(3, "c", "tool", "{}"),
                        Call.open(3, "d", "tool", "{}"));
        content.end(new Written("xyz!", items));

        List<String> taken = new ArrayList<>();
        for (int length = -1; length <= 5; length++) {
            for (int events = -1; events <= 9; events++) {
                if (content.has(new Position(length, events))) {
                    taken.add(length + "." + events);
                }
            }
        }

        assertThat(taken)
                .containsExactly(
                        "0.0", "0.1", "0.2", "0.3", "0.4", "1.4", "2.4", "3.4", "3.5", "3.6", "3.7",
                        "3.8", "4.8");
    }

    @Test
    void after_ofAnItemUnderWay_waitsUntilItIsWhole() {
        content.beginAnew();
        content.growing().begin(Call.open(0, "c", "tool", ""));
        content.grown();
        Reader reader = new Reader(Position.START).read(content, MANY);
        assertThat(reader.given).containsExactly("begun 0");

        content.growing().whole(Call.open(0, "c", "tool", "{}"));
        content.grown();

        assertThat(reader.read(content, MANY).given).hasSize(2);
        assertThat(reader.at).isEqualTo(new Position(0, 2));
    }

    @Test
    void end_withCallsThatHaveEndedMeanwhile_isNoOtherVersion() {
        content.beginAnew();
        content.growing().begin(Call.open(0, "c", "tool", ""));
        content.grown();

        content.end(
                new Written(
                        "",
                        List.of(
                                new Call(
                                        0,
                                        "c",
                                        "tool",
                                        "{}",
                                        CallStatus.INTERRUPTED,
                                        null,
                                        Instant.EPOCH))));

        assertThat(content.version()).isZero();
        assertThat(content.repeats(new Position(0, 1), 0)).isTrue();
    }

    @Test
    void grown_anewWithAnotherItem_isAnotherVersion() {
        content.show(new Written("a", List.of(Call.open(1, "c", "tool", "{}"))));
        content.beginAnew();
        content.growing().text("a");
        content.growing().begin(Call.open(1, "c", "other", ""));

        content.grown();

        assertThat(content.version()).isOne();
        assertThat(content.repeats(new Position(1, 0), 0)).isTrue();
        assertThat(content.repeats(new Position(1, 1), 0)).isFalse();
    }

    @Test
    void grown_anewWithTextWhereAnItemWas_isAnotherVersion() {
        content.show(new Written("a", List.of(Call.open(1, "c", "tool", "{}"))));
        content.beginAnew();
        content.growing().text("ab");

        content.grown();

        assertThat(content.version()).isOne();
    }
}

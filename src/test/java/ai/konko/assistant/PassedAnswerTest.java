package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PassedAnswerTest {
    private static final Buffer HALF = Buffer.buffer(new byte[PassedAnswer.MOST_HELD / 2]);

    private final PassedAnswer answer = new PassedAnswer();
    private final AtomicInteger pauses = new AtomicInteger();
    private final AnswerReader.Flow flow =
            new AnswerReader.Flow() {
                @Override
                public void pause() {
                    pauses.incrementAndGet();
                }

                @Override
                public void resume() {
                    pauses.decrementAndGet();
                }
            };

    @Test
    void add_ofMoreThanTheClientTakes_stopsTheModelUntilItDoes() {
        answer.add(HALF, true, flow);
        assertThat(pauses).hasValue(0);
        answer.add(HALF, true, flow);
        answer.add(HALF, true, flow);
        assertThat(pauses).hasValue(1);

        assertThat(answer.next()).isEqualTo(HALF);
        assertThat(pauses).hasValue(1);
        assertThat(answer.next()).isEqualTo(HALF);

        assertThat(pauses).hasValue(0);
        assertThat(answer.held()).isEqualTo(HALF.length());
    }

    @Test
    void add_ofAWholeAnswer_beginsOnlyIfItIsLong() {
        answer.add(HALF, false, flow);
        assertThat(answer.begun()).isNotDone();

        answer.add(HALF, false, flow);

        assertThat(answer.begun()).isDone();
    }

    @Test
    void add_forAClientThatHasGone_keepsNothing() {
        answer.add(HALF, true, flow);

        answer.close();
        answer.add(HALF, true, flow);

        assertThat(answer.held()).isZero();
        assertThat(answer.next()).isNull();
    }
}

package ai.konko.conversation;

import static ai.konko.conversation.LiveReplyTest.ended;
import static ai.konko.conversation.LiveReplyTest.joined;
import static ai.konko.conversation.LiveReplyTest.rest;
import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.assistant.Cancellation;
import ai.konko.chat.Message;
import ai.konko.conversation.Listener.Piece;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One writes, many listen, and they join whenever they like. */
class LiveReplyStormTest {
    private final AtomicInteger listening = new AtomicInteger();
    private final LiveReply reply = new LiveReply(LiveReplyTest.RUNNING, null, listening);

    /** What one listener was given, from an offset to the end. */
    private record Heard(int from, String text, List<Message> ends) {}

    @ParameterizedTest
    @ValueSource(longs = {31, 32, 33, 34, 35, 36, 37, 38, 39, 40})
    void listen_whileAnotherThreadWrites_givesEachTheSameTextAndOneEnd(long seed) throws Exception {
        Random random = new Random(seed);
        List<String> pieces = Stream.generate(() -> piece(random)).limit(2_000).toList();
        Message end = ended(String.join("", pieces));
        List<Future<Heard>> all = new ArrayList<>();
        Cancellation _ = reply.run();

        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<CountDownLatch> joins = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                int written = random.nextInt(pieces.size());
                int heardBefore = i % 2 == 0 ? 0 : random.nextInt(written + 1);
                int from = String.join("", pieces.subList(0, heardBefore)).length();
                CountDownLatch join = new CountDownLatch(written);
                joins.add(join);
                all.add(threads.submit(() -> hear(from, join)));
            }
            for (String piece : pieces) {
                reply.draft().text(piece);
                joins.forEach(CountDownLatch::countDown);
            }
            reply.ended(end);
        }

        for (Future<Heard> each : all) {
            Heard heard = each.get();
            String expected = end.content().substring(heard.from());
            assertThat(heard.text()).as("seed %d", seed).isEqualTo(expected);
            assertThat(heard.ends()).as("seed %d", seed).containsExactly(end);
        }
        assertThat(listening).hasValue(0);
    }

    private Heard hear(int from, CountDownLatch join) throws InterruptedException {
        join.await();
        Semaphore wakes = new Semaphore(1); // there may be text already
        Listener listener = reply.listen(new Position(from, 0), wakes::release);
        StringBuilder text = new StringBuilder();
        List<Message> ends = new ArrayList<>();
        while (ends.isEmpty() && wakes.tryAcquire(10, TimeUnit.SECONDS)) {
            List<Piece> pieces = rest(listener);
            text.append(joined(pieces));
            pieces.stream().map(Piece::end).filter(Objects::nonNull).forEach(ends::add);
        }
        listener.close();
        return new Heard(from, text.toString(), ends);
    }

    private static String piece(Random random) {
        return random.ints(1 + random.nextInt(9), 0, 3)
                .mapToObj(List.of("a", "\u00e9", "\ud83d\ude00")::get)
                .collect(Collectors.joining());
    }
}

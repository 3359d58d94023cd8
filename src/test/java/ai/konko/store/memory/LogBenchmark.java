package ai.konko.store.memory;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.FinishReason;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Page;
import ai.konko.chat.Post;
import ai.konko.chat.Settings;
import ai.konko.chat.TestLimits;
import ai.konko.chat.Turn;
import ai.konko.chat.WhenBusy;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.runner.RunnerException;

/**
 * The operations of a turn on the log in memory: each thread has a chat of its own, among 10,000.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
public class LogBenchmark {
    private static final int CHATS = 10_000;
    private static final int TURNS = 100;

    private final ChatRepository log =
            new InMemoryChatRepository(
                    TestLimits.WIDE, Clock.systemUTC(), new GrowingIds(Clock.systemUTC()));

    public static void main(String[] arguments) throws RunnerException {
        JmhTable.print(LogBenchmark.class);
    }

    @Setup
    public void fill() {
        for (int i = 0; i < CHATS; i++) {
            log.create(Owner.ANONYMOUS, Settings.NONE).id();
        }
    }

    /** A thread's chats: one to read, with its last reply, and one to write in. */
    @State(Scope.Thread)
    public static class Own {
        UUID read;
        UUID reply;
        UUID written;
        int turns;

        @Setup
        public void fill(LogBenchmark benchmark) {
            read = benchmark.log.create(Owner.ANONYMOUS, Settings.NONE).id();
            written = benchmark.log.create(Owner.ANONYMOUS, Settings.NONE).id();
            for (int i = 0; i < TURNS; i++) {
                reply = benchmark.turn(read).id();
            }
        }
    }

    /** Accepted, started and finished; a chat is left for a new one after a thousand. */
    @Benchmark
    public Message turn(Own own) {
        own.turns++;
        if (own.turns % 1000 == 0) {
            List<Message> _ = log.delete(own.written);
            own.written = log.create(Owner.ANONYMOUS, Settings.NONE).id();
        }
        return turn(own.written);
    }

    private Message turn(UUID chat) {
        Post post = new Post("A question.", WhenBusy.ENQUEUE, null, false);
        UUID reply = log.accept(chat, post).turn().reply().id();
        log.start(chat, "m").orElseThrow().turn();
        return log.finish(chat, reply, 1, Outcome.ended("An answer.", FinishReason.STOP, null));
    }

    /** The context that a window of 20 messages reads, before the newest. */
    @Benchmark
    public List<Turn> context(Own own) {
        return log.context(own.read, 2 * TURNS + 1, 10, Long.MAX_VALUE);
    }

    @Benchmark
    public Message message(Own own) {
        return log.message(own.read, own.reply);
    }

    @Benchmark
    public Page<Message> page(Own own) {
        return log.messages(own.read, new MessageQuery(50, Order.DESC, null));
    }
}

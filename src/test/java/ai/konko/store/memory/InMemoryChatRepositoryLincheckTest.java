package ai.konko.store.memory;

import ai.konko.chat.Cancelled;
import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.ChatRepository.UsageQuery;
import ai.konko.chat.DailyUsage;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Item;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Settings;
import ai.konko.chat.Started;
import ai.konko.chat.TestLimits;
import ai.konko.chat.WhenBusy;
import ai.konko.chat.Written;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/**
 * Runs the log's operations on one chat against each other, in all interleavings that Lincheck
 * tries, and checks that what they return could have come from some order of them one after the
 * other. {@link InMemoryChatRepositoryStressLincheckTest} does the same under stress. Message ids
 * do not depend on the order, so results name messages by their place.
 */
public class InMemoryChatRepositoryLincheckTest {
    /** Ids are counted: the chat's is the first one, then come a message's and its reply's. */
    private static final UUID FIRST_REPLY = new UUID(0, 3);

    private final AtomicLong nextId = new AtomicLong();
    private final InMemoryChatRepository repository =
            new InMemoryChatRepository(
                    TestLimits.WIDE.withWaitingTurns(2).withMessagesPerChat(8),
                    Clock.fixed(Instant.EPOCH, ZoneOffset.UTC),
                    () -> new UUID(0, nextId.incrementAndGet()));
    private final UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();

    /** Lincheck has a clock of its own, by which a chat may seem to change later than now. */
    private static final Duration HOWEVER_LATELY = Duration.ofDays(-100_000);

    @Operation
    public String accept() {
        return told(
                () -> {
                    Message reply =
                            repository
                                    .accept(chat, new Post("x", WhenBusy.ENQUEUE, null, false))
                                    .turn()
                                    .reply();
                    return describe(reply);
                });
    }

    @Operation
    public String interrupt() {
        return told(
                () -> {
                    var accepted =
                            repository.accept(chat, new Post("x", WhenBusy.INTERRUPT, null, false));
                    return describe(accepted.turn().reply())
                            + accepted.cancelled().stream().map(Message::seq).toList();
                });
    }

    @Operation
    public String start() {
        return told(
                () ->
                        repository
                                .start(chat, "m")
                                .map(Started::turn)
                                .map(turn -> describe(turn.reply()))
                                .orElse("none"));
    }

    @Operation
    public String append() {
        return told(
                () -> {
                    repository.draft(chat, FIRST_REPLY, 1).text("a");
                    return "";
                });
    }

    @Operation
    public String finish() {
        Outcome outcome = Outcome.ended("b", FinishReason.STOP, null);
        return told(() -> describe(repository.finish(chat, FIRST_REPLY, 1, outcome)));
    }

    @Operation
    public String finishWithACall() {
        Written call = new Written("", List.of(Item.Call.open(0, "a", "tool", "{}")));
        Outcome outcome = Outcome.ended(call, FinishReason.CALLS, null);
        return told(() -> describe(repository.finish(chat, FIRST_REPLY, 1, outcome)));
    }

    @Operation
    public String answerTheCall() {
        List<Item> outputs = List.of(new Item.Output(0, "a", "out", false));
        Post post = new Post("", outputs, WhenBusy.ENQUEUE, null, false, null, List.of(), null);
        return told(() -> describe(repository.accept(chat, post).turn().reply()));
    }

    @Operation
    public String cancel() {
        return told(
                () -> {
                    Cancelled cancelled = repository.cancel(chat, FIRST_REPLY);
                    return describe(cancelled.reply()) + cancelled.now();
                });
    }

    @Operation
    public String retry() {
        return told(() -> describe(repository.retry(chat, FIRST_REPLY, false).reply()));
    }

    @Operation
    public String erase() {
        return told(() -> describe(repository.erase(chat, FIRST_REPLY, 1, Set.of(0))));
    }

    @Operation
    public String read() {
        return told(
                () -> {
                    Chat now = repository.chat(chat);
                    return now.messageCount() + " " + now.busy() + " " + now.waiting();
                });
    }

    @Operation
    public String page() {
        return told(
                () ->
                        repository
                                .messages(chat, new MessageQuery(10, Order.ASC, null))
                                .items()
                                .stream()
                                .map(InMemoryChatRepositoryLincheckTest::describe)
                                .collect(Collectors.joining(",")));
    }

    @Operation
    public String delete() {
        return told(
                () ->
                        repository.delete(chat).stream()
                                .map(InMemoryChatRepositoryLincheckTest::describe)
                                .collect(Collectors.joining(",")));
    }

    @Operation
    public String expire() {
        return told(() -> "" + repository.expire(HOWEVER_LATELY));
    }

    /** A turn is counted in its chat, or once that is deleted, in the ledger: never twice. */
    @Operation
    public String turns() {
        UsageQuery always = new UsageQuery(null, LocalDate.MIN, LocalDate.MAX);
        return told(
                () ->
                        ""
                                + repository.usage(always, 10).stream()
                                        .mapToLong(DailyUsage::turns)
                                        .sum());
    }

    private static String describe(Message message) {
        return message.seq() + " " + message.status() + " " + message.content() + message.items();
    }

    private static String told(Supplier<String> operation) {
        try {
            return operation.get();
        } catch (RefusedException refused) {
            return refused.code().name();
        }
    }

    @Test
    void operations_inAllInterleavingsTried_areLinearizable() {
        new ModelCheckingOptions()
                .iterations(7)
                .invocationsPerIteration(150)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(2)
                .check(InMemoryChatRepositoryLincheckTest.class);
    }
}

package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Does the same random things to a repository and to a naive model of one, and compares. */
public final class RandomOperations {
    private static final int WAITING = 2;

    private final ChatRepository repository;
    private final Random random;
    private final Map<UUID, List<Naive>> chats = new LinkedHashMap<>();

    /** A message as the naive model has it. */
    private static final class Naive {
        private final UUID id;
        private String content;
        private int attempt = 1;
        private Status status;
        private boolean unanswered;

        /** The ids of the calls whose outputs it has. */
        private final Set<String> outputs = new HashSet<>();

        private int erased;

        /** The ids of its calls, and what became of each. */
        private final Map<String, CallStatus> calls = new LinkedHashMap<>();

        /** Of its last run. */
        private @Nullable Draft draft;

        private Naive(Message message) {
            id = message.id();
            content = message.content();
            status = message.status();
            Items.outputs(message.items()).forEach(each -> outputs.add(each.callId()));
        }

        private boolean is(Message message) {
            return id.equals(message.id())
                    && content.equals(message.content())
                    && status == message.status()
                    && erased == Items.erased(message.items())
                    && outputs.size() == Items.outputs(message.items()).size()
                    && calls.equals(callsOf(message.items()));
        }

        private boolean waits() {
            return status.terminal() && calls.containsValue(CallStatus.OPEN);
        }

        private boolean isAnswer() {
            return status.terminal() && (!content.isEmpty() || !calls.isEmpty());
        }

        private boolean saysNothing() {
            return content.isEmpty() && outputs.isEmpty();
        }

        private void end(CallStatus open) {
            calls.replaceAll((_, was) -> was == CallStatus.OPEN ? open : was);
        }

        private static Map<String, CallStatus> callsOf(List<Item> items) {
            Map<String, CallStatus> calls = new LinkedHashMap<>();
            Items.calls(items).forEach(each -> calls.put(each.callId(), each.status()));
            return calls;
        }
    }

    public RandomOperations(ChatRepository repository, long seed) {
        this.repository = repository;
        this.random = new Random(seed);
    }

    /** The limits that the repository must have. */
    public static TestLimits limits() {
        return TestLimits.WIDE.withWaitingTurns(WAITING);
    }

    public void run(int steps) {
        for (int i = 0; i < steps; i++) {
            step();
            if (i % 25 == 0) {
                compare();
            }
        }
        compare();
    }

    private void step() {
        int die = random.nextInt(100);
        if (chats.isEmpty() || die < 5) {
            chats.put(repository.create(Owner.ANONYMOUS, Settings.NONE).id(), new ArrayList<>());
            return;
        }
        UUID chat = pick(List.copyOf(chats.keySet()));
        List<Naive> log = chats.get(chat);
        if (die < 10) {
            take(chat, log);
        } else if (die < 35) {
            accept(chat, log);
        } else if (die < 60) {
            start(chat, log);
        } else if (die < 75) {
            append(chat, log);
        } else if (die < 87) {
            finish(chat, log);
        } else if (die < 92) {
            cancel(chat, log);
        } else if (die < 95) {
            retry(chat, log);
        } else if (die < 98) {
            erase(chat, log);
        } else {
            delete(chat, log);
        }
    }

    private void accept(UUID chat, List<Naive> log) {
        WhenBusy whenBusy = pick(List.of(WhenBusy.values()));
        String content = random.nextInt() + " \u00e9\u65e5\uD83D\uDE00";
        List<Naive> unfinished = log.stream().filter(each -> !each.status.terminal()).toList();
        Naive last = log.isEmpty() || !log.getLast().waits() ? null : log.getLast();
        List<Item> outputs = outputs(log, last);
        boolean refused =
                !answers(outputs, last)
                        || (whenBusy == WhenBusy.REJECT && !unfinished.isEmpty())
                        || (whenBusy == WhenBusy.ENQUEUE && unfinished.size() > WAITING);
        Post post = new Post(content, outputs, whenBusy, null, false, null, List.of(), null);
        Accepted accepted = orNull(() -> repository.accept(chat, post));
        assertThat(accepted == null).isEqualTo(refused);
        if (accepted == null) {
            return;
        }
        if (whenBusy == WhenBusy.INTERRUPT) {
            unfinished.stream()
                    .filter(each -> each.status == Status.QUEUED)
                    .forEach(each -> each.status = Status.INCOMPLETE);
        }
        if (last != null) {
            last.end(outputs.isEmpty() ? CallStatus.ABANDONED : CallStatus.COMPLETED);
        }
        log.add(new Naive(accepted.turn().message()));
        log.add(new Naive(accepted.turn().reply()));
    }

    /** Mostly none, or those that are right; or one of any call, or of none. */
    private List<Item> outputs(List<Naive> log, @Nullable Naive last) {
        int die = random.nextInt(20);
        List<String> ids = new ArrayList<>();
        if (die < 10 && last != null) {
            last.calls.keySet().forEach(ids::addFirst);
        } else if (die == 10) {
            ids.add("x");
        } else if (die == 11 && !log.isEmpty()) {
            pick(log).calls.keySet().stream().findFirst().ifPresent(ids::add);
        }
        return ids.stream().<Item>map(each -> new Item.Output(0, each, "out", false)).toList();
    }

    private static boolean answers(List<Item> outputs, @Nullable Naive last) {
        return outputs.isEmpty()
                || (last != null
                        && last.calls
                                .keySet()
                                .equals(
                                        Items.outputs(outputs).stream()
                                                .map(Item.Output::callId)
                                                .collect(Collectors.toSet())));
    }

    private Written calls(String content) {
        List<Item> calls = new ArrayList<>();
        for (int i = random.nextInt(2); i >= 0; i--) {
            String id = "c" + random.nextInt();
            calls.add(Item.Call.open(content.length(), id, "tool", "{}"));
        }
        return new Written(content, calls);
    }

    private void take(UUID chat, List<Naive> log) {
        boolean answered = random.nextBoolean();
        PastTurn past =
                new PastTurn(
                        "p" + random.nextInt(),
                        answered ? Outcome.ended("said", FinishReason.STOP, null) : null,
                        null);
        List<Turn> taken = orNull(() -> repository.take(chat, List.of(past, past)));
        assertThat(taken == null).isEqualTo(log.stream().anyMatch(each -> !each.status.terminal()));
        if (taken != null && !log.isEmpty()) {
            log.getLast().end(CallStatus.ABANDONED);
        }
        for (Turn each : taken == null ? List.<Turn>of() : taken) {
            log.add(new Naive(each.message()));
            log.add(new Naive(each.reply()));
            log.getLast().unanswered = !answered;
        }
    }

    private void start(UUID chat, List<Naive> log) {
        Naive next = log.stream().filter(each -> !each.status.terminal()).findFirst().orElse(null);
        Started started = repository.start(chat, "m").orElse(null);
        boolean startable = next != null && next.status == Status.QUEUED;
        assertThat(started != null).isEqualTo(startable);
        if (startable) {
            assertThat(started.turn().reply().id()).isEqualTo(next.id);
            next.status = Status.IN_PROGRESS;
            next.draft = repository.draft(chat, next.id, next.attempt);
        }
    }

    private void append(UUID chat, List<Naive> log) {
        if (!log.isEmpty()) {
            Naive any = pick(log);
            boolean kept = any.draft != null && random.nextBoolean();
            (kept ? any.draft : repository.draft(chat, any.id, any.attempt)).text("+");
            any.content += any.status == Status.IN_PROGRESS ? "+" : "";
        }
    }

    private void finish(UUID chat, List<Naive> log) {
        List<Naive> replies = log.stream().filter(each -> log.indexOf(each) % 2 == 1).toList();
        if (replies.isEmpty()) {
            return;
        }
        Naive any = pick(replies);
        Outcome outcome =
                pick(
                        List.of(
                                Outcome.ended("done", FinishReason.STOP, null),
                                Outcome.ended(calls(any.content), FinishReason.CALLS, null),
                                Outcome.ended(calls("cut"), FinishReason.LENGTH, null),
                                Outcome.cancelled(Written.of(any.content)),
                                Outcome.brokenOff(
                                        Written.of(""),
                                        Failure.of(ErrorCode.MODEL_FAILED, "It failed."))));
        Message ended = repository.finish(chat, any.id, any.attempt, outcome);
        if (!any.status.terminal()) {
            any.status = outcome.status();
            any.content = outcome.content();
            any.calls.putAll(Naive.callsOf(outcome.items()));
            if (outcome.status() == Status.INCOMPLETE) {
                any.end(CallStatus.INTERRUPTED);
            } else if (any != log.getLast()) {
                any.end(CallStatus.ABANDONED);
            }
        }
        assertThat(any.is(ended)).isTrue();
    }

    private void cancel(UUID chat, List<Naive> log) {
        if (log.isEmpty()) {
            return;
        }
        Naive any = log.get(1 + 2 * random.nextInt(log.size() / 2));
        Cancelled cancelled = repository.cancel(chat, any.id);
        assertThat(cancelled.now()).isEqualTo(any.status == Status.QUEUED);
        if (any.status == Status.QUEUED) {
            any.status = Status.INCOMPLETE;
        }
        any.end(CallStatus.CANCELLED);
        assertThat(any.is(cancelled.reply())).isTrue();
    }

    private void retry(UUID chat, List<Naive> log) {
        if (log.isEmpty()) {
            return;
        }
        Naive any = pick(log.subList(Math.max(0, log.size() - 3), log.size()));
        boolean retryable =
                any == log.getLast()
                        && (any.status == Status.FAILED || any.status == Status.INCOMPLETE)
                        && !log.get(log.size() - 2).saysNothing();
        Turn turn = orNull(() -> repository.retry(chat, any.id, false));
        assertThat(turn != null).isEqualTo(retryable);
        if (retryable) {
            any.status = Status.QUEUED;
            any.content = "";
            any.calls.clear();
            any.attempt++;
            any.unanswered &= any.erased == 0;
            any.erased = 0;
        }
    }

    /** One item of any message; a call goes with its output. */
    private void erase(UUID chat, List<Naive> log) {
        if (log.isEmpty()) {
            return;
        }
        int at = random.nextInt(log.size());
        Naive any = log.get(at);
        List<Item> items = Items.all(repository.message(chat, any.id));
        int place = random.nextInt(items.size() + 1);
        boolean busy = log.stream().anyMatch(each -> !each.status.terminal());
        boolean there = place < items.size() && !(items.get(place) instanceof Item.Erased);
        Message erased = orNull(() -> repository.erase(chat, any.id, any.attempt, Set.of(place)));
        assertThat(erased != null).isEqualTo(there && !busy);
        if (erased == null) {
            return;
        }
        Set<Naive> answers = new HashSet<>();
        log.stream().filter(Naive::isAnswer).forEach(answers::add);
        switch (items.get(place)) {
            case Item.Call call -> eraseCall(call.callId(), any, next(log, at + 1));
            case Item.Output output -> eraseCall(output.callId(), next(log, at - 1), any);
            default -> {
                any.content = "";
                any.erased++;
            }
        }
        for (int i = 1; i < log.size(); i += 2) {
            Naive reply = log.get(i);
            reply.unanswered |= answers.contains(reply) && !reply.isAnswer();
            reply.unanswered &= reply.isAnswer() || !log.get(i - 1).content.isEmpty();
        }
        assertThat(any.is(erased)).isTrue();
    }

    private static @Nullable Naive next(List<Naive> log, int at) {
        return at < 0 || at >= log.size() ? null : log.get(at);
    }

    private static void eraseCall(String id, @Nullable Naive reply, @Nullable Naive next) {
        if (reply != null && reply.calls.containsKey(id)) {
            reply.calls.remove(id);
            reply.erased++;
        }
        if (next != null && next.outputs.remove(id)) {
            next.erased++;
        }
    }

    private void delete(UUID chat, List<Naive> log) {
        List<Message> cancelled = repository.delete(chat);
        assertThat(cancelled)
                .extracting(Message::id)
                .containsExactlyElementsOf(
                        log.stream()
                                .filter(each -> !each.status.terminal())
                                .map(each -> each.id)
                                .toList());
        chats.remove(chat);
    }

    private void compare() {
        assertThat(repository.chats(new ChatQuery(Owner.ANONYMOUS, 1000, null, null)).items())
                .extracting(Chat::id)
                .containsExactlyElementsOf(new ArrayList<>(chats.keySet()).reversed());
        chats.forEach(
                (id, log) -> {
                    List<Message> messages =
                            repository
                                    .messages(id, new MessageQuery(10_000, Order.ASC, null))
                                    .items();
                    assertThat(messages).hasSameSizeAs(log);
                    for (int i = 0; i < log.size(); i++) {
                        assertThat(log.get(i).is(messages.get(i)))
                                .as("%s", messages.get(i))
                                .isTrue();
                        assertThat(messages.get(i).seq()).isEqualTo(i + 1);
                    }
                    assertThat(repository.chat(id).busy())
                            .isEqualTo(log.stream().anyMatch(each -> !each.status.terminal()));
                    assertThat(repository.chat(id).waiting())
                            .isEqualTo(!log.isEmpty() && log.getLast().waits());
                    assertThat(repository.callIds(id))
                            .isEqualTo(
                                    log.stream()
                                            .flatMap(each -> each.calls.keySet().stream())
                                            .collect(Collectors.toSet()));
                    compareContext(id, log);
                });
    }

    private void compareContext(UUID chat, List<Naive> log) {
        List<UUID> expected = new ArrayList<>();
        for (int i = 1; i < log.size(); i += 2) {
            Naive reply = log.get(i);
            if (reply.status.terminal()
                    && (reply.unanswered || !reply.content.isEmpty() || !reply.calls.isEmpty())) {
                expected.add(reply.id);
            }
        }
        int most = 1 + random.nextInt(5);
        List<Turn> context = repository.context(chat, Integer.MAX_VALUE, most, Long.MAX_VALUE);
        assertThat(context)
                .extracting(turn -> turn.reply().id())
                .containsExactlyElementsOf(
                        expected.subList(Math.max(0, expected.size() - most), expected.size()));
        assertThat(repository.recall(chat, Integer.MAX_VALUE, most, Long.MAX_VALUE))
                .extracting(
                        ContextTurn::replySeq,
                        ContextTurn::attempt,
                        ContextTurn::message,
                        ContextTurn::reply)
                .containsExactlyElementsOf(
                        context.stream()
                                .map(
                                        turn ->
                                                tuple(
                                                        turn.reply().seq(),
                                                        turn.reply().attempt(),
                                                        turn.message().content(),
                                                        turn.reply().content()))
                                .toList());
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private static <T> T orNull(Supplier<T> operation) {
        try {
            return operation.get();
        } catch (RefusedException _) {
            return null;
        }
    }
}

package ai.konko.store.memory;

import ai.konko.chat.Accepted;
import ai.konko.chat.Cancelled;
import ai.konko.chat.Chat;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Highlights;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Page;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Settings;
import ai.konko.chat.SettingsPatch;
import ai.konko.chat.Started;
import ai.konko.chat.Status;
import ai.konko.chat.Tally;
import ai.konko.chat.Turn;
import ai.konko.chat.Usage;
import ai.konko.chat.WhenBusy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One chat's log in memory.
 *
 * <p>{@code lock} guards every field below it. Each public operation takes it once, for reading or
 * for writing, calls nothing foreign under it but the clock and the source of ids, and gives out
 * only immutable values. No other lock is taken under it. A deleted log refuses everything with
 * chat-not-found, so whoever found it just before its deletion sees the same as whoever comes
 * after.
 */
final class ChatLog {
    private static final Duration BUSY_RETRY = Duration.ofSeconds(1);

    /**
     * What a chat and a turn take of the heap beside their text, roughly, in units of two bytes.
     */
    private static final int CHAT_WEIGHT = 1000;

    private static final int TURN_WEIGHT = 500;

    private final UUID id;
    private final Instant createdAt;
    private final ChatLimits limits;
    private final TextBudget budget;
    private final Clock clock;
    private final Supplier<UUID> ids;

    private final StampedLock lock = new StampedLock();
    private final List<Message> messages = new ArrayList<>();
    private final Map<UUID, Integer> seqs = new HashMap<>();
    private final Map<String, KeyedTurn> keys = new HashMap<>();

    /** The replies that are not over, oldest first; only the first one may be in progress. */
    private final Deque<Unfinished> unfinished = new ArrayDeque<>();

    /** The text so far of the reply in progress. */
    private StringBuilder running = new StringBuilder();

    private Settings settings;
    private Instant updatedAt;
    private @Nullable Usage usage;
    private @Nullable Highlights highlights;
    private int answeredThrough;
    private long characters;
    private boolean deleted;

    /** A reply's place in line. */
    private record Unfinished(int seq, boolean streamed) {}

    /** What an idempotency key stands for. */
    private record KeyedTurn(int seq, WhenBusy whenBusy) {}

    ChatLog(
            UUID id,
            Settings settings,
            ChatLimits limits,
            TextBudget budget,
            Clock clock,
            Supplier<UUID> ids) {
        this.id = id;
        this.settings = settings;
        this.limits = limits;
        this.budget = budget;
        this.clock = clock;
        this.ids = ids;
        this.createdAt = now();
        this.updatedAt = createdAt;
        this.characters = weight(settings);
    }

    /** What a chat with these settings takes of the budget before its first turn. */
    static int weight(Settings settings) {
        return CHAT_WEIGHT + settings.characters();
    }

    UUID id() {
        return id;
    }

    Chat chat() {
        return read(this::snapshot);
    }

    Chat patch(SettingsPatch patch) {
        return write(
                () -> {
                    Settings patched = patch.applyTo(settings);
                    int growth = patched.characters() - settings.characters();
                    if (growth > 0) {
                        budget.take(growth);
                    } else {
                        budget.giveBack(-growth);
                    }
                    characters += growth;
                    settings = patched;
                    updatedAt = now();
                    return snapshot();
                });
    }

    List<Message> delete() {
        return write(
                () -> {
                    List<Message> cancelled = new ArrayList<>();
                    while (!unfinished.isEmpty()) {
                        cancelled.add(
                                end(
                                        unfinished.getFirst().seq(),
                                        Outcome.cancelled(running.toString())));
                    }
                    deleted = true;
                    budget.giveBack(characters);
                    return List.copyOf(cancelled);
                });
    }

    Accepted accept(Post post) {
        return write(
                () -> {
                    KeyedTurn known =
                            post.idempotencyKey() == null ? null : keys.get(post.idempotencyKey());
                    if (known != null) {
                        return repeat(known, post);
                    }
                    refuseWhatDoesNotFit(post);
                    List<Message> cancelled =
                            post.whenBusy() == WhenBusy.INTERRUPT ? cancelWaiting() : List.of();
                    Message toCancel =
                            post.whenBusy() == WhenBusy.INTERRUPT && !unfinished.isEmpty()
                                    ? at(unfinished.getFirst().seq())
                                    : null;
                    return new Accepted(add(post), false, cancelled, toCancel);
                });
    }

    private Accepted repeat(KeyedTurn known, Post post) {
        Turn turn = new Turn(at(known.seq()), at(known.seq() + 1));
        if (known.whenBusy() != post.whenBusy()
                || !turn.message().content().equals(post.content())) {
            throw RefusedException.of(
                    ErrorCode.IDEMPOTENCY_KEY_REUSED,
                    "The idempotency key stands for another post of this chat.");
        }
        return new Accepted(turn, true, List.of(), null);
    }

    /** The last step takes from the budget, so nothing may be refused after this. */
    private void refuseWhatDoesNotFit(Post post) {
        if (post.whenBusy() == WhenBusy.REJECT && !unfinished.isEmpty()) {
            throw RefusedException.forNow(
                    ErrorCode.CHAT_BUSY, "An earlier turn of this chat is unfinished.", BUSY_RETRY);
        }
        if (post.whenBusy() == WhenBusy.ENQUEUE && unfinished.size() > limits.waitingTurns()) {
            throw RefusedException.forNow(
                    ErrorCode.QUEUE_FULL, "As many turns wait in this chat as may.", BUSY_RETRY);
        }
        if (messages.size() + 2 > limits.messagesPerChat()) {
            throw RefusedException.of(
                    ErrorCode.CAPACITY, "This chat has as many messages as it may.");
        }
        budget.take(weight(post));
    }

    private static int weight(Post post) {
        return TURN_WEIGHT
                + post.content().length()
                + (post.idempotencyKey() == null ? 0 : post.idempotencyKey().length());
    }

    private List<Message> cancelWaiting() {
        List<Message> cancelled = new ArrayList<>();
        for (Unfinished each : List.copyOf(unfinished)) {
            if (messages.get(each.seq() - 1).status() == Status.QUEUED) {
                cancelled.add(end(each.seq(), Outcome.cancelled("")));
            }
        }
        return cancelled;
    }

    private Turn add(Post post) {
        Instant now = now();
        int seq = messages.size() + 1;
        Turn turn =
                new Turn(
                        Message.ofUser(ids.get(), id, seq, post.content(), now),
                        Message.queuedReply(ids.get(), id, seq + 1, now));
        messages.add(turn.message());
        messages.add(turn.reply());
        seqs.put(turn.message().id(), seq);
        seqs.put(turn.reply().id(), seq + 1);
        unfinished.addLast(new Unfinished(seq + 1, post.streamed()));
        characters += weight(post);
        updatedAt = now;
        if (post.idempotencyKey() != null) {
            keys.put(post.idempotencyKey(), new KeyedTurn(seq, post.whenBusy()));
        }
        return turn;
    }

    Optional<Started> start(String defaultModel) {
        return write(
                () -> {
                    Unfinished next = unfinished.peekFirst();
                    if (next == null || messages.get(next.seq() - 1).status() != Status.QUEUED) {
                        return Optional.empty();
                    }
                    int seq = next.seq();
                    String model = settings.model() == null ? defaultModel : settings.model();
                    messages.set(seq - 1, at(seq).started(model));
                    running = new StringBuilder();
                    return Optional.of(
                            new Started(new Turn(at(seq - 1), at(seq)), settings, next.streamed()));
                });
    }

    void append(UUID replyId, String text) {
        write(
                () -> {
                    if (messages.get(seqOf(replyId) - 1).status() == Status.IN_PROGRESS) {
                        running.append(text);
                    }
                    return null;
                });
    }

    Message finish(UUID replyId, Outcome outcome) {
        return write(
                () -> {
                    int seq = seqOfReply(replyId);
                    return at(seq).status().terminal() ? at(seq) : end(seq, outcome);
                });
    }

    Cancelled cancel(UUID replyId) {
        return write(
                () -> {
                    int seq = seqOfReply(replyId);
                    return messages.get(seq - 1).status() == Status.QUEUED
                            ? new Cancelled(end(seq, Outcome.cancelled("")), true)
                            : new Cancelled(at(seq), false);
                });
    }

    Turn retry(UUID replyId, boolean streamed) {
        return write(
                () -> {
                    int seq = seqOfReply(replyId);
                    Message old = messages.get(seq - 1);
                    if (seq != messages.size()
                            || (old.status() != Status.FAILED
                                    && old.status() != Status.INCOMPLETE)) {
                        throw RefusedException.of(
                                ErrorCode.NOT_RETRYABLE,
                                "Only a failed or incomplete reply that is the chat's last can run"
                                        + " again.");
                    }
                    discard(old);
                    messages.set(seq - 1, old.requeued());
                    unfinished.addLast(new Unfinished(seq, streamed));
                    return new Turn(at(seq - 1), at(seq));
                });
    }

    /** Takes the text of the chat's last reply back out of everything that rests on it. */
    private void discard(Message reply) {
        budget.giveBack(reply.content().length());
        characters -= reply.content().length();
        updatedAt = now();
        if (answeredThrough == reply.seq()) {
            answeredThrough = lastAnswered(reply.seq() - 2);
        }
        if (highlights != null && highlights.through() >= reply.seq()) {
            highlights = null;
        }
    }

    private int lastAnswered(int seq) {
        int answered = seq;
        while (answered > 0 && !answers(messages.get(answered - 1))) {
            answered -= 2;
        }
        return answered;
    }

    private static boolean answers(Message reply) {
        return reply.status().terminal() && !reply.content().isEmpty();
    }

    private Message end(int seq, Outcome outcome) {
        Instant now = now();
        Message ended = messages.get(seq - 1).ended(outcome, now);
        if (answers(ended)) {
            answeredThrough = Math.max(answeredThrough, seq);
        }
        if (outcome.usage() != null) {
            usage = outcome.usage().plus(usage);
        }
        if (unfinished.getFirst().seq() == seq) {
            running = new StringBuilder();
        }
        unfinished.removeIf(each -> each.seq() == seq);
        messages.set(seq - 1, ended);
        budget.takeAnyway(ended.content().length());
        characters += ended.content().length();
        updatedAt = now;
        return ended;
    }

    Page<Message> messages(MessageQuery query) {
        return read(
                () -> {
                    int size = messages.size();
                    List<Message> found = new ArrayList<>();
                    int step = query.order() == Order.ASC ? 1 : -1;
                    int seq = query.after() == null ? (step > 0 ? 1 : size) : query.after() + step;
                    for (; seq >= 1 && seq <= size && found.size() <= query.limit(); seq += step) {
                        found.add(at(seq));
                    }
                    return Page.of(found, query.limit());
                });
    }

    /** All messages as they are now, for a search that must not hold the lock. */
    List<Message> all() {
        return read(
                () -> {
                    List<Message> all = new ArrayList<>(messages);
                    if (!unfinished.isEmpty()) {
                        int first = unfinished.getFirst().seq();
                        all.set(first - 1, at(first));
                    }
                    return all;
                });
    }

    Message message(UUID messageId) {
        return read(() -> at(seqOf(messageId)));
    }

    List<Turn> context(int beforeSeq, int maxTurns) {
        return read(
                () -> {
                    Deque<Turn> turns = new ArrayDeque<>();
                    int newest = Math.min(beforeSeq - 1, messages.size());
                    for (int seq = newest - newest % 2;
                            seq >= 2 && turns.size() < maxTurns;
                            seq -= 2) {
                        Message reply = messages.get(seq - 1);
                        if (answers(reply)) {
                            turns.addFirst(new Turn(at(seq - 1), reply));
                        }
                    }
                    return List.copyOf(turns);
                });
    }

    Tally tally() {
        return read(
                () ->
                        new Tally(
                                snapshot(),
                                messages.size() / 2,
                                messages.size() / 2,
                                messages.isEmpty() ? null : messages.getFirst().createdAt(),
                                messages.isEmpty() ? null : messages.getLast().createdAt(),
                                answeredThrough));
    }

    Optional<Highlights> highlights() {
        return read(() -> Optional.ofNullable(highlights));
    }

    void keepHighlights(Highlights found) {
        write(
                () -> {
                    boolean stale = found.through() > answeredThrough;
                    if (!stale && (highlights == null || isLess(highlights, found))) {
                        highlights = found;
                    }
                    return null;
                });
    }

    private static boolean isLess(Highlights old, Highlights found) {
        return old.through() < found.through()
                || (old.through() == found.through() && old.asked() <= found.asked());
    }

    private Chat snapshot() {
        return new Chat(
                id, settings, !unfinished.isEmpty(), messages.size(), usage, createdAt, updatedAt);
    }

    private Message at(int seq) {
        Message message = messages.get(seq - 1);
        return message.status() == Status.IN_PROGRESS
                ? message.withText(running.toString())
                : message;
    }

    private int seqOf(UUID messageId) {
        Integer seq = seqs.get(messageId);
        if (seq == null) {
            throw RefusedException.messageNotFound();
        }
        return seq;
    }

    private int seqOfReply(UUID replyId) {
        int seq = seqOf(replyId);
        if (seq % 2 == 1) {
            throw RefusedException.messageNotFound();
        }
        return seq;
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    private <T extends @Nullable Object> T read(Supplier<T> operation) {
        long stamp = lock.readLock();
        try {
            return unlessDeleted(operation);
        } finally {
            lock.unlockRead(stamp);
        }
    }

    private <T extends @Nullable Object> T write(Supplier<T> operation) {
        long stamp = lock.writeLock();
        try {
            return unlessDeleted(operation);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    private <T extends @Nullable Object> T unlessDeleted(Supplier<T> operation) {
        if (deleted) {
            throw RefusedException.chatNotFound();
        }
        return operation.get();
    }
}

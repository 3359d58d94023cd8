package ai.konko.store.memory;

import ai.konko.chat.Accepted;
import ai.konko.chat.Admission;
import ai.konko.chat.Attachment;
import ai.konko.chat.CallStatus;
import ai.konko.chat.Cancelled;
import ai.konko.chat.Chat;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.ChatRepository.CompletionQuery;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.DailyUsage;
import ai.konko.chat.Draft;
import ai.konko.chat.DraftContent;
import ai.konko.chat.Erasure;
import ai.konko.chat.Highlights;
import ai.konko.chat.LogEnd;
import ai.konko.chat.MemorySummary;
import ai.konko.chat.Message;
import ai.konko.chat.MessageCounts;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Page;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.RepeatableRequest;
import ai.konko.chat.RepeatableRequest.Made;
import ai.konko.chat.SearchText;
import ai.konko.chat.Settings;
import ai.konko.chat.SettingsPatch;
import ai.konko.chat.Started;
import ai.konko.chat.Status;
import ai.konko.chat.Turn;
import ai.konko.chat.Usage;
import ai.konko.chat.WhenBusy;
import ai.konko.chat.Written;
import ai.konko.store.memory.Transcript.PlaceInLine;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One chat's log in memory.
 *
 * <p>{@code lock} guards every field below it. Each public operation takes it once, for reading or
 * for writing, calls nothing foreign under it but the clock and the source of ids, and gives out
 * only immutable values, and drafts, which take it for each piece of text. No other lock is taken
 * under it. A deleted log refuses everything with chat-not-found, so whoever found it just before
 * its deletion sees the same as whoever comes after.
 */
final class ChatLog {
    private final UUID id;
    private final Owner owner;
    private final @Nullable Integer completion;
    private final Instant createdAt;
    private final ChatLimits limits;
    private final Budget budget;
    private final Clock clock;
    private final Supplier<UUID> ids;

    private final StampedLock lock = new StampedLock();
    private final Transcript transcript;
    private final Map<String, KeyedTurn> keys = new HashMap<>();
    private final UsageLedger ledger = new UsageLedger();
    private final ChatAttachments attachments;

    private Settings settings;
    private Instant updatedAt;

    /** When it changed last, by {@link System#nanoTime}, because a clock may be set meanwhile. */
    private long changed = System.nanoTime();

    private @Nullable Usage usage;
    private @Nullable Highlights highlights;
    private final Summaries summaries = new Summaries();
    private long characters;
    private boolean deleted;

    /** What an idempotency key stands for. */
    private record KeyedTurn(int replySeq, WhenBusy whenBusy, @Nullable UUID request) {}

    ChatLog(
            UUID id,
            Owner owner,
            Settings settings,
            @Nullable Integer completion,
            ChatLimits limits,
            Budget budget,
            Budget attachedBytes,
            Clock clock,
            Supplier<UUID> ids) {
        this.id = id;
        this.transcript = new Transcript(id);
        this.attachments = new ChatAttachments(limits, attachedBytes);
        this.owner = owner;
        this.completion = completion;
        this.settings = settings;
        this.limits = limits;
        this.budget = budget;
        this.clock = clock;
        this.ids = ids;
        this.createdAt = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        this.updatedAt = createdAt;
        this.characters = TextBudget.weight(settings);
    }

    UUID id() {
        return id;
    }

    Owner owner() {
        return owner;
    }

    Chat chat() {
        return read(this::snapshot);
    }

    /**
     * @return the chat if its completion matches
     */
    Optional<Chat> completion(CompletionQuery query) {
        return read(
                () ->
                        completion != null
                                        && completion <= transcript.size()
                                        && query.matches(settings)
                                        && query.matches(transcript.at(completion))
                                ? Optional.of(snapshot())
                                : Optional.empty());
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
                    if (!patched.memory().window().equals(settings.memory().window())) {
                        transcript.forgetCuts();
                    }
                    settings = patched;
                    Instant _ = changedNow();
                    return snapshot();
                });
    }

    List<Message> delete() {
        return write(
                () -> {
                    List<Message> cancelled = new ArrayList<>();
                    for (PlaceInLine each : List.copyOf(transcript.line())) {
                        Message soFar = transcript.at(each.seq());
                        Written written = new Written(soFar.content(), soFar.items());
                        cancelled.add(end(each.seq(), Outcome.cancelled(written)));
                    }
                    remove();
                    return List.copyOf(cancelled);
                });
    }

    /**
     * Deletes the chat if it has no unfinished turn and has not changed for {@code idle}.
     *
     * @return whether it is deleted now
     */
    boolean expire(Duration idle) {
        return write(
                () -> {
                    Duration unchanged = Duration.ofNanos(System.nanoTime() - changed);
                    if (transcript.busy() || unchanged.compareTo(idle) < 0) {
                        return false;
                    }
                    remove();
                    return true;
                });
    }

    private void remove() {
        deleted = true;
        budget.giveBack(characters);
        attachments.remove();
    }

    /** What the chat has used, even if it is deleted. */
    List<DailyUsage> used() {
        long stamp = lock.readLock();
        try {
            return ledger.all();
        } finally {
            lock.unlockRead(stamp);
        }
    }

    Accepted accept(Post post) {
        return write(
                () -> {
                    KeyedTurn known =
                            post.idempotencyKey() == null ? null : keys.get(post.idempotencyKey());
                    return known == null
                            ? add(post)
                            : Admission.repeat(
                                    post, transcript.turnOf(known.replySeq()), known.whenBusy());
                });
    }

    private static @Nullable UUID digest(@Nullable RepeatableRequest request) {
        return request == null ? null : request.digest();
    }

    /** What a request with a key has posted; nothing of posts that no request came with. */
    Optional<Made> made(RepeatableRequest request) {
        return read(
                () -> {
                    KeyedTurn known = keys.get(request.key());
                    if (known == null || known.request() == null) {
                        return Optional.empty();
                    }
                    request.requireSame(known.request());
                    return Optional.of(new Made(id, known.replySeq()));
                });
    }

    /** Takes from the budget after all that may refuse the post, and before all that changes. */
    private Accepted add(Post post) {
        Admission.requireLast(post, transcript.size());
        Instant now = now();
        List<Turn> earlier = logEnd().next(post.earlier(), ids, now);
        List<Message> answered =
                Admission.answered(
                        post, transcript.lastUnpacked(), earlier, transcript::knownCalls, now);
        Admission<PlaceInLine> admission =
                Admission.of(post, transcript.size(), transcript.line(), limits);
        int weight = TextBudget.weight(post) + TextBudget.weight(post.earlier());
        attachments.keep(admitted(post.brings(), weight));
        changedAt(now);
        List<Message> cancelled = new ArrayList<>();
        for (PlaceInLine each : admission.cancelled()) {
            cancelled.add(end(each.seq(), Outcome.cancelled()));
        }
        PlaceInLine running = admission.toCancel();
        Message toCancel = running == null ? null : transcript.at(running.seq());
        earlier.forEach(transcript::addPast);
        answered.forEach(transcript::replace);
        Turn turn = logEnd().next(post, ids, updatedAt);
        transcript.add(turn, post.streamed());
        characters += weight;
        if (post.idempotencyKey() != null) {
            keys.put(
                    post.idempotencyKey(),
                    new KeyedTurn(turn.reply().seq(), post.whenBusy(), digest(post.request())));
        }
        return new Accepted(turn, false, List.copyOf(cancelled), toCancel);
    }

    /**
     * Takes room for text and attachments, or for nothing.
     *
     * @return the attachments that the chat does not have
     */
    private List<Attachment> admitted(Map<String, Attachment> brought, int weight) {
        List<Attachment> fresh = attachments.admit(brought);
        try {
            budget.take(weight);
        } catch (RefusedException full) {
            attachments.leave(fresh);
            throw full;
        }
        return fresh;
    }

    void keep(Map<String, Attachment> brought) {
        write(
                () -> {
                    attachments.keep(attachments.admit(brought));
                    return null;
                });
    }

    Attachment attachment(String attachmentId) {
        return read(() -> attachments.get(attachmentId));
    }

    Map<String, byte[]> attachments(Set<String> attachmentIds) {
        return read(() -> attachments.bytes(attachmentIds));
    }

    List<Turn> take(List<PastTurn> turns) {
        return write(
                () -> {
                    Admission.admitPast(turns.size(), transcript.size(), transcript.line(), limits);
                    if (turns.isEmpty()) {
                        return List.of();
                    }
                    attachments.keep(admitted(PastTurn.brought(turns), TextBudget.weight(turns)));
                    Message last = transcript.lastUnpacked();
                    List<Turn> added = logEnd().next(turns, ids, changedNow());
                    Admission.followed(last, added, updatedAt).forEach(transcript::replace);
                    added.forEach(transcript::addPast);
                    characters += TextBudget.weight(turns);
                    return added;
                });
    }

    private LogEnd logEnd() {
        return new LogEnd(id, transcript.size(), null);
    }

    Optional<Started> start(String defaultModel) {
        return write(() -> transcript.start(settings, defaultModel).map(this::started));
    }

    private Started started(PlaceInLine next) {
        return new Started(
                transcript.turnOf(next.seq()),
                settings,
                next.streamed(),
                null,
                summaries.through());
    }

    Draft draft(UUID replyId, int attempt) {
        DraftContent draft = read(() -> transcript.draftOf(replyId, attempt));
        return draft == null
                ? Draft.NOWHERE
                : Draft.through(addition -> addUnderLock(draft, addition));
    }

    /** Nobody reads the draft once the reply is over, or the chat is gone. */
    private void addUnderLock(DraftContent draft, Consumer<Draft> addition) {
        long stamp = lock.writeLock();
        try {
            addition.accept(draft);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    Message finish(UUID replyId, int attempt, Outcome outcome) {
        return write(
                () -> {
                    Message reply = transcript.reply(replyId);
                    return reply.status().terminal() || reply.attempt() != attempt
                            ? transcript.at(reply.seq())
                            : end(reply.seq(), outcome);
                });
    }

    Cancelled cancel(UUID replyId) {
        return write(
                () -> {
                    Message reply = transcript.reply(replyId);
                    if (reply.status() == Status.QUEUED) {
                        return new Cancelled(end(reply.seq(), Outcome.cancelled()), true);
                    }
                    if (reply.waits()) {
                        transcript.replace(reply.callsClosed(CallStatus.CANCELLED, changedNow()));
                    }
                    return new Cancelled(transcript.at(reply.seq()), false);
                });
    }

    Turn retry(UUID replyId, boolean streamed) {
        return write(
                () -> {
                    Message old = transcript.reply(replyId);
                    Message queued = old.retried(transcript.size());
                    Turn _ = transcript.turnOf(old.seq()).requireSaid();
                    transcript.requeue(queued, streamed);
                    int weight = TextBudget.weight(old.content(), old.items());
                    budget.giveBack(weight);
                    characters -= weight;
                    Instant _ = changedNow();
                    if (highlights != null && highlights.through() >= old.seq()) {
                        highlights = highlights.withoutPoints();
                    }
                    forgetSummaries(old.seq());
                    return transcript.turnOf(old.seq());
                });
    }

    Message erase(UUID messageId, int attempt, Set<Integer> places) {
        return write(
                () -> {
                    int seq = transcript.seqOf(messageId);
                    Admission.requireIdle(transcript.line());
                    List<Turn> turns = transcript.around(seq);
                    List<Message> erased = Erasure.of(turns, messageId, attempt, places);
                    erased.forEach(this::putErased);
                    attachments.drop(Erasure.attachments(turns, erased), transcript::attached);
                    Instant _ = changedNow();
                    highlights = Highlights.afterErasure(highlights);
                    forgetSummaries(erased.getFirst().seq());
                    return transcript.at(seq);
                });
    }

    private void putErased(Message message) {
        int growth = TextBudget.weight(message) - TextBudget.weight(transcript.at(message.seq()));
        transcript.putErased(message);
        budget.giveBack(-growth);
        characters += growth;
    }

    private Message end(int seq, Outcome outcome) {
        Instant now = changedNow();
        Message ended = transcript.end(seq, outcome.under(settings.memory()), now);
        if (outcome.usage() != null) {
            usage = outcome.usage().plus(usage);
        }
        if (ended.model() != null && outcome.countsAsUse()) {
            ledger.add(DailyUsage.ofTurn(owner, ended.model(), now, outcome.usage()));
        }
        int weight = TextBudget.weight(ended.content(), ended.items());
        budget.takeAnyway(weight);
        characters += weight;
        return ended;
    }

    Page<Message> messages(MessageQuery query) {
        return read(() -> transcript.page(query));
    }

    /**
     * For a search, which must not hold the lock.
     *
     * @return the texts of all messages as they are now, except that of a reply in progress
     */
    List<StoredText> texts() {
        return read(transcript::texts);
    }

    /**
     * Copies the text of the reply in progress part by part, so that nobody who adds to it waits
     * for long.
     *
     * @param afterEach runs after each part, without the lock
     * @return whether that reply has the searched text so far
     */
    boolean draftHas(SearchText searched, Runnable afterEach) {
        CharSequence draft = read(transcript::draft);
        int length = read(draft::length);
        SearchText.Scan scan = searched.scan();
        int from = 0;
        while (from < length) {
            int begin = from;
            String part = read(() -> transcript.part(draft, begin, length));
            if (scan.finds(part)) {
                return true;
            }
            from = part.isEmpty() ? length : begin + part.length();
            afterEach.run();
        }
        return false;
    }

    Message message(UUID messageId) {
        return read(() -> transcript.message(messageId));
    }

    Message at(int seq) {
        return read(() -> transcript.at(seq));
    }

    List<Turn> context(int beforeSeq, int maxTurns, long mostBytes) {
        return read(() -> transcript.context(beforeSeq, maxTurns, mostBytes));
    }

    List<ContextTurn> recall(int beforeSeq, int maxTurns, long mostBytes) {
        return read(() -> transcript.recall(beforeSeq, maxTurns, mostBytes));
    }

    Set<String> callIds(int before) {
        return read(() -> transcript.callIds(before));
    }

    MessageCounts messageCounts() {
        return read(
                () -> {
                    int size = transcript.size();
                    Instant first = size == 0 ? null : transcript.at(1).createdAt();
                    Instant last = size == 0 ? null : transcript.at(size).createdAt();
                    int half = size / 2;
                    int through = transcript.answeredThrough();
                    return new MessageCounts(snapshot(), half, half, first, last, through);
                });
    }

    Optional<Highlights> highlights() {
        return read(() -> Optional.ofNullable(highlights));
    }

    void keepHighlights(Highlights found) {
        write(
                () -> {
                    if (found.replaces(highlights, transcript.answeredThrough())) {
                        highlights = found;
                    }
                    return null;
                });
    }

    List<MemorySummary> summaries(int before, int most) {
        return read(() -> summaries.newest(before, most));
    }

    MemorySummary.Basis summaryBasis() {
        return read(() -> MemorySummary.Basis.of(summaries.last(), highlights));
    }

    Optional<MemorySummary> keepSummary(MemorySummary summary, MemorySummary.Basis basis) {
        return write(
                () -> {
                    if (!basis.equals(MemorySummary.Basis.of(summaries.last(), highlights))) {
                        return Optional.empty();
                    }
                    MemorySummary kept = summary.at(now());
                    int weight = TextBudget.weight(kept.text());
                    budget.takeAnyway(weight);
                    characters += weight;
                    summaries.add(kept);
                    return Optional.of(kept);
                });
    }

    private void forgetSummaries(int seq) {
        for (MemorySummary each : summaries.forget(seq)) {
            int weight = TextBudget.weight(each.text());
            budget.giveBack(weight);
            characters -= weight;
        }
    }

    private Chat snapshot() {
        return new Chat(
                id,
                settings,
                transcript.busy(),
                transcript.waits(),
                transcript.size(),
                usage,
                completion,
                createdAt,
                updatedAt);
    }

    private Instant changedNow() {
        changedAt(now());
        return updatedAt;
    }

    private void changedAt(Instant now) {
        updatedAt = now;
        changed = System.nanoTime();
    }

    private Instant now() {
        return Chat.timeOfChange(updatedAt, clock.instant());
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

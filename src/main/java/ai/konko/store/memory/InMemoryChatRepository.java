package ai.konko.store.memory;

import ai.konko.chat.Accepted;
import ai.konko.chat.Attached;
import ai.konko.chat.Attachment;
import ai.konko.chat.Cancelled;
import ai.konko.chat.Chat;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.DailyUsage;
import ai.konko.chat.Draft;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Finished;
import ai.konko.chat.Highlights;
import ai.konko.chat.MemorySummary;
import ai.konko.chat.Message;
import ai.konko.chat.MessageCounts;
import ai.konko.chat.NewChat;
import ai.konko.chat.NewChat.Copied;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Page;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.RepeatableRequest;
import ai.konko.chat.RepeatableRequest.Made;
import ai.konko.chat.SettingsPatch;
import ai.konko.chat.StartOptions;
import ai.konko.chat.Started;
import ai.konko.chat.Turn;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Typed;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The log in memory.
 *
 * <p>There are two kinds of locks. {@code lock} here guards the fields below it: which chats there
 * are, and what was used by deleted chats or beside all chats. Each {@link ChatLog} has a lock of
 * its own that guards what is in the chat. They are never held together: an operation looks the
 * chat up under the one, releases it, and works under the other. A chat's deletion takes effect in
 * its own log; right after, it is removed from the map. A chat that is made has its first turns
 * before it comes into the map, so nobody sees it without them; in the same moment the key of its
 * request is known.
 *
 * <p>An owner's chats are sorted by id, and ids grow, so the newest are the map's tail.
 */
@ApplicationScoped
@Typed(InMemoryChatRepository.class)
public class InMemoryChatRepository implements ChatRepository {
    /** How many chats a search copies out of the map under one stamp. */
    private static final int STRIDE = 256;

    /** What part of the heap attachments may take. */
    private static final int SHARE_OF_HEAP = 8;

    private final ChatLimits limits;
    private final Clock clock;
    private final Supplier<UUID> ids;
    private final Budget budget;
    private final Budget attachedBytes;

    private final StampedLock lock = new StampedLock();
    private final Map<UUID, ChatLog> chats = new HashMap<>();
    private final Map<Owner, NavigableMap<UUID, ChatLog>> byOwner = new HashMap<>();
    private final UsageLedger withoutChat = new UsageLedger();
    private final KnownRequests requests;

    /** Turns that were over are taken in for one request at a time, and before all other locks. */
    private final Object takes = new Object();

    public InMemoryChatRepository(ChatLimits limits, Clock clock, Supplier<UUID> ids) {
        this.limits = limits;
        this.clock = clock;
        this.ids = ids;
        this.budget = TextBudget.of(limits.storedCharacters());
        this.requests = new KnownRequests(budget);
        this.attachedBytes =
                new Budget(
                        limits.storedBytes()
                                .orElseGet(() -> Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP),
                        "The service holds as many bytes of attachments as it may.");
    }

    @Override
    public boolean blocks() {
        return false;
    }

    @Override
    public Chat create(NewChat wanted, List<PastTurn> turns) {
        return make(
                wanted,
                2 * turns.size(),
                log -> {
                    List<Turn> _ = log.take(turns);
                    return log.chat();
                },
                ChatLog::chat);
    }

    @Override
    public Accepted open(NewChat wanted, Post post, @Nullable StartOptions start) {
        int seq = 2 * (post.earlier().size() + 1);
        Accepted accepted = make(wanted, seq, log -> log.accept(post), log -> log.accept(post));
        return accepted.with(nextOrLater(accepted.turn().reply().chatId(), start));
    }

    /**
     * @param seq the chat's last message when it is made
     * @param first fills the chat that is made
     * @param again finds the same in the chat that was made before
     */
    private <T> T make(
            NewChat wanted, int seq, Function<ChatLog, T> first, Function<ChatLog, T> again) {
        RepeatableRequest request = wanted.request();
        Optional<Made> before = keyed(request);
        if (before.isPresent()) {
            return again.apply(log(before.get().chatId()));
        }
        ChatLog log = empty(wanted);
        T filled;
        Made made;
        try {
            copy(wanted.copied(), log);
            filled = first.apply(log);
            made = put(log, request, new Made(log.id(), seq));
        } catch (RuntimeException | Error refused) {
            List<Message> _ = log.delete();
            throw refused;
        }
        if (made.chatId().equals(log.id())) {
            return filled;
        }
        List<Message> _ = log.delete(); // made for the same request meanwhile
        return again.apply(log(made.chatId()));
    }

    private ChatLog empty(NewChat wanted) {
        budget.take(TextBudget.weight(wanted.settings()));
        return new ChatLog(
                ids.get(),
                wanted.owner(),
                wanted.settings(),
                wanted.completion(),
                limits,
                budget,
                attachedBytes,
                clock,
                ids);
    }

    private void copy(@Nullable Copied copied, ChatLog to) {
        if (copied != null) {
            ChatLog from = log(copied.chatId());
            for (String each : copied.ids()) {
                to.keep(Map.of(each, from.attachment(each)));
            }
        }
    }

    /**
     * @return what the request has made: this, or what it had made before
     */
    private Made put(ChatLog log, @Nullable RepeatableRequest request, Made made) {
        long stamp = lock.writeLock();
        try {
            if (chats.size() >= limits.chats()) {
                throw RefusedException.of(
                        ErrorCode.CAPACITY, "The service has as many chats as it may.");
            }
            Made stands = requests.keep(request, made);
            if (stands.equals(made)) {
                chats.put(log.id(), log);
                byOwner.computeIfAbsent(log.owner(), _ -> new TreeMap<>()).put(log.id(), log);
            }
            return stands;
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    @Override
    public Optional<Made> made(RepeatableRequest request, @Nullable UUID chatId) {
        Optional<Made> made = requests.find(request);
        if (request.key() == null) {
            return made.filter(each -> exists(each.chatId()));
        }
        return made.isPresent() || chatId == null ? made : log(chatId).made(request);
    }

    private boolean exists(UUID chatId) {
        long stamp = lock.readLock();
        try {
            return chats.containsKey(chatId);
        } finally {
            lock.unlockRead(stamp);
        }
    }

    @Override
    public int forgetKeys(Duration age) {
        return requests.forget(age);
    }

    @Override
    public Owner owner(UUID chatId) {
        return log(chatId).owner();
    }

    @Override
    public Chat chat(UUID chatId) {
        return log(chatId).chat();
    }

    @Override
    public Page<Chat> chats(ChatQuery query) {
        ChatSearch search = query.text() == null ? null : new ChatSearch(query.text());
        int stride = search == null ? query.limit() + 1 : STRIDE;
        return found(
                after -> next(query.owner(), Order.DESC, after, stride),
                query.before(),
                log -> matching(log, search),
                query.limit());
    }

    @Override
    public Page<Chat> completions(CompletionQuery query) {
        return found(
                after -> next(query.owner(), query.order(), after, STRIDE),
                query.after(),
                log -> log.completion(query),
                query.limit());
    }

    /**
     * @param next some chats after another one, or the first; none at the end
     */
    private static Page<Chat> found(
            Function<@Nullable UUID, List<ChatLog>> next,
            @Nullable UUID after,
            Function<ChatLog, Optional<Chat>> match,
            int limit) {
        List<Chat> found = new ArrayList<>();
        List<ChatLog> some = next.apply(after);
        while (!some.isEmpty()) {
            for (ChatLog log : some) {
                if (found.size() <= limit) {
                    unlessDeleted(log, match).ifPresent(found::add);
                }
            }
            some = found.size() > limit ? List.of() : next.apply(some.getLast().id());
        }
        return Page.of(found, limit);
    }

    private List<ChatLog> next(Owner owner, Order order, @Nullable UUID after, int most) {
        long stamp = lock.readLock();
        try {
            NavigableMap<UUID, ChatLog> own = byOwner.get(owner);
            if (own == null) {
                return List.of();
            }
            NavigableMap<UUID, ChatLog> all = order == Order.ASC ? own : own.descendingMap();
            List<ChatLog> some = new ArrayList<>();
            for (ChatLog log : (after == null ? all : all.tailMap(after, false)).values()) {
                some.add(log); // a stream would count them first
                if (some.size() == most) {
                    break;
                }
            }
            return some;
        } finally {
            lock.unlockRead(stamp);
        }
    }

    private static Optional<Chat> unlessDeleted(
            ChatLog log, Function<ChatLog, Optional<Chat>> match) {
        try {
            return match.apply(log);
        } catch (RefusedException _) {
            return Optional.empty();
        }
    }

    private static Optional<Chat> matching(ChatLog log, @Nullable ChatSearch search) {
        Chat chat = log.chat();
        return search == null || search.finds(chat.settings().title(), log)
                ? Optional.of(chat)
                : Optional.empty();
    }

    @Override
    public Chat patch(UUID chatId, SettingsPatch patch) {
        return log(chatId).patch(patch);
    }

    @Override
    public List<Message> delete(UUID chatId) {
        ChatLog log = log(chatId);
        List<Message> cancelled = log.delete();
        forget(log);
        return cancelled;
    }

    @Override
    public int expire(Duration idle) {
        int expired = 0;
        for (ChatLog log : logs()) {
            try {
                if (log.expire(idle)) {
                    forget(log);
                    expired++;
                }
            } catch (RefusedException _) {
                // It was deleted meanwhile.
            }
        }
        return expired;
    }

    private void forget(ChatLog log) {
        List<DailyUsage> used = log.used();
        long stamp = lock.writeLock();
        try {
            chats.remove(log.id());
            byOwner.computeIfPresent(
                    log.owner(),
                    (_, own) -> {
                        own.remove(log.id());
                        return own.isEmpty() ? null : own;
                    });
            withoutChat.add(used);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    /**
     * Finds a chat's usage either in its log or, once it is deleted, in the ledger: never twice.
     */
    @Override
    public List<DailyUsage> usage(UsageQuery query, int most) {
        UsageLedger sum = new UsageLedger();
        List<ChatLog> logs;
        long stamp = lock.readLock();
        try {
            sum.add(withoutChat.all());
            Map<UUID, ChatLog> some = query.owner() == null ? chats : byOwner.get(query.owner());
            logs = some == null ? List.of() : List.copyOf(some.values());
        } finally {
            lock.unlockRead(stamp);
        }
        logs.forEach(log -> sum.add(log.used()));
        return sum.find(query, most);
    }

    @Override
    public Accepted accept(UUID chatId, Post post, @Nullable StartOptions start) {
        Accepted accepted = log(chatId).accept(post);
        RepeatableRequest request = post.request();
        if (request != null && request.key() == null) { // the chat has the keys of posts
            Made _ = requests.keep(request, new Made(chatId, accepted.turn().reply().seq()));
        }
        return accepted.with(nextOrLater(chatId, start));
    }

    @Override
    public List<Turn> take(UUID chatId, List<PastTurn> turns) {
        return log(chatId).take(turns);
    }

    @Override
    public Made take(UUID chatId, List<PastTurn> turns, @Nullable RepeatableRequest request) {
        synchronized (takes) {
            return keyed(request)
                    .orElseGet(
                            () -> {
                                ChatLog log = log(chatId);
                                List<Turn> taken = log.take(turns);
                                int seq =
                                        taken.isEmpty()
                                                ? log.chat().messageCount()
                                                : taken.getLast().reply().seq();
                                return requests.keep(request, new Made(chatId, seq));
                            });
        }
    }

    private Optional<Made> keyed(@Nullable RepeatableRequest request) {
        return request == null || request.key() == null ? Optional.empty() : requests.find(request);
    }

    @Override
    public Optional<Started> start(UUID chatId, StartOptions options) {
        try {
            return log(chatId).start(options.defaultModel());
        } catch (RefusedException _) {
            return Optional.empty(); // deleted meanwhile
        }
    }

    private @Nullable Started next(UUID chatId, StartOptions options) {
        return start(chatId, options).orElse(null);
    }

    /** The turn is accepted whatever happens here, and its poster then asks for the start. */
    private @Nullable Started nextOrLater(UUID chatId, @Nullable StartOptions options) {
        try {
            return options == null ? null : next(chatId, options);
        } catch (RuntimeException | Error _) { // such as that memory is short
            return null;
        }
    }

    @Override
    public Draft draft(UUID chatId, UUID replyId, int attempt) {
        try {
            return log(chatId).draft(replyId, attempt);
        } catch (RefusedException _) {
            return Draft.NOWHERE; // deleted meanwhile: there is nothing left to add to
        }
    }

    @Override
    public Finished finish(
            UUID chatId, UUID replyId, int attempt, Outcome outcome, @Nullable StartOptions start) {
        Message reply = log(chatId).finish(replyId, attempt, outcome);
        return new Finished(reply, start == null ? null : next(chatId, start));
    }

    @Override
    public Cancelled cancel(UUID chatId, UUID replyId) {
        return log(chatId).cancel(replyId);
    }

    @Override
    public Turn retry(UUID chatId, UUID replyId, boolean streamed) {
        return log(chatId).retry(replyId, streamed);
    }

    @Override
    public Message erase(UUID chatId, UUID messageId, int attempt, Set<Integer> places) {
        return log(chatId).erase(messageId, attempt, places);
    }

    @Override
    public Page<Message> messages(UUID chatId, MessageQuery query) {
        ChatLog log = log(chatId);
        return query.text() == null
                ? log.messages(query)
                : new ChatSearch(query.text()).messages(query, log);
    }

    @Override
    public Message message(UUID chatId, UUID messageId) {
        return log(chatId).message(messageId);
    }

    @Override
    public List<Turn> context(UUID chatId, int beforeSeq, int maxTurns, long mostBytes) {
        return log(chatId).context(beforeSeq, maxTurns, mostBytes);
    }

    @Override
    public List<ContextTurn> recall(UUID chatId, int beforeSeq, int maxTurns, long mostBytes) {
        return log(chatId).recall(beforeSeq, maxTurns, mostBytes);
    }

    @Override
    public Attachment attachment(UUID chatId, String id) {
        return log(chatId).attachment(id);
    }

    @Override
    public Attached attached(UUID chatId, String id) {
        return attachment(chatId, id).as();
    }

    @Override
    public Map<String, byte[]> attachments(UUID chatId, Set<String> ids) {
        return log(chatId).attachments(ids);
    }

    @Override
    public Set<String> callIds(UUID chatId, int before) {
        return log(chatId).callIds(before);
    }

    @Override
    public MessageCounts messageCounts(UUID chatId) {
        return log(chatId).messageCounts();
    }

    @Override
    public Optional<Highlights> highlights(UUID chatId) {
        return log(chatId).highlights();
    }

    @Override
    public void keepHighlights(UUID chatId, Highlights highlights) {
        log(chatId).keepHighlights(highlights);
    }

    @Override
    public List<MemorySummary> summaries(UUID chatId, int before, int most) {
        return log(chatId).summaries(before, most);
    }

    @Override
    public MemorySummary.Basis summaryBasis(UUID chatId) {
        return log(chatId).summaryBasis();
    }

    @Override
    public Optional<MemorySummary> keepSummary(
            UUID chatId, MemorySummary summary, MemorySummary.Basis basis) {
        return log(chatId).keepSummary(summary, basis);
    }

    @Override
    public void count(DailyUsage used) {
        long stamp = lock.writeLock();
        try {
            withoutChat.add(used);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    private List<ChatLog> logs() {
        long stamp = lock.readLock();
        try {
            return List.copyOf(chats.values());
        } finally {
            lock.unlockRead(stamp);
        }
    }

    private ChatLog log(UUID chatId) {
        long stamp = lock.readLock();
        try {
            ChatLog log = chats.get(chatId);
            if (log == null) {
                throw RefusedException.chatNotFound();
            }
            return log;
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /**
     * For the check that deleted text is given back.
     *
     * @return how much text is held, see {@link TextBudget}
     */
    long heldCharacters() {
        return budget.held();
    }

    /** The same of the bytes of attachments. */
    long heldBytes() {
        return attachedBytes.held();
    }
}

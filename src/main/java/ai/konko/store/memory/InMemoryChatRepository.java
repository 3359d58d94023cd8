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
import ai.konko.chat.Message;
import ai.konko.chat.MessageCounts;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Page;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Settings;
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
 * its own log; right after, it is removed from the map.
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

    public InMemoryChatRepository(ChatLimits limits, Clock clock, Supplier<UUID> ids) {
        this.limits = limits;
        this.clock = clock;
        this.ids = ids;
        this.budget = TextBudget.of(limits.storedCharacters());
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
    public Chat create(Owner owner, Settings settings, @Nullable Integer completion) {
        budget.take(TextBudget.weight(settings));
        ChatLog log =
                new ChatLog(
                        ids.get(),
                        owner,
                        settings,
                        completion,
                        limits,
                        budget,
                        attachedBytes,
                        clock,
                        ids);
        Chat created = log.chat();
        if (!put(log)) {
            budget.giveBack(TextBudget.weight(settings));
            throw RefusedException.of(
                    ErrorCode.CAPACITY, "The service has as many chats as it may.");
        }
        return created;
    }

    private boolean put(ChatLog log) {
        long stamp = lock.writeLock();
        try {
            if (chats.size() >= limits.chats()) {
                return false;
            }
            chats.put(log.id(), log);
            byOwner.computeIfAbsent(log.owner(), _ -> new TreeMap<>()).put(log.id(), log);
            return true;
        } finally {
            lock.unlockWrite(stamp);
        }
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
        return start == null ? accepted : accepted.with(next(chatId, start));
    }

    @Override
    public List<Turn> take(UUID chatId, List<PastTurn> turns) {
        return log(chatId).take(turns);
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
        return log(chatId).messages(query);
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
    public void copyAttachments(UUID from, UUID to, Set<String> ids) {
        ChatLog source = log(from);
        ChatLog copy = log(to);
        for (String each : ids) {
            copy.keep(Map.of(each, source.attachment(each)));
        }
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

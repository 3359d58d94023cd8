package ai.konko.store.postgres;

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
import ai.konko.chat.Finished;
import ai.konko.chat.Highlights;
import ai.konko.chat.MemorySummary;
import ai.konko.chat.Message;
import ai.konko.chat.MessageCounts;
import ai.konko.chat.NewChat;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Page;
import ai.konko.chat.Pair;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Post;
import ai.konko.chat.RepeatableRequest;
import ai.konko.chat.RepeatableRequest.Made;
import ai.konko.chat.Settings;
import ai.konko.chat.SettingsPatch;
import ai.konko.chat.StartOptions;
import ai.konko.chat.Started;
import ai.konko.chat.Turn;
import ai.konko.chat.WhenBusy;
import ai.konko.chat.Writer;
import ai.konko.chat.Written;
import ai.konko.store.postgres.NewTurns.Posted;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The log in PostgreSQL.
 *
 * <p>Order comes from the database: every change of a chat is one transaction that locks the chat's
 * row first, so the changes of a chat come one after the other, whichever replica makes them, and
 * those of different chats do not wait for each other. Times are the database's, and ids go on from
 * the last one of the chat, or of the owner's chats, so the replicas' clocks need not agree.
 *
 * <p>A reply that runs belongs to one replica, its owner, and to one run, see {@link ReplyRuns}.
 * {@link Replica} decides who is alive, {@link RunningReplies} has the text of running replies, and
 * the classes named for rows have the SQL.
 */
public class PostgresChatRepository implements ChatRepository {
    /** What part of the heap the contexts of chats may take that need not be read. */
    private static final int CONTEXTS = 16;

    private final Database database;
    private final Replica replica;
    private final MessageRows messages;
    private final RunningReplies running;
    private final NewTurns newTurns;
    private final GroupCommit<Posted, Accepted> posts;
    private final NewChats newChats;
    private final ReplyRuns runs;
    private final ErasedItems erasedItems;
    private final IdleChats idleChats;
    private final KnownContexts contexts;

    PostgresChatRepository(
            ChatLimits limits,
            Supplier<UUID> ids,
            Database database,
            Replica replica,
            RunningReplies running) {
        this.database = database;
        this.replica = replica;
        this.messages = new MessageRows(running);
        this.running = running;
        this.contexts = new KnownContexts(Runtime.getRuntime().maxMemory() / CONTEXTS);
        this.newTurns = new NewTurns(limits, ids, messages, replica, contexts);
        this.posts = new GroupCommit<>(database, this::acceptTogether, this::acceptAlone);
        this.newChats = new NewChats(database, ids, newTurns, running);
        this.runs = new ReplyRuns(database, replica, running, messages, contexts);
        this.erasedItems = new ErasedItems(messages);
        this.idleChats = new IdleChats(database);
    }

    @Override
    public void observe(Observer observer) {
        replica.observe(observer);
    }

    @Override
    public boolean handOver() {
        replica.handOver();
        return true;
    }

    @Override
    public Optional<Writer> writer(Message reply) {
        return replica.writer(reply);
    }

    @Override
    public Optional<Pair> pairWith(UUID other) {
        return replica.pairWith(other);
    }

    @Override
    public boolean blocks() {
        return true;
    }

    @Override
    public Chat create(NewChat wanted, List<PastTurn> turns) {
        return newChats.create(wanted, turns);
    }

    @Override
    public Accepted open(NewChat wanted, Post post, @Nullable StartOptions start) {
        return newChats.open(wanted, post, start);
    }

    @Override
    public Optional<Made> made(RepeatableRequest request, @Nullable UUID chatId) {
        return newChats.made(request, chatId);
    }

    @Override
    public int forgetKeys(Duration age) {
        return newChats.forgetKeys(age);
    }

    @Override
    public Owner owner(UUID chatId) {
        return database.statement(session -> ChatRows.owner(session, chatId));
    }

    @Override
    public Chat chat(UUID chatId) {
        return database.statement(session -> ChatRows.get(session, chatId));
    }

    @Override
    public Page<Chat> chats(ChatQuery query) {
        return database.statement(session -> ChatRows.list(session, query));
    }

    @Override
    public Page<Chat> completions(CompletionQuery query) {
        return database.statement(session -> CompletionRows.list(session, query));
    }

    @Override
    public Chat patch(UUID chatId, SettingsPatch patch) {
        return database.transaction(
                session -> {
                    ChatRows.Locked chat = ChatRows.lock(session, chatId);
                    Settings patched = patch.applyTo(chat.settings());
                    ChatRows.update(session, chatId, patched, chat.timeOfChange());
                    if (!patched.memory().window().equals(chat.settings().memory().window())) {
                        TurnRows.forgetCuts(session, chatId);
                    }
                    return ChatRows.get(session, chatId);
                });
    }

    @Override
    public List<Message> delete(UUID chatId) {
        List<Message> cancelled = database.transaction(session -> delete(session, chatId));
        contexts.forget(chatId);
        replica.changed(chatId);
        return cancelled;
    }

    private List<Message> delete(Session session, UUID chatId) throws SQLException {
        ChatRows.Locked chat = ChatRows.lock(session, chatId);
        Instant now = chat.timeOfChange();
        List<Message> cancelled = new ArrayList<>();
        for (Message each : messages.unfinished(session, chatId)) {
            Outcome outcome = Outcome.cancelled(new Written(each.content(), each.items()));
            cancelled.add(each.ended(outcome, now));
            UsageRows.add(session, chatId, each.model(), outcome, now);
        }
        ChatRows.delete(session, chat);
        return List.copyOf(cancelled);
    }

    @Override
    public int expire(Duration idle) {
        return idleChats.expire(idle);
    }

    @Override
    public List<DailyUsage> usage(UsageQuery query, int most) {
        return database.statement(session -> UsageRows.list(session, query, most));
    }

    @Override
    public Accepted accept(UUID chatId, Post post, @Nullable StartOptions start) {
        Posted posted = new Posted(chatId, post, start);
        Accepted accepted = posted.isPlain() ? posts.commit(posted) : acceptAlone(posted);
        if (post.whenBusy() == WhenBusy.INTERRUPT) {
            replica.changed(chatId);
        }
        return accepted;
    }

    private List<Optional<Accepted>> acceptTogether(List<Posted> some) {
        return NewRuns.in(
                running,
                database::transactionInPlace,
                (session, runs) -> newTurns.accept(session, some, runs));
    }

    private Accepted acceptAlone(Posted posted) {
        return NewRuns.in(
                running,
                database::transaction,
                (session, runs) -> newTurns.accept(session, posted, runs));
    }

    @Override
    public List<Turn> take(UUID chatId, List<PastTurn> turns) {
        return database.transaction(session -> newTurns.take(session, chatId, turns, null));
    }

    @Override
    public Made take(UUID chatId, List<PastTurn> turns, @Nullable RepeatableRequest request) {
        return newChats.take(chatId, turns, request);
    }

    @Override
    public Optional<Started> start(UUID chatId, StartOptions options) {
        return runs.start(chatId, options);
    }

    @Override
    public Draft draft(UUID chatId, UUID replyId, int attempt) {
        return runs.draft(chatId, replyId, attempt);
    }

    @Override
    public Finished finish(
            UUID chatId, UUID replyId, int attempt, Outcome outcome, @Nullable StartOptions start) {
        return runs.finish(chatId, replyId, attempt, outcome, start);
    }

    @Override
    public Cancelled cancel(UUID chatId, UUID replyId) {
        return runs.cancel(chatId, replyId);
    }

    @Override
    public Turn retry(UUID chatId, UUID replyId, boolean streamed) {
        return runs.retry(chatId, replyId, streamed);
    }

    @Override
    public Message erase(UUID chatId, UUID messageId, int attempt, Set<Integer> places) {
        Message erased =
                database.transaction(
                        session -> erasedItems.erase(session, chatId, messageId, attempt, places));
        contexts.forget(chatId);
        return erased;
    }

    @Override
    public Page<Message> messages(UUID chatId, MessageQuery query) {
        return database.statement(session -> messages.page(session, chatId, query));
    }

    @Override
    public Message message(UUID chatId, UUID messageId) {
        return database.statement(session -> messages.get(session, chatId, messageId));
    }

    @Override
    public List<Turn> context(UUID chatId, int beforeSeq, int maxTurns, long mostBytes) {
        return database.statement(
                session -> messages.context(session, chatId, beforeSeq, maxTurns, mostBytes));
    }

    @Override
    public List<ContextTurn> recall(UUID chatId, int beforeSeq, int maxTurns, long mostBytes) {
        return database.statement(
                session -> ContextRows.recall(session, chatId, beforeSeq, maxTurns, mostBytes));
    }

    @Override
    public Attachment attachment(UUID chatId, String id) {
        return database.statement(session -> AttachmentRows.get(session, chatId, id));
    }

    @Override
    public Attached attached(UUID chatId, String id) {
        return database.statement(session -> AttachmentRows.attached(session, chatId, id));
    }

    @Override
    public Map<String, byte[]> attachments(UUID chatId, Set<String> ids) {
        return database.statement(session -> AttachmentRows.bytes(session, chatId, ids));
    }

    @Override
    public Set<String> callIds(UUID chatId, int before) {
        return database.statement(
                session -> {
                    Set<String> ids = ContextRows.callIds(session, chatId, before);
                    if (ids.isEmpty()) {
                        ChatRows.require(session, chatId);
                    }
                    return ids;
                });
    }

    @Override
    public MessageCounts messageCounts(UUID chatId) {
        return database.transaction(
                session -> {
                    session.readAtOneMoment();
                    Chat chat = ChatRows.get(session, chatId);
                    int half = chat.messageCount() / 2;
                    return new MessageCounts(
                            chat,
                            half,
                            half,
                            MessageRows.createdAt(session, chatId, 1),
                            MessageRows.createdAt(session, chatId, chat.messageCount()),
                            ContextRows.answeredThrough(session, chatId));
                });
    }

    @Override
    public Optional<Highlights> highlights(UUID chatId) {
        return database.statement(session -> ChatRows.highlights(session, chatId));
    }

    @Override
    public void keepHighlights(UUID chatId, Highlights found) {
        boolean _ =
                database.transaction(
                        session -> {
                            ChatRows.Locked _ = ChatRows.lock(session, chatId);
                            Highlights known = ChatRows.highlights(session, chatId).orElse(null);
                            int through = ContextRows.answeredThrough(session, chatId);
                            return found.replaces(known, through)
                                    && ChatRows.keep(session, chatId, found);
                        });
    }

    @Override
    public List<MemorySummary> summaries(UUID chatId, int before, int most) {
        return database.statement(session -> SummaryRows.newest(session, chatId, before, most));
    }

    @Override
    public MemorySummary.Basis summaryBasis(UUID chatId) {
        return database.statement(session -> SummaryRows.basis(session, chatId));
    }

    @Override
    public Optional<MemorySummary> keepSummary(
            UUID chatId, MemorySummary summary, MemorySummary.Basis basis) {
        return database.transaction(
                session -> {
                    ChatRows.Locked chat = ChatRows.lock(session, chatId);
                    return basis.equals(SummaryRows.basis(session, chatId))
                            ? Optional.of(
                                    SummaryRows.keep(session, chatId, summary, chat.timeOfChange()))
                            : Optional.empty();
                });
    }

    @Override
    public void count(DailyUsage used) {
        // A transaction, because a statement may be run twice, and so would count twice.
        int _ = database.transaction(session -> UsageRows.add(session, used));
    }
}

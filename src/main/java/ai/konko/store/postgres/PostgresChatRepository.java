package ai.konko.store.postgres;

import ai.konko.chat.Accepted;
import ai.konko.chat.Cancelled;
import ai.konko.chat.Chat;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.DailyUsage;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.Highlights;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Page;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Role;
import ai.konko.chat.Settings;
import ai.konko.chat.SettingsPatch;
import ai.konko.chat.Started;
import ai.konko.chat.Status;
import ai.konko.chat.Tally;
import ai.konko.chat.Turn;
import ai.konko.chat.WhenBusy;
import ai.konko.store.postgres.PendingRows.Pending;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The log in PostgreSQL.
 *
 * <p>Order comes from the database: every change of a chat is one transaction that locks the chat's
 * row first, so the changes of a chat come one after the other, whichever replica makes them, and
 * those of different chats do not wait for each other. Times are the database's, and ids go on from
 * the last one of the chat, or of the owner's chats, so the replicas' clocks need not agree.
 *
 * <p>A reply that runs belongs to one replica, its owner, and to one run. Each start makes a new
 * run, and everything an owner writes names its own: what comes late, from an owner that was taken
 * for dead, changes nothing. Who is alive is {@link Replica}'s matter, the text of running replies
 * that of {@link Drafts}.
 */
public class PostgresChatRepository implements ChatRepository {
    private static final Logger LOG = Logger.getLogger(PostgresChatRepository.class);

    /** After that many runs that ended with their replica, a reply is given up. */
    static final int RUNS = 3;

    /** How many chats a sweep looks for at a time. */
    private static final int EXPIRED_AT_ONCE = 500;

    /**
     * Messages with more bytes have more characters than a page: of UTF-8, three at most for each.
     */
    private static final long MOST_PAGE_BYTES = 3L * Page.MOST_CHARACTERS;

    private static final UUID LAST_ID = new UUID(-1, -1);

    private static final Failure GIVEN_UP =
            Failure.of(
                    ErrorCode.INTERRUPTED,
                    "The service was stopped "
                            + RUNS
                            + " times while it worked on this reply. Retry the reply, or post the"
                            + " message anew.");

    private final ChatLimits limits;
    private final Supplier<UUID> ids;
    private final Database database;
    private final Replica replica;
    private final Drafts drafts;
    private final SteadyTime steadyTime = new SteadyTime();

    PostgresChatRepository(
            ChatLimits limits,
            Supplier<UUID> ids,
            Database database,
            Replica replica,
            Drafts drafts) {
        this.limits = limits;
        this.ids = ids;
        this.database = database;
        this.replica = replica;
        this.drafts = drafts;
    }

    @Override
    public void observe(Observer observer) {
        replica.observe(observer);
    }

    @Override
    public boolean handOver() {
        replica.leave();
        return true;
    }

    @Override
    public boolean blocks() {
        return true;
    }

    @Override
    public Chat create(Owner owner, Settings settings) {
        return database.transaction(
                session -> {
                    Optional<UUID> newest = ChatRows.newest(session, owner);
                    UUID id = GrowingIds.after(newest.orElse(null), ids.get());
                    return ChatRows.insert(session, id, owner, settings);
                });
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
        return Page.of(database.statement(session -> ChatRows.list(session, query)), query.limit());
    }

    @Override
    public Chat patch(UUID chatId, SettingsPatch patch) {
        return database.transaction(
                session -> {
                    ChatRows.Locked chat = ChatRows.lock(session, chatId);
                    Settings patched = patch.applyTo(chat.settings());
                    ChatRows.update(session, chatId, patched, later(chat));
                    return ChatRows.get(session, chatId);
                });
    }

    @Override
    public List<Message> delete(UUID chatId) {
        List<Message> cancelled =
                database.transaction(
                        session -> {
                            Instant now = later(ChatRows.lock(session, chatId));
                            List<Message> ended = new ArrayList<>();
                            for (Message each : MessageRows.unfinished(session, drafts, chatId)) {
                                ended.add(each.ended(Outcome.cancelled(each.content()), now));
                            }
                            for (Message each : ended) {
                                UsageRows.add(
                                        session,
                                        chatId,
                                        each.model(),
                                        Outcome.cancelled(each.content()),
                                        now);
                            }
                            remove(session, chatId);
                            return List.copyOf(ended);
                        });
        replica.changed(chatId);
        return cancelled;
    }

    private static void remove(Session session, UUID chatId) throws SQLException {
        UsageRows.detach(session, chatId);
        session.update("delete from pending where chat_id = ?", chatId);
        session.update("delete from piece where chat_id = ?", chatId);
        session.update("delete from message where chat_id = ?", chatId);
        session.update("delete from chat where id = ?", chatId);
    }

    @Override
    public int expire(Duration idle) {
        Instant now = database.statement(ChatRows::now);
        Instant before = steadyTime.at(now, System.nanoTime()).minus(idle);
        UUID first = GrowingIds.firstAt(Instant.EPOCH);
        return expire(before, first, GrowingIds.firstAt(before))
                + expire(before, GrowingIds.firstAt(now), LAST_ID);
    }

    /**
     * By their ids, which are indexed. Those between the two ranges are of chats that were made
     * since, or by a clock that was wrong; time brings them into the first one.
     */
    private int expire(Instant before, UUID after, UUID until) {
        int expired = 0;
        UUID last = after;
        List<UUID> idle;
        do {
            UUID from = last;
            idle =
                    database.statement(
                            session ->
                                    ChatRows.idle(session, before, from, until, EXPIRED_AT_ONCE));
            for (UUID each : idle) {
                expired += expire(each, before) ? 1 : 0;
                last = each;
            }
        } while (idle.size() == EXPIRED_AT_ONCE);
        return expired;
    }

    private boolean expire(UUID chatId, Instant before) {
        try {
            return database.transaction(
                    session -> {
                        ChatRows.Locked chat = ChatRows.lock(session, chatId);
                        if (chat.updatedAt().isAfter(before)
                                || !PendingRows.line(session, chatId).isEmpty()) {
                            return false;
                        }
                        remove(session, chatId);
                        return true;
                    });
        } catch (RefusedException refused) {
            if (refused.code() == ErrorCode.CHAT_NOT_FOUND) {
                return false; // deleted meanwhile
            }
            throw refused;
        }
    }

    @Override
    public List<DailyUsage> usage(UsageQuery query, int most) {
        return database.statement(session -> UsageRows.list(session, query, most));
    }

    @Override
    public Accepted accept(UUID chatId, Post post) {
        Accepted accepted =
                database.transaction(
                        session -> {
                            ChatRows.Locked chat = ChatRows.lock(session, chatId);
                            Optional<Accepted> known = known(session, chatId, post);
                            return known.isPresent()
                                    ? known.get()
                                    : add(session, chatId, chat, post);
                        });
        if (post.whenBusy() == WhenBusy.INTERRUPT) {
            replica.changed(chatId);
        }
        return accepted;
    }

    private Optional<Accepted> known(Session session, UUID chatId, Post post) throws SQLException {
        if (post.idempotencyKey() == null) {
            return Optional.empty();
        }
        record Known(int seq, WhenBusy whenBusy) {}
        Optional<Known> known =
                session.first(
                        "select seq, when_busy from message where chat_id = ? and idempotency_key = ?",
                        row -> new Known(row.getInt(1), WhenBusy.valueOf(row.getString(2))),
                        chatId,
                        post.idempotencyKey());
        if (known.isEmpty()) {
            return Optional.empty();
        }
        Turn turn = MessageRows.turnOf(session, drafts, chatId, known.get().seq() + 1);
        if (known.get().whenBusy() != post.whenBusy()
                || !turn.message().content().equals(post.content())
                || !Objects.equals(turn.reply().options(), post.options())) {
            throw RefusedException.keyReused();
        }
        return Optional.of(new Accepted(turn, true, List.of(), null));
    }

    private Accepted add(Session session, UUID chatId, ChatRows.Locked chat, Post post)
            throws SQLException {
        if (post.after() != null && post.after() != chat.messageCount()) {
            throw RefusedException.notLast();
        }
        List<Pending> line = PendingRows.line(session, chatId);
        if (post.whenBusy() == WhenBusy.REJECT && !line.isEmpty()) {
            throw RefusedException.chatBusy();
        }
        if (post.whenBusy() == WhenBusy.ENQUEUE && line.size() > limits.waitingTurns()) {
            throw RefusedException.queueFull();
        }
        refuseMoreThan(post.earlier().size() + 1, chat);
        List<Message> cancelled = new ArrayList<>();
        Message toCancel = null;
        if (post.whenBusy() == WhenBusy.INTERRUPT) {
            for (Pending each : line) {
                if (each.waits()) {
                    cancelled.add(end(session, chat, each, Outcome.cancelled("")));
                } else {
                    PendingRows.wantCancelled(session, each);
                    toCancel = MessageRows.turnOf(session, drafts, chatId, each.seq()).reply();
                }
            }
        }
        Instant now = later(chat);
        List<Turn> earlier = insert(session, chatId, chat, post.earlier(), now);
        int seq = chat.messageCount() + 2 * earlier.size() + 1;
        UUID last = earlier.isEmpty() ? chat.lastId() : earlier.getLast().reply().id();
        UUID messageId = GrowingIds.after(last, ids.get());
        Turn turn =
                new Turn(
                        Message.ofUser(messageId, chatId, seq, post.content(), now),
                        Message.queuedReply(
                                        GrowingIds.after(messageId, ids.get()),
                                        chatId,
                                        seq + 1,
                                        now)
                                .with(post.options()));
        MessageRows.insert(session, turn, post.idempotencyKey(), post.whenBusy());
        PendingRows.insert(session, turn.reply(), post.streamed());
        endsWith(session, turn.reply());
        return new Accepted(turn, false, List.copyOf(cancelled), toCancel);
    }

    private void refuseMoreThan(int turns, ChatRows.Locked chat) {
        if (chat.messageCount() + 2 * turns > limits.messagesPerChat()) {
            throw RefusedException.chatFull();
        }
    }

    private static void endsWith(Session session, Message last) throws SQLException {
        session.update(
                "update chat set message_count = ?, last_id = ?, updated_at = ? where id = ?",
                last.seq(),
                last.id(),
                last.createdAt(),
                last.chatId());
    }

    private List<Turn> insert(
            Session session, UUID chatId, ChatRows.Locked chat, List<PastTurn> turns, Instant now)
            throws SQLException {
        List<Turn> inserted = new ArrayList<>();
        UUID last = chat.lastId();
        for (PastTurn each : turns) {
            int seq = chat.messageCount() + 2 * inserted.size() + 1;
            UUID messageId = GrowingIds.after(last, ids.get());
            last = GrowingIds.after(messageId, ids.get());
            Message place = Message.queuedReply(last, chatId, seq + 1, now);
            Turn turn =
                    new Turn(
                            Message.ofUser(messageId, chatId, seq, each.message(), now),
                            each.ended(place, now));
            MessageRows.insertPast(session, turn);
            inserted.add(turn);
        }
        return List.copyOf(inserted);
    }

    @Override
    public List<Turn> take(UUID chatId, List<PastTurn> turns) {
        return database.transaction(
                session -> {
                    ChatRows.Locked chat = ChatRows.lock(session, chatId);
                    if (!PendingRows.line(session, chatId).isEmpty()) {
                        throw RefusedException.chatBusy();
                    }
                    refuseMoreThan(turns.size(), chat);
                    List<Turn> taken = insert(session, chatId, chat, turns, later(chat));
                    if (!taken.isEmpty()) {
                        endsWith(session, taken.getLast().reply());
                    }
                    return taken;
                });
    }

    @Override
    public Optional<Started> start(UUID chatId, String defaultModel) {
        if (!replica.serves()) {
            return Optional.empty();
        }
        AtomicReference<@Nullable Draft> draft = new AtomicReference<>();
        try {
            Optional<Started> started =
                    database.transaction(session -> start(session, chatId, defaultModel, draft));
            Draft begun = draft.get();
            if (begun != null) {
                begun.confirmed = true;
                if (begun.run > 1) {
                    LOG.infof(
                            "Reply %s of chat %s is run again, for its last run came to no end",
                            begun.replyId, chatId);
                }
            }
            return started;
        } catch (RefusedException refused) {
            forget(draft.get());
            if (refused.code() == ErrorCode.CHAT_NOT_FOUND) {
                return Optional.empty();
            }
            throw refused;
        } catch (RuntimeException | Error failed) {
            forget(draft.get());
            throw failed;
        }
    }

    /**
     * @param draft takes the reply's draft, which is there before the log says that this replica
     *     runs the reply
     */
    private Optional<Started> start(
            Session session,
            UUID chatId,
            String defaultModel,
            AtomicReference<@Nullable Draft> draft)
            throws SQLException {
        forget(draft.getAndSet(null)); // of a try that did not come to its end
        ChatRows.Locked chat = ChatRows.lock(session, chatId);
        Optional<Pending> next = nextToRun(session, chat, chatId);
        if (next.isEmpty()) {
            return Optional.empty();
        }
        Draft begun = next.get().draft();
        draft.set(begun);
        drafts.put(begun);
        return Optional.of(started(session, next.get(), chat, defaultModel));
    }

    private void forget(@Nullable Draft draft) {
        if (draft != null) {
            drafts.remove(draft);
        }
    }

    /** Ends on its way those that nobody is to run any more. */
    private Optional<Pending> nextToRun(Session session, ChatRows.Locked chat, UUID chatId)
            throws SQLException {
        for (Pending each : PendingRows.line(session, chatId)) {
            if (!each.waits() && !replica.mayTakeOver(session, each)) {
                return Optional.empty();
            }
            if (!each.waits() && (each.cancel() || each.run() >= RUNS)) {
                String text =
                        MessageRows.turnOf(session, drafts, chatId, each.seq()).reply().content();
                Message _ =
                        end(
                                session,
                                chat,
                                each,
                                each.cancel()
                                        ? Outcome.cancelled(text)
                                        : Outcome.brokenOff(text, GIVEN_UP));
                replica.changed(chatId);
            } else {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }

    private Started started(
            Session session, Pending next, ChatRows.Locked chat, String defaultModel)
            throws SQLException {
        String own = next.model() == null ? chat.settings().model() : next.model();
        PendingRows.run(session, next, replica.id(), own == null ? defaultModel : own);
        return new Started(
                MessageRows.turnOf(session, drafts, next.chatId(), next.seq()),
                chat.settings(),
                next.streamed());
    }

    @Override
    public Consumer<String> draft(UUID chatId, UUID replyId, int attempt) {
        Draft draft = drafts.find(chatId, replyId, attempt);
        return draft == null ? _ -> {} : draft::append;
    }

    @Override
    public Message finish(UUID chatId, UUID replyId, int attempt, Outcome outcome) {
        Draft draft = drafts.find(chatId, replyId, attempt);
        int run = draft == null ? 0 : draft.run;
        Message now;
        try {
            now =
                    database.transaction(
                            session -> finish(session, chatId, replyId, attempt, run, outcome));
        } catch (RefusedException refused) {
            if (refused.code() != ErrorCode.STORE_UNAVAILABLE) { // else this is tried again
                forget(draft);
            }
            throw refused;
        }
        forget(draft);
        replica.changed(chatId);
        return now;
    }

    private Message finish(
            Session session, UUID chatId, UUID replyId, int attempt, int run, Outcome outcome)
            throws SQLException {
        ChatRows.Locked chat = ChatRows.lock(session, chatId);
        Optional<Pending> mine =
                PendingRows.find(session, chatId, replyId)
                        .filter(each -> each.isRun(attempt, run, replica.id()));
        return mine.isPresent()
                ? end(session, chat, mine.get(), outcome)
                : reply(session, chatId, replyId);
    }

    @Override
    public Cancelled cancel(UUID chatId, UUID replyId) {
        Cancelled cancelled =
                database.transaction(
                        session -> {
                            ChatRows.Locked chat = ChatRows.lock(session, chatId);
                            Optional<Pending> pending = PendingRows.find(session, chatId, replyId);
                            if (pending.isPresent() && pending.get().waits()) {
                                return new Cancelled(
                                        end(session, chat, pending.get(), Outcome.cancelled("")),
                                        true);
                            }
                            if (pending.isPresent()) {
                                PendingRows.wantCancelled(session, pending.get());
                            }
                            return new Cancelled(reply(session, chatId, replyId), false);
                        });
        replica.changed(chatId);
        return cancelled;
    }

    @Override
    public Turn retry(UUID chatId, UUID replyId, boolean streamed) {
        Turn turn =
                database.transaction(
                        session -> {
                            ChatRows.Locked chat = ChatRows.lock(session, chatId);
                            Message old = reply(session, chatId, replyId);
                            boolean broken =
                                    old.status() == Status.FAILED
                                            || old.status() == Status.INCOMPLETE;
                            if (!broken || old.seq() != chat.messageCount()) {
                                throw RefusedException.notRetryable();
                            }
                            MessageRows.requeue(session, old);
                            PendingRows.insert(session, old.requeued(), streamed);
                            session.update(
                                    """
                                    update chat set updated_at = ?, highlights = case
                                        when (highlights ->> 'through')::int >= ? then null else highlights end
                                    where id = ?
                                    """,
                                    later(chat),
                                    old.seq(),
                                    chatId);
                            return MessageRows.turnOf(session, drafts, chatId, old.seq());
                        });
        replica.changed(chatId);
        return turn;
    }

    /**
     * Reads on for one message beyond the page, which says that there are more. The subquery looks
     * at lengths alone, which PostgreSQL knows without reading the texts.
     */
    @Override
    public Page<Message> messages(UUID chatId, MessageQuery query) {
        String condition =
                query.order() == Order.ASC
                        ? """
                          m.seq > ? and m.seq <= (
                              select max(seq) from (
                                  select seq, sum(octet_length(content)) over (
                                      order by seq rows between unbounded preceding and 2 preceding)
                                  from (
                                      select seq, content from message
                                      where chat_id = ? and seq > ? order by seq limit ?) as page) as sums (seq, earlier)
                              where coalesce(earlier, 0) <= ?)
                          order by m.seq
                          """
                        : """
                          m.seq < ? and m.seq >= (
                              select min(seq) from (
                                  select seq, sum(octet_length(content)) over (
                                      order by seq desc rows between unbounded preceding and 2 preceding)
                                  from (
                                      select seq, content from message
                                      where chat_id = ? and seq < ? order by seq desc limit ?) as page) as sums (seq, earlier)
                              where coalesce(earlier, 0) <= ?)
                          order by m.seq desc
                          """;
        int start = query.order() == Order.ASC ? 0 : Integer.MAX_VALUE;
        int after = query.after() == null ? start : query.after();
        return Page.of(
                database.statement(
                        session ->
                                orNoChat(
                                        session,
                                        chatId,
                                        MessageRows.list(
                                                session,
                                                drafts,
                                                chatId,
                                                condition,
                                                after,
                                                chatId,
                                                after,
                                                query.limit() + 1,
                                                MOST_PAGE_BYTES))),
                query.limit());
    }

    @Override
    public Message message(UUID chatId, UUID messageId) {
        return database.statement(session -> message(session, chatId, messageId));
    }

    @Override
    public List<Turn> context(UUID chatId, int beforeSeq, int maxTurns, long mostBytes) {
        return database.statement(
                session -> {
                    List<Message> messages =
                            MessageRows.list(
                                    session,
                                    drafts,
                                    chatId,
                                    """
                                    m.seq = any (array(
                                        select s from (
                                            select seq, sum(bytes) over (
                                                order by seq desc rows between unbounded preceding and 1 preceding)
                                            from (
                                                select a.seq, octet_length(a.content) from message a
                                                where a.chat_id = ? and a.seq < ? and a.seq % 2 = 0 and (a.content <> ''
                                                    or (a.status is not null and a.options ->> 'unanswered' = 'true'))
                                                order by a.seq desc limit ?) as answers (seq, bytes)) as newest (seq, newer),
                                        lateral (values (newest.seq - 1), (newest.seq)) as both_of_it (s)
                                        where coalesce(newest.newer, 0) <= ?))
                                    order by m.seq
                                    """,
                                    chatId,
                                    beforeSeq,
                                    maxTurns,
                                    mostBytes);
                    List<Turn> turns = new ArrayList<>();
                    for (int i = 0; i < messages.size(); i += 2) {
                        turns.add(new Turn(messages.get(i), messages.get(i + 1)));
                    }
                    return List.copyOf(orNoChat(session, chatId, turns));
                });
    }

    @Override
    public Tally tally(UUID chatId) {
        return database.transaction(
                session -> {
                    int _ = session.update("set transaction isolation level repeatable read");
                    Chat chat = ChatRows.get(session, chatId);
                    int half = chat.messageCount() / 2;
                    return new Tally(
                            chat,
                            half,
                            half,
                            createdAt(session, chatId, 1),
                            createdAt(session, chatId, chat.messageCount()),
                            answeredThrough(session, chatId));
                });
    }

    private static @Nullable Instant createdAt(Session session, UUID chatId, int seq)
            throws SQLException {
        return session.first(
                        "select created_at from message where chat_id = ? and seq = ?",
                        row -> MessageRows.instant(row, "created_at"),
                        chatId,
                        seq)
                .orElse(null);
    }

    private static int answeredThrough(Session session, UUID chatId) throws SQLException {
        return session.first(
                        """
                        select seq from message where chat_id = ? and seq % 2 = 0 and content <> ''
                        order by seq desc limit 1
                        """,
                        row -> row.getInt(1), chatId)
                .orElse(0);
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
                            boolean stale = found.through() > answeredThrough(session, chatId);
                            boolean better =
                                    ChatRows.highlights(session, chatId)
                                            .map(old -> old.isLessThan(found))
                                            .orElse(true);
                            if (!stale && better) {
                                ChatRows.keep(session, chatId, found);
                            }
                            return better;
                        });
    }

    @Override
    public void count(DailyUsage used) {
        // A transaction, because what is lost on its way must not be counted twice.
        int _ = database.transaction(session -> UsageRows.add(session, used));
    }

    private Message end(Session session, ChatRows.Locked chat, Pending pending, Outcome outcome)
            throws SQLException {
        PendingRows.delete(session, pending);
        Instant now = later(chat);
        MessageRows.end(session, pending.chatId(), pending.seq(), pending.model(), outcome, now);
        UsageRows.add(session, pending.chatId(), pending.model(), outcome, now);
        return reply(session, pending.chatId(), pending.replyId());
    }

    private Message reply(Session session, UUID chatId, UUID replyId) throws SQLException {
        Message reply = message(session, chatId, replyId);
        if (reply.role() != Role.ASSISTANT) {
            throw RefusedException.replyNotFound();
        }
        return reply;
    }

    private Message message(Session session, UUID chatId, UUID messageId) throws SQLException {
        Optional<Message> message = MessageRows.find(session, drafts, chatId, messageId);
        if (message.isEmpty()) {
            ChatRows.require(session, chatId);
            throw RefusedException.messageNotFound();
        }
        return message.get();
    }

    /** A chat that has none of these may be gone. */
    private static <T> List<T> orNoChat(Session session, UUID chatId, List<T> found)
            throws SQLException {
        if (found.isEmpty()) {
            ChatRows.require(session, chatId);
        }
        return found;
    }

    /** Now, or when the chat changed last, if the database's clock has gone back since. */
    private static Instant later(ChatRows.Locked chat) {
        return chat.now().isBefore(chat.updatedAt()) ? chat.updatedAt() : chat.now();
    }
}

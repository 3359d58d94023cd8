package ai.konko.store.postgres;

import ai.konko.chat.Accepted;
import ai.konko.chat.Admission;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.Items;
import ai.konko.chat.LogEnd;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.RepeatableRequest;
import ai.konko.chat.Settings;
import ai.konko.chat.StartOptions;
import ai.konko.chat.Started;
import ai.konko.chat.Turn;
import ai.konko.chat.WhenBusy;
import ai.konko.store.postgres.PendingRows.Pending;
import ai.konko.store.postgres.TurnRows.Keyed;
import ai.konko.store.postgres.TurnRows.NewTurn;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes turns into the log, each call in the transaction of its session. A turn that finds its chat
 * idle is started at once.
 */
final class NewTurns {
    private final ChatLimits limits;
    private final Supplier<UUID> ids;
    private final MessageRows messages;
    private final Replica replica;
    private final KnownContexts contexts;

    NewTurns(
            ChatLimits limits,
            Supplier<UUID> ids,
            MessageRows messages,
            Replica replica,
            KnownContexts contexts) {
        this.limits = limits;
        this.ids = ids;
        this.messages = messages;
        this.replica = replica;
        this.contexts = contexts;
    }

    /**
     * A post to a chat.
     *
     * @param start see {@link ai.konko.chat.ChatRepository#accept}
     */
    record Posted(UUID chatId, Post post, @Nullable StartOptions start) {

        /** Whether it does nothing to the chat but add a turn at its end. */
        boolean isPlain() {
            return post.items().isEmpty()
                    && post.earlier().isEmpty()
                    && post.attachments().isEmpty()
                    && post.whenBusy() != WhenBusy.INTERRUPT;
        }
    }

    /**
     * Accepts plain posts.
     *
     * @return what has come of each; empty for those that have to be accepted alone
     */
    List<Optional<Accepted>> accept(Session session, List<Posted> posts, NewRuns runs)
            throws SQLException {
        Map<UUID, Posted> ofChats = new LinkedHashMap<>();
        posts.forEach(each -> ofChats.putIfAbsent(each.chatId, each));
        LockedChats chats =
                LockedChats.ofSome(
                        session,
                        ofChats.keySet().toArray(UUID[]::new),
                        ofChats.values().stream()
                                .map(each -> each.post.idempotencyKey())
                                .toArray(String[]::new),
                        posts.getFirst().start, // all of one process ask for the same
                        contexts);
        List<Optional<Accepted>> accepted = new ArrayList<>();
        List<NewTurn> added = new ArrayList<>();
        for (Posted each : posts) {
            boolean first = ofChats.remove(each.chatId) != null;
            ChatRows.Locked chat = chats.chat(each.chatId);
            accepted.add(
                    first && chat != null && !chat.waiting() && chats.keyed(each.chatId) == null
                            ? admit(each, chat, chats, runs, added)
                            : Optional.empty());
        }
        if (!added.isEmpty()) {
            session.atCommit(List.of(TurnRows.accepting(added, replica.id())));
        }
        return accepted;
    }

    private Optional<Accepted> admit(
            Posted posted,
            ChatRows.Locked chat,
            LockedChats chats,
            NewRuns runs,
            List<NewTurn> added) {
        List<Pending> line = chats.line(posted.chatId);
        try {
            Admission.requireLast(posted.post, chat.end().seq());
            Admission<Pending> _ = Admission.of(posted.post, chat.end().seq(), line, limits);
        } catch (RefusedException _) {
            return Optional.empty(); // is refused again when it is alone
        }
        Turn turn = chat.end().next(posted.post, ids, chat.timeOfChange());
        Started started = started(posted, turn, chats, chats.context(posted.chatId), runs, added);
        return Optional.of(new Accepted(turn, false, List.of(), null, started));
    }

    /** Adds the turn to those that are written, and starts it if nothing is in line before it. */
    private @Nullable Started started(
            Posted posted,
            Turn turn,
            LockedChats chats,
            @Nullable List<ContextTurn> context,
            NewRuns runs,
            List<NewTurn> added) {
        StartOptions start = posted.start;
        UUID chatId = turn.reply().chatId();
        if (start == null || !chats.line(chatId).isEmpty() || !replica.serves()) {
            added.add(new NewTurn(turn, posted.post, null));
            return null;
        }
        Message reply = turn.reply();
        ChatRows.Locked chat = chats.require(chatId);
        Settings settings = chat.settings();
        String model = settings.modelToAsk(reply.namedModel(), start.defaultModel());
        Turn running = new Turn(turn.message(), reply.started(model));
        added.add(new NewTurn(turn, posted.post, runs.begin(running, 1)));
        if (context != null) {
            contexts.started(running, context, start, chats.transaction());
        }
        return new Started(running, settings, posted.post.streamed(), context, chat.summarized());
    }

    /** Accepts any post, once nobody else changes its chat. */
    Accepted accept(Session session, Posted posted, NewRuns runs) throws SQLException {
        UUID chatId = posted.chatId;
        Post post = posted.post;
        LockedChats chats =
                LockedChats.ofOne(session, chatId, post.idempotencyKey(), posted.start, contexts);
        ChatRows.Locked chat = chats.require(chatId);
        Keyed known = chats.keyed(chatId);
        if (known != null) {
            Turn turn = messages.turnOf(session, chatId, known.replySeq());
            return Admission.repeat(post, turn, known.whenBusy());
        }
        return add(session, posted, chat, chats, runs);
    }

    private Accepted add(
            Session session, Posted posted, ChatRows.Locked chat, LockedChats chats, NewRuns runs)
            throws SQLException {
        Post post = posted.post;
        LogEnd end = chat.end();
        Admission.requireLast(post, end.seq());
        List<Turn> earlier = end.next(post.earlier(), ids, chat.timeOfChange());
        List<Message> answered = answered(session, chat, post, earlier);
        List<Pending> line = chats.line(end.chatId());
        Admission<Pending> admission = Admission.of(post, end.seq(), line, limits);
        List<Message> cancelled = new ArrayList<>();
        for (Pending each : admission.cancelled()) {
            TurnRows.end(session, chat, each, Outcome.cancelled());
            cancelled.add(messages.reply(session, end.chatId(), each.replyId()));
        }
        Pending running = admission.toCancel();
        Message toCancel = running == null ? null : requestCancel(session, running);
        AttachmentRows.keep(session, end.chatId(), post.brings(), limits);
        insertPast(session, earlier, answered, null);
        LogEnd last = earlier.isEmpty() ? end : LogEnd.of(earlier.getLast());
        Turn turn = last.next(post, ids, chat.timeOfChange());
        boolean asRead = earlier.isEmpty() && answered.isEmpty();
        List<NewTurn> added = new ArrayList<>();
        Started started =
                started(
                        posted,
                        turn,
                        chats,
                        asRead ? chats.context(end.chatId()) : null,
                        runs,
                        added);
        session.atCommit(List.of(TurnRows.accepting(added, replica.id())));
        return new Accepted(turn, false, List.copyOf(cancelled), toCancel, started);
    }

    /**
     * The replies whose calls the post ends. Only a chat that waits has one, so most posts need to
     * read nothing for it.
     */
    private List<Message> answered(
            Session session, ChatRows.Locked chat, Post post, List<Turn> earlier)
            throws SQLException {
        if (!chat.waiting() && post.items().isEmpty() && earlier.isEmpty()) {
            return List.of();
        }
        Set<String> known = post.hasOutputs() ? knownCalls(session, chat.end().chatId()) : Set.of();
        Message last = waiting(session, chat);
        return Admission.answered(post, last, earlier, () -> known, chat.timeOfChange());
    }

    /** The ids of all calls of the chat, also those of the reply in progress. */
    private Set<String> knownCalls(Session session, UUID chatId) throws SQLException {
        Set<String> known = new HashSet<>(ContextRows.callIds(session, chatId, Integer.MAX_VALUE));
        for (Message reply : messages.unfinished(session, chatId)) {
            Items.calls(reply.items()).forEach(each -> known.add(each.callId()));
        }
        return known;
    }

    /** The chat's last reply, if it has calls that wait. */
    private @Nullable Message waiting(Session session, ChatRows.Locked chat) throws SQLException {
        LogEnd end = chat.end();
        return chat.waiting() ? messages.turnOf(session, end.chatId(), end.seq()).reply() : null;
    }

    private Message requestCancel(Session session, Pending running) throws SQLException {
        PendingRows.requestCancel(session, running);
        return messages.reply(session, running.chatId(), running.replyId());
    }

    List<Turn> take(
            Session session, UUID chatId, List<PastTurn> turns, @Nullable RepeatableRequest request)
            throws SQLException {
        ChatRows.Locked chat = ChatRows.lock(session, chatId);
        List<Pending> line = PendingRows.line(session, chatId);
        Admission.admitPast(turns.size(), chat.end().seq(), line, limits);
        Instant now = chat.timeOfChange();
        AttachmentRows.keep(session, chatId, PastTurn.brought(turns), limits);
        List<Turn> taken = chat.end().next(turns, ids, now);
        insertPast(session, taken, Admission.followed(waiting(session, chat), taken, now), request);
        if (!taken.isEmpty()) {
            ChatRows.endWith(session, taken.getLast().reply());
        }
        return taken;
    }

    /**
     * @param request is kept with the last turn
     */
    private static void insertPast(
            Session session,
            List<Turn> past,
            List<Message> answered,
            @Nullable RepeatableRequest request)
            throws SQLException {
        for (Turn each : past) {
            boolean last = each.reply().seq() == past.getLast().reply().seq();
            TurnRows.insert(session, each, last ? request : null);
        }
        for (Message each : answered) {
            TurnRows.updateItems(session, each);
        }
    }
}

package ai.konko.store.postgres;

import ai.konko.chat.Accepted;
import ai.konko.chat.Admission;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.Items;
import ai.konko.chat.LogEnd;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Post;
import ai.konko.chat.Turn;
import ai.konko.store.postgres.PendingRows.Pending;
import ai.konko.store.postgres.TurnRows.Keyed;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Takes turns into the log, each call in the transaction of its session. */
final class NewTurns {
    private final ChatLimits limits;
    private final Supplier<UUID> ids;
    private final MessageRows messages;

    NewTurns(ChatLimits limits, Supplier<UUID> ids, MessageRows messages) {
        this.limits = limits;
        this.ids = ids;
        this.messages = messages;
    }

    Accepted accept(Session session, UUID chatId, Post post) throws SQLException {
        ChatRows.Locked chat = ChatRows.lock(session, chatId);
        String key = post.idempotencyKey();
        Optional<Keyed> known =
                key == null ? Optional.empty() : TurnRows.keyed(session, chatId, key);
        if (known.isEmpty()) {
            return add(session, chat, post);
        }
        Turn turn = messages.turnOf(session, chatId, known.get().replySeq());
        return Admission.repeat(post, turn, known.get().whenBusy());
    }

    private Accepted add(Session session, ChatRows.Locked chat, Post post) throws SQLException {
        LogEnd end = chat.end();
        Admission.requireLast(post, end.seq());
        List<Turn> earlier = end.next(post.earlier(), ids, chat.timeOfChange());
        List<Message> answered = answered(session, chat, post, earlier);
        List<Pending> line = PendingRows.line(session, end.chatId());
        Admission<Pending> admission = Admission.of(post, end.seq(), line, limits);
        List<Message> cancelled = new ArrayList<>();
        for (Pending each : admission.cancelled()) {
            TurnRows.end(session, chat, each, Outcome.cancelled());
            cancelled.add(messages.reply(session, end.chatId(), each.replyId()));
        }
        Pending running = admission.toCancel();
        Message toCancel = running == null ? null : requestCancel(session, running);
        AttachmentRows.keep(session, end.chatId(), post.brings(), limits);
        insertPast(session, earlier, answered);
        LogEnd last = earlier.isEmpty() ? end : LogEnd.of(earlier.getLast());
        Turn turn = last.next(post, ids, chat.timeOfChange());
        TurnRows.insert(session, turn, post);
        PendingRows.insert(session, turn.reply(), post.streamed());
        ChatRows.endWith(session, turn.reply());
        return new Accepted(turn, false, List.copyOf(cancelled), toCancel);
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

    List<Turn> take(Session session, UUID chatId, List<PastTurn> turns) throws SQLException {
        ChatRows.Locked chat = ChatRows.lock(session, chatId);
        List<Pending> line = PendingRows.line(session, chatId);
        Admission.admitPast(turns.size(), chat.end().seq(), line, limits);
        Instant now = chat.timeOfChange();
        AttachmentRows.keep(session, chatId, PastTurn.brought(turns), limits);
        List<Turn> taken = chat.end().next(turns, ids, now);
        insertPast(session, taken, Admission.followed(waiting(session, chat), taken, now));
        if (!taken.isEmpty()) {
            ChatRows.endWith(session, taken.getLast().reply());
        }
        return taken;
    }

    private static void insertPast(Session session, List<Turn> past, List<Message> answered)
            throws SQLException {
        for (Turn each : past) {
            TurnRows.insert(session, each, null);
        }
        for (Message each : answered) {
            TurnRows.updateItems(session, each);
        }
    }
}

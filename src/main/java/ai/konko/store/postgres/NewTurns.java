package ai.konko.store.postgres;

import ai.konko.chat.Accepted;
import ai.konko.chat.Admission;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.LogEnd;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Post;
import ai.konko.chat.Turn;
import ai.konko.store.postgres.PendingRows.Pending;
import ai.konko.store.postgres.TurnRows.Keyed;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

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
        List<Pending> line = PendingRows.line(session, end.chatId());
        Admission<Pending> admission = Admission.of(post, end.seq(), line, limits);
        List<Message> cancelled = new ArrayList<>();
        for (Pending each : admission.cancelled()) {
            TurnRows.end(session, chat, each, Outcome.cancelled());
            cancelled.add(messages.reply(session, end.chatId(), each.replyId()));
        }
        Pending running = admission.toCancel();
        Message toCancel = running == null ? null : requestCancel(session, running);
        List<Turn> earlier = insertPast(session, chat, post.earlier());
        LogEnd last = earlier.isEmpty() ? end : LogEnd.of(earlier.getLast());
        Turn turn = last.next(post, ids, chat.timeOfChange());
        TurnRows.insert(session, turn, post);
        PendingRows.insert(session, turn.reply(), post.streamed());
        ChatRows.endWith(session, turn.reply());
        return new Accepted(turn, false, List.copyOf(cancelled), toCancel);
    }

    private Message requestCancel(Session session, Pending running) throws SQLException {
        PendingRows.requestCancel(session, running);
        return messages.reply(session, running.chatId(), running.replyId());
    }

    List<Turn> take(Session session, UUID chatId, List<PastTurn> turns) throws SQLException {
        ChatRows.Locked chat = ChatRows.lock(session, chatId);
        List<Pending> line = PendingRows.line(session, chatId);
        Admission.admitPast(turns.size(), chat.end().seq(), line, limits);
        List<Turn> taken = insertPast(session, chat, turns);
        if (!taken.isEmpty()) {
            ChatRows.endWith(session, taken.getLast().reply());
        }
        return taken;
    }

    private List<Turn> insertPast(Session session, ChatRows.Locked chat, List<PastTurn> turns)
            throws SQLException {
        List<Turn> past = chat.end().next(turns, ids, chat.timeOfChange());
        for (Turn each : past) {
            TurnRows.insert(session, each, null);
        }
        return past;
    }
}
